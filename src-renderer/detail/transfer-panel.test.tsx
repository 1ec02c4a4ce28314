import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FileRecord } from '../../src-main/ipc/contract.ts';
import { describeState } from '../inbox/push-state.ts';
import { exampleOffer, FakeBridge } from '../testing/fake-bridge.ts';
import { TransferPanel } from './transfer-panel.tsx';

const QUARANTINED: Partial<FileRecord> = {
  state: 'failed',
  reason: 'The content is text/plain, but image/png was promised.',
  leftover: { kind: 'quarantined', path: '/files/quarantine/a.png.quarantined-12ab' },
};
const PART: Partial<FileRecord> = {
  state: 'failed',
  reason: 'The connection was lost.',
  leftover: { kind: 'part', path: '/files/.incoming-x.part', bytes: 400 },
};

describe('TransferPanel', () => {
  let bridge: FakeBridge;

  beforeEach(() => {
    bridge = new FakeBridge();
  });

  afterEach(cleanup);

  function show(name: string, change: Partial<FileRecord>) {
    const offer = exampleOffer([name]);
    const { body } = offer;
    if (body.kind !== 'files') throw new Error('no files');
    const record = {
      ...offer,
      state: 'failed',
      body: { ...body, files: body.files.map((file) => ({ ...file, ...change })) },
    } as const;
    render(<TransferPanel record={record} />);
    return record;
  }

  const where = { push: 'offer-1', index: 0 };

  it('says where a quarantined file is, and keeps, shows or removes it', () => {
    const record = show('a.png', QUARANTINED);
    expect(describeState(record, []).text).toBe('Quarantined');
    expect(screen.getByRole('listitem').textContent).toContain('/files/quarantine/a.png.quarantined-12ab');
    fireEvent.click(screen.getByRole('button', { name: 'Keep a.png anyway' }));
    fireEvent.click(screen.getByRole('button', { name: 'Show a.png in folder' }));
    fireEvent.click(screen.getByRole('button', { name: 'Remove a.png' }));
    expect(bridge.calls.map(({ name, argument }) => [name, argument])).toEqual([
      ['file.keep', where],
      ['file.show', where],
      ['file.remove', where],
    ]);
    expect(screen.queryByRole('button', { name: 'Open a.png' })).toBeNull();
  });

  it('says how much of a part is here, and resumes or removes it', () => {
    const record = show('a.iso', PART);
    expect(describeState(record, []).text).toBe('Unfinished');
    expect(screen.getByRole('progressbar', { name: 'Part of a.iso' }).getAttribute('aria-valuenow')).toBe(
      '40',
    );
    fireEvent.click(screen.getByRole('button', { name: 'Resume a.iso' }));
    fireEvent.click(screen.getByRole('button', { name: 'Remove a.iso' }));
    expect(bridge.of('file.resume')).toEqual([where]);
    expect(bridge.of('file.remove')).toEqual([where]);
  });

  it.each([
    ['a.txt', 'text/plain', true],
    ['setup.exe', null, false],
    ['a.bin', 'application/x-msdownload', false],
  ])('opens %s of type %s only if it runs no programs', (name, type, opens) => {
    show(name, { state: 'verified', path: `/files/${name}`, type });
    expect(screen.queryByRole('button', { name: `Open ${name}` }) !== null).toBe(opens);
    expect(screen.getByRole('button', { name: `Show ${name} in folder` })).toBeTruthy();
  });

  it('never opens a file that was kept unverified, and shows its picture', () => {
    const icon = 'data:image/png;base64,AAAA';
    const record = show('a.txt', { state: 'kept', path: '/files/a.txt', type: 'text/plain', icon });
    expect(describeState(record, []).text).toBe('Kept');
    expect(screen.queryByRole('button', { name: 'Open a.txt' })).toBeNull();
    expect(screen.getByRole('img', { name: 'Preview of a.txt' }).getAttribute('src')).toBe(icon);
  });
});
