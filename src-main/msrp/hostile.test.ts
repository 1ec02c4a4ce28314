import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MAX_SESSIONS } from './listener.ts';
import { MAX_HEADERS, MAX_NON_SEND_BODY } from './parser.ts';
import { MAX_RANGES } from './ranges.ts';
import { MAX_ENDED_MESSAGES, MAX_OPEN_MESSAGES, MAX_REPEATED_REPORTS, MsrpReceiver } from './receiver.ts';
import {
  type Bench,
  MemorySink,
  openBench,
  RawPeer,
  type SendFields,
  seeded,
  sendText,
} from './test-peer.ts';
import { formatUri, type MsrpUri, newSessionUri } from './uri.ts';

// A sender that wants to do harm, beside one that wants to send its file: each attack gets the code it should, takes
// nothing that grows, and the file of the other arrives.

const MAX_SIZE = 1_000_000;
const GOOD = Array.from({ length: 8 }, (_, index) => `part ${index} of what the good one sends\r\n`);
const goodBytes = GOOD.join('');

let bench: Bench;
let bad: RawPeer;
let good: RawPeer;
let goodUri: MsrpUri;
let goodSink: MemorySink;
let sent = 0;

beforeEach(async () => {
  bench = await openBench({ maxSize: MAX_SIZE }, { slowTimeoutMs: 60 });
  goodUri = newSessionUri('127.0.0.1', bench.listener.port);
  goodSink = new MemorySink();
  const receiver = new MsrpReceiver({
    localPath: goodUri,
    remotePath: [],
    acceptTypes: () => true,
    maxSize: MAX_SIZE,
    open: () => goodSink,
    on: () => {},
  });
  bench.listener.register(goodUri.sessionId ?? '', receiver);
  good = await RawPeer.connect(bench.listener.port);
  bad = await RawPeer.connect(bench.listener.port);
  sent = 0;
  await sendGood();
});

// Whatever happened, the good one goes on to its end.
afterEach(async () => {
  while (sent < GOOD.length) await sendGood();
  expect(await good.said()).toBe(`REPORT good 1-${goodBytes.length}/${goodBytes.length} 200`);
  expect(goodSink.bytes.toString()).toBe(goodBytes);
  expect(goodSink.finished).toBe(goodBytes.length);
  bad.close();
  good.close();
  await bench.close();
});

async function sendGood(): Promise<void> {
  const body = GOOD[sent] ?? '';
  const start = GOOD.slice(0, sent).join('').length + 1;
  sent += 1;
  good.write(
    sendText({
      tid: `good${sent}`,
      to: goodUri,
      id: 'good',
      range: `${start}-${start + body.length - 1}/${goodBytes.length}`,
      success: 'yes',
      body,
      flag: sent === GOOD.length ? '$' : '+',
    }),
  );
  expect(await good.said()).toBe(`200 good${sent}`);
}

/** A SEND to the session that the bad one may use. */
const toBad = (fields: Omit<SendFields, 'to'>) => sendText({ to: bench.localUri, ...fields });

/** Writes text and expects these answers; the good one sends in between. */
async function expectAnswers(text: string, answers: readonly string[]): Promise<void> {
  bad.write(text);
  if (sent < GOOD.length - 1) await sendGood();
  for (const answer of answers) expect(await bad.said()).toBe(answer);
}

/** The session of the bad one still works, and nothing else was said. */
async function expectStillServed(): Promise<void> {
  await expectAnswers(toBad({ tid: 'still', id: 'keepalive', type: null, body: null }), ['200 still']);
}

it('200 for a message that comes again and again, but not a REPORT each time for ever', async () => {
  const same = (tid: string) => toBad({ tid, id: 'same', range: '1-4/4', success: 'yes', body: 'same' });
  bad.write(same('first'));
  expect(await bad.said()).toBe('200 first');
  expect(await bad.said()).toBe('REPORT same 1-4/4 200');
  for (let number = 0; number < MAX_REPEATED_REPORTS; number += 1) {
    await expectAnswers(same(`tid${number}`), [`200 tid${number}`, 'REPORT same 1-4/4 200']);
  }
  await expectAnswers(same('more') + same('most'), ['200 more', '200 most']);
  await expectStillServed();
});

