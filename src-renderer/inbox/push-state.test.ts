import { describe, expect, it } from 'vitest';
import type { PushRecord } from '../../src-main/ipc/contract.ts';
import { exampleReference } from '../testing/example-content.ts';
import { exampleOffer, exampleRecord } from '../testing/fake-bridge.ts';
import { describeState, titleOf } from './push-state.ts';

const held = (change: Partial<PushRecord>) => exampleRecord({ references: [exampleReference()], ...change });

const refused = (reason: string, times = 1) => exampleRecord({ state: 'refused', code: 403, reason, times });

describe('the chip of a message', () => {
  it.each<[record: PushRecord, tone: string, text: string]>([
    [exampleRecord(), 'ok', '200 OK'],
    [exampleRecord({ state: 'waiting' }), 'warn', 'Waiting for you'],
    [exampleRecord({ state: 'declined' }), 'quiet', 'Denied'],
    [exampleRecord({ method: 'INVITE', state: 'declined' }), 'quiet', 'Declined'],
    [
      held({ state: 'received', references: [exampleReference({ sha256: 'a'.repeat(64) })] }),
      'ok',
      'Fetched',
    ],
    [held({ state: 'received' }), 'ok', '200 OK'],
    [refused('x', 120), 'bad', '403 ×120'],
    [held({ state: 'failed' }), 'bad', 'Failed'],
    [
      held({ state: 'receiving', references: [exampleReference({ received: 126 })] }),
      'info',
      'Receiving 63 %',
    ],
    [held({ state: 'receiving', references: [exampleReference({ bytes: null })] }), 'info', 'Receiving'],
  ])('%#', (record, tone, text) => {
    expect(describeState(record, [])).toEqual({ tone, text });
  });
});

describe('the title of a push', () => {
  it.each<[what: string, record: PushRecord, title: string]>([
    ['its first line', exampleRecord(), 'hello'],
    ['nothing of what waits', exampleRecord({ state: 'waiting' }), 'Message'],
    ['nothing of what was denied', exampleRecord({ state: 'declined' }), 'Message'],
    ['where content lies', held({ state: 'waiting' }), 'news.txt at lab.test'],
    [
      'where content without a name lies',
      held({ preview: null, references: [exampleReference({ url: 'https://lab.test/' })] }),
      'Content at lab.test',
    ],
    [
      'content at an odd address',
      held({ preview: null, references: [exampleReference({ url: 'urn:x' })] }),
      'Content elsewhere',
    ],
    [
      'what kind of push it is',
      exampleRecord({ preview: null, contentType: 'text/vnd.wap.si; charset=utf-8' }),
      'Service Indication',
    ],
    ['HTML', exampleRecord({ preview: null, contentType: 'text/html' }), 'HTML page'],
    ['a picture', exampleRecord({ preview: null, contentType: 'IMAGE/PNG' }), 'Picture'],
    [
      'several parts',
      exampleRecord({ preview: null, contentType: 'multipart/mixed; boundary=b' }),
      'Several parts',
    ],
    ['JSON of its own type', exampleRecord({ preview: null, contentType: 'application/x+json' }), 'JSON'],
    ['XML', exampleRecord({ preview: null, contentType: 'application/xml' }), 'XML'],
    ['no kind of a type nobody knows', exampleRecord({ preview: null, contentType: 'x/y' }), 'Message'],
    [
      'the application as the cause',
      refused('No application of this terminal is called x.ua.'),
      'Refused: application',
    ],
    [
      'a rule as the cause, whatever the sender is called',
      refused('A rule of the profile denies sip:application@push.test this push.'),
      'Refused: by a rule',
    ],
    [
      'a missing identity as the cause',
      refused('The core asserts no identity for the sender (no P-Asserted-Identity).'),
      'Refused: sender not asserted',
    ],
    [
      'the list as the cause',
      refused('sip:application@evil.test is not on the list of trusted senders.'),
      'Refused: sender not trusted',
    ],
    ['no kind of what waits', exampleRecord({ state: 'waiting', contentType: 'text/vnd.wap.si' }), 'Message'],
    ['what was fetched', held({ state: 'received' }), 'hello'],
    ['no content', exampleRecord({ preview: null, bytes: 0 }), 'Empty push'],
    ['a file', exampleOffer(['a.txt']), 'a.txt offered'],
  ])('says %s', (_what, record, title) => {
    expect(titleOf(record)).toBe(title);
  });
});
