import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RawPeer, type SendFields, sendText } from '../msrp/test-peer.ts';
import type { AnsweredFile } from '../sdp/answer.ts';
import type { SipResponse } from '../sip/message.ts';
import { connectTo, TestTerminal } from './test-terminal.ts';

// Two files of one offer, each with a connection of its own: what the sender does to the second gets the answer it
// should, the second is not kept, and the first arrives all the same.

const GOOD = { name: 'good.bin', content: Buffer.alloc(300_000, 'good') };
const BAD = { name: 'bad.bin', content: Buffer.alloc(5000, 'bad') };
const SIZE = BAD.content.length;

let test: TestTerminal;
let answer: SipResponse;
let first: AnsweredFile | undefined;
let path: string;
let peer: RawPeer;

beforeEach(async () => {
  test = await TestTerminal.open({ files: { decide: 'accept', accept: ['application/*'] } });
  test.invite([GOOD, BAD]);
  answer = await test.core.response();
  const files = test.acknowledge(answer, 2);
  const second = files[1];
  first = files[0];
  if (second?.kind !== 'accepted') throw new Error('the second file was declined');
  path = second.path.join(' ');
  peer = await RawPeer.connect(Number(/:([0-9]+)\//.exec(path)?.[1]));
});

afterEach(async () => {
  peer.close();
  await test.close();
});

const send = (fields: Partial<SendFields>) =>
  sendText({ tid: 'tid1', to: path, type: 'application/octet-stream', success: 'yes', ...fields });
/** Parts of what failed are removed in the background. */
const keptNames = async () =>
  (await readdir(join(test.folder, 'files'))).filter((name) => !name.includes('quarantine'));
const body = (length = SIZE) => 'x'.repeat(length);

describe('a hostile sender', () => {
  it.each<[name: string, text: () => string, answers: readonly string[]]>([
    [
      'other bytes than it promised',
      () => send({ body: body() }),
      ['200 tid1', `REPORT message1 1-${SIZE}/${SIZE} 400`],
    ],
    ['too few bytes', () => send({ body: body(10) }), ['200 tid1', 'REPORT message1 1-10/10 400']],
    ['too many bytes', () => send({ body: body(200_000), range: '1-*/*' }), ['413 tid1']],
    [
      'a total that is too large',
      () => send({ body: 'x', range: '1-1/9007199254740991', flag: '+' }),
      ['413 tid1'],
    ],
    [
      'bytes far behind the end',
      () => send({ body: 'x', range: '9007199254740000-*/*', flag: '+' }),
      ['413 tid1'],
    ],
    ['another type than the terminal takes', () => send({ body: body(), type: 'text/html' }), ['415 tid1']],
    ['and gives up', () => send({ body: body(10), range: `1-*/${SIZE}`, flag: '#' }), ['200 tid1']],
    [
      'two messages at once',
      () =>
        send({ body: body(10), range: `1-*/${SIZE}`, flag: '+' }) +
        send({ tid: 'tid2', id: 'second', body: body() }) +
        send({ tid: 'tid3', body: '', range: `11-*/${SIZE}` }),
      ['200 tid1', '413 tid2', '200 tid3', 'REPORT message1 1-10/10 400'],
    ],
    [
      'a wrapper that never ends',
      () =>
        send({ body: `From: <a@b>\r\n${'X: y\r\n'.repeat(12_000)}`, type: 'message/cpim', range: '1-*/*' }),
      ['413 tid1'],
    ],
  ])('sends %s', async (_name, text, answers) => {
    const good = await connectTo(first);
    const sending = good.send({
      contentType: 'application/octet-stream',
      total: GOOD.content.length,
      source: Readable.from([GOOD.content]),
    });
    peer.write(text());
    for (const expected of answers) expect(await peer.said()).toBe(expected);
    const failed = await test.event('file-failed', ({ index }) => index === 1);
    expect(failed.reason).toMatch(/\S/);
    expect(await sending).toMatchObject({ kind: 'delivered' });
    const file = await test.event('file', ({ index }) => index === 0);
    expect((await readFile(file.path)).equals(GOOD.content)).toBe(true);
    test.inDialog('BYE', answer, 2);
    await test.event('ended');
    while ((await keptNames()).some((name) => name !== 'good.bin')) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    good.close();
  });

  it('is cut off at BYE, and finds nobody after it', async () => {
    peer.write(send({ body: body(10), range: `1-*/${SIZE}`, flag: '+' }));
    expect(await peer.said()).toBe('200 tid1');
    test.inDialog('BYE', answer, 2);
    await test.event('ended');
    expect(await peer.said()).toBe('closed');
    const late = await RawPeer.connect(peer.socket.remotePort ?? 0);
    late.write(send({ tid: 'tid2', body: body() }));
    expect(await late.said()).toBe('481 tid2');
    late.close();
    expect((await test.event('file-failed', ({ index }) => index === 1)).reason).toMatch(/ended|lost/);
  });
});