describe('sessions of others', () => {
  it('481 for To-Paths that name none of ours, 400 for those that cannot be read', async () => {
    const { port } = bench.listener;
    for (const to of [
      `msrp://127.0.0.1:${port}/guessed;tcp`,
      `msrp://127.0.0.1:${port};tcp`,
      `msrps://127.0.0.1:${port}/${bench.localUri.sessionId};tcp`,
      `msrp://127.0.0.1:${port}/${bench.localUri.sessionId?.toUpperCase()}x;tcp`,
      `${formatUri(bench.localUri)} ${formatUri(goodUri)}`,
    ]) {
      await expectAnswers(sendText({ tid: 'tid1', to, body: 'x' }), ['481 tid1']);
    }
    await expectStillServed();
    for (const to of ['msrp://[::1/x;tcp', '../../etc/passwd', 'msrp://127.0.0.1:99999/x;tcp']) {
      await expectAnswers(sendText({ tid: 'tid2', to, body: 'x' }), ['400 tid2']);
    }
    await expectStillServed();
  });

  it('506 for the session of another connection; 481 once it has one of its own', async () => {
    const theft = (tid: string, flag = '$') => sendText({ tid, to: goodUri, id: 'good', body: 'evil', flag });
    await expectAnswers(theft('tid1'), ['506 tid1']);
    await expectStillServed();
    await expectAnswers(theft('tid2') + theft('tid3', '#'), ['481 tid2', '481 tid3']);
    await expectStillServed();
  });

  it('takes no REPORT and no response for another, or for itself', async () => {
    await expectStillServed();
    const report = (to: MsrpUri) =>
      `MSRP rep1 REPORT\r\nTo-Path: ${formatUri(to)}\r\nFrom-Path: msrp://a:1/x;tcp\r\nMessage-ID: good\r\n` +
      `Byte-Range: 1-9/9\r\nStatus: 000 413 stop\r\n-------rep1$\r\n`;
    const response = `MSRP good1 481 gone\r\nTo-Path: ${formatUri(goodUri)}\r\nFrom-Path: msrp://a:1/x;tcp\r\n-------good1$\r\n`;
    await expectAnswers((report(goodUri) + report(bench.localUri) + response).repeat(500), []);
    await expectStillServed();
  });

  it('481 before the session exists and after it is over', async () => {
    const later = newSessionUri('127.0.0.1', bench.listener.port);
    const early = sendText({ tid: 'tid1', to: later, body: 'early' });
    await expectAnswers(early, ['481 tid1']);
    const sink = new MemorySink();
    const receiver = new MsrpReceiver({
      localPath: later,
      remotePath: [],
      acceptTypes: () => true,
      maxSize: null,
      open: () => sink,
      on: () => {},
    });
    bench.listener.register(later.sessionId ?? '', receiver);
    await expectAnswers(early, ['200 tid1']);
    await expectStillServed();
    receiver.close();
    bench.listener.unregister(later.sessionId ?? '');
    await expectAnswers(early + early, ['481 tid1', '481 tid1']);
    expect(sink.bytes.toString()).toBe('early');
    await expectStillServed();
  });

  it('has room for so many sessions and no more', () => {
    const session = bench.receiver;
    const free = MAX_SESSIONS - 2;
    for (let index = 0; index < free; index += 1) bench.listener.register(`session${index}`, session);
    expect(() => bench.listener.register('one more', session)).toThrow('too many');
    for (let index = 0; index < free; index += 1) bench.listener.unregister(`session${index}`);
  });
});

