import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';
import type { PushRecord } from '../../src-main/ipc/contract.ts';
import { useStore } from '../store/store.ts';
import { exampleOffer, exampleRecord, FakeBridge } from '../testing/fake-bridge.ts';
import { RuleLink } from './rule-link.tsx';

const twoTypes = exampleOffer(['a', 'b']);
const mixed: PushRecord = {
  ...twoTypes,
  body:
    twoTypes.body.kind === 'files'
      ? {
          ...twoTypes.body,
          files: twoTypes.body.files.map((file, index) => ({ ...file, type: `image/${index}` })),
        }
      : twoTypes.body,
};

describe('the link to a rule', () => {
  afterEach(cleanup);

  it.each<[string, PushRecord, sender: string, application: string, type: string]>([
    [
      'a message',
      exampleRecord({ from: 'sip:psa@push.test;gr=1', contentType: 'text/plain; charset=utf-8' }),
      'sip:psa@push.test',
      'mms.ua',
      'text/plain',
    ],
    [
      'a push that names nothing',
      exampleRecord({ application: null, contentType: null }),
      'sip:psa@push.test',
      '*',
      '*/*',
    ],
    ['an offer', exampleOffer(['a', 'b']), 'sip:psa@push.test', 'mms.ua', 'application/octet-stream'],
    ['an offer of several types', mixed, 'sip:psa@push.test', 'mms.ua', '*/*'],
  ])('begins one from %s', (_what, record, sender, application, type) => {
    new FakeBridge();
    render(<RuleLink record={record} />);
    fireEvent.click(screen.getByRole('button', { name: 'Rule for this sender…' }));
    expect(useStore.getState()).toMatchObject({
      screen: 'applications',
      query: { terminal: 'bob-desk' },
      ruleDraft: { terminal: 'bob-desk', sender, application, type },
    });
  });
});