describe('heads', () => {
  it.each([
    ['headers without end', 'MSRP tid1 SEND\r\n', 'X: y\r\n', MAX_HEADERS + 1],
    ['a header line without end', 'MSRP tid1 SEND\r\nX: ', 'x'.repeat(1000), 10],
    ['a start line without end', 'MSRP ', 'x'.repeat(100), 10],
    ['a head that is all known headers', 'MSRP tid1 SEND\r\n', 'Message-ID: abcd\r\n', MAX_HEADERS + 1],
    ['NUL bytes for a start line', '', '\0'.repeat(100), 10],
  ])('closes on %s', async (_name, start, more, times) => {
    bad.write(start + more.repeat(times));
    expect(await bad.said()).toBe('closed');
  });

  it.each([
    ['an AUTH', toMethod('AUTH')],
    ['an unknown method', toMethod('NICKNAME')],
    ['a long one', toMethod('X'.repeat(200))],
  ])('501 for %s', async (_name, method) => {
    await expectStillServed();
    await expectAnswers(method(toBad({ tid: 'tid1', type: null, body: null })), ['501 tid1']);
    await expectStillServed();
  });

  it('closes on a request that is no SEND and has a long body', async () => {
    await expectStillServed();
    const body = 'x'.repeat(MAX_NON_SEND_BODY + 1);
    bad.write(toMethod('AUTH')(toBad({ tid: 'tid1', body })));
    let last = await bad.said();
    while (last === '501 tid1') last = await bad.said();
    expect(last).toBe('closed');
  });

  it.each([
    ['an end before the start', { range: '10-5/20' }],
    ['a start behind the total', { range: '100-200/50' }],
    ['a start of zero', { range: '0-5/5' }],
    ['a negative start', { range: '-5-5/5' }],
    ['a negative end', { range: '1--5/5' }],
    ['more than a number holds', { range: '1-5/99999999999999999999' }],
    ['more than an exact number', { range: '9007199254740993-*/*' }],
    ['no numbers', { range: '1e3-0x10/NaN' }],
    ['a NUL in the Message-ID', { id: 'mess\0age' }],
    ['a Message-ID that is too long', { id: 'm'.repeat(40) }],
    ['a Message-ID that is a path', { id: '../../etc/passwd' }],
    ['a Failure-Report of its own', { failure: 'never' }],
    ['two Message-IDs', { id: 'one1\r\nMessage-ID: two2' }],
  ])('400 for %s', async (_name, fields) => {
    await expectStillServed();
    await expectAnswers(toBad({ tid: 'tid1', body: 'abcde', ...fields }), ['400 tid1']);
    expect(bench.sinks).toHaveLength(0);
    await expectStillServed();
  });

  it('takes bytes that are no UTF-8 and NUL bytes where nothing depends on them', async () => {
    await expectAnswers(
      toBad({ tid: 'tid1', body: '\0\xff\xc3(', type: 'text/\xff\0' }).replace(
        'Message-ID',
        'X-Odd: \xc3(\0\xff\r\nMessage-ID',
      ),
      ['200 tid1'],
    );
    expect(bench.sinks[0]?.bytes.toString('latin1')).toBe('\0\xff\xc3(');
  });
});

function toMethod(method: string): (text: string) => string {
  return (text) => text.replace(' SEND', ` ${method}`);
}

describe('bodies', () => {
  const lookalikes = [
    '\r\n-------tid1',
    '\r\n-------tid1%',
    '\r\n-------tid1$x',
    '\r\n-------tid1$\r',
    '\r\n-------tid10$\r\n',
    '\r\n-------TID1$\r\n',
    '\r\n------tid1$\r\n',
    '\n-------tid1$\r\n',
    '\r\n-------tid2$\r\n',
    '\r\n\r\n-------tid1 $\r\n',
  ];

  it('keeps what only looks like an end-line, in any order', async () => {
    const random = seeded(4975);
    for (let round = 0; round < 40; round += 1) {
      let body = 'x';
      for (let count = 0; count < 12; count += 1) body += `${lookalikes[random(lookalikes.length)]}x`;
      await expectAnswers(toBad({ tid: 'tid1', id: `round${round}`, body }), ['200 tid1']);
      expect(bench.sinks.at(-1)?.bytes.toString('latin1')).toBe(body);
    }
  });

  it('keeps whole requests that stand in a body, to whomever they are', async () => {
    const body =
      sendText({ tid: 'good1', to: goodUri, id: 'good', body: 'evil', flag: '#' }) + toBad({ tid: 'tid2' });
    await expectAnswers(toBad({ tid: 'tid1', body }), ['200 tid1']);
    expect(bench.sinks[0]?.bytes.toString()).toBe(body);
    await expectStillServed();
  });

  it('fails what is cut off in mid-chunk', async () => {
    bad.write(toBad({ tid: 'tid1', body: 'x'.repeat(1000), range: '1-*/2000' }).slice(0, 500));
    await bench.event('bound');
    bad.socket.resetAndDestroy();
    expect(await bench.event('failed')).toMatchObject({ messageId: 'message1' });
    expect(bench.sinks.map(({ finished }) => finished)).not.toContain(expect.any(Number));
  });

  it('closes on a chunk that comes a byte now and then', async () => {
    bad.write(toBad({ tid: 'tid1', body: 'x'.repeat(9000), range: '1-*/9000' }).slice(0, 400));
    const trickle = setInterval(() => bad.write('x'), 5);
    expect(await bad.said()).toBe('closed');
    clearInterval(trickle);
    const { reason } = await bench.event('closed');
    expect(reason).toEqual({ kind: 'timeout', waitedFor: 'request' });
  });
});

describe('ranges', () => {
  it('413 for bytes where no file of that size has any', async () => {
    const far = Number.MAX_SAFE_INTEGER;
    for (const [index, range] of [
      `${far}-${far}/${far}`,
      `${far}-*/*`,
      '1000001-*/*',
      `1-5/${far}`,
    ].entries()) {
      const tid = `tid${index}`;
      await expectAnswers(toBad({ tid, id: `message${index}`, body: 'abcde', range }), [`413 ${tid}`]);
    }
    expect(bench.sinks.every(({ bytes }) => bytes.length === 0)).toBe(true);
    await expectStillServed();
  });

  it('believes the bytes, not the totals, which change', async () => {
    await expectAnswers(
      toBad({ tid: 'tid1', body: 'abcd', range: '1-4/8', flag: '+' }) +
        toBad({ tid: 'tid2', body: 'efgh', range: '5-8/900', flag: '+' }) +
        toBad({ tid: 'tid3', body: 'XX', range: '3-4/4', flag: '+' }) +
        toBad({ tid: 'tid4', body: 'ijkl', range: '9-9/12', success: 'yes' }),
      ['200 tid1', '200 tid2', '200 tid3', '200 tid4', 'REPORT message1 1-12/12 200'],
    );
    expect(bench.sinks[0]?.bytes.toString()).toBe('abXXefghijkl');
  });

  it('413 for a message in too many pieces', async () => {
    const pieces = Array.from({ length: MAX_RANGES + 1 }, (_, index) =>
      toBad({ tid: `tid${index}`, body: 'x', range: `${index * 2 + 2}-${index * 2 + 2}/9999`, flag: '+' }),
    );
    const oks = Array.from({ length: MAX_RANGES }, (_, index) => `200 tid${index}`);
    await expectAnswers(pieces.join(''), [...oks, `413 tid${MAX_RANGES}`]);
    await expectStillServed();
  });
});

describe('floods', () => {
  it('keeps so many messages open and no more', async () => {
    const count = 3000;
    const sends = Array.from({ length: count }, (_, index) =>
      toBad({ tid: `tid${index}`, id: `message${index}`, body: 'x', range: '1-1/2', flag: '+' }),
    );
    await expectAnswers(
      sends.join(''),
      sends.map((_, index) => `${index < MAX_OPEN_MESSAGES ? 200 : 413} tid${index}`),
    );
    expect(bench.sinks).toHaveLength(MAX_OPEN_MESSAGES);
    expect(count).toBeGreaterThan(MAX_ENDED_MESSAGES);
    await expectStillServed();
  });

  it('answers chunks without bytes, and keeps nothing of them', async () => {
    const count = 10_000;
    const empty = toBad({ tid: 'tid1', body: '', range: '1-0/*', flag: '+' });
    await expectAnswers(empty.repeat(count), Array<string>(count).fill('200 tid1'));
    expect(bench.sinks.map(({ bytes }) => bytes.length)).toEqual([0]);
    await expectStillServed();
  });

  it('delivers a Message-ID once, whatever comes under it again', async () => {
    const again = (tid: string, body: string) => toBad({ tid, body, success: 'yes' });
    await expectAnswers(again('tid1', 'first'), ['200 tid1', 'REPORT message1 1-5/5 200']);
    for (let round = 0; round < 50; round += 1) {
      await expectAnswers(again('tid1', `other ${round}`), ['200 tid1', 'REPORT message1 1-5/5 200']);
    }
    expect(bench.sinks.map(({ bytes }) => bytes.toString())).toEqual(['first']);
  });

  it('outlives 400 damaged streams on bound connections', async () => {
    const random = seeded(5547);
    const sample = Array.from({ length: 4 }, (_, index) =>
      toBad({
        tid: `tid${index}`,
        id: `message${index % 2}`,
        body: 'some bytes',
        range: `${index * 10 + 1}-*/40`,
        flag: index === 3 ? '$' : '+',
        success: 'yes',
      }),
    ).join('');
    for (let round = 0; round < 400; round += 1) {
      const bytes = Buffer.from(sample, 'latin1');
      for (let hits = 1 + random(8); hits > 0; hits -= 1) bytes[random(bytes.length)] = random(256);
      const peer = await RawPeer.connect(bench.listener.port);
      const ended = new Promise((resolve) => peer.socket.once('close', resolve));
      peer.socket.resume();
      peer.socket.end(Buffer.concat([bytes.subarray(random(bytes.length)), bytes]));
      await ended;
      if (round % 100 === 0 && sent < GOOD.length - 1) await sendGood();
    }
    expect(bench.listener.connectionCount).toBeLessThanOrEqual(3);
  });
});
