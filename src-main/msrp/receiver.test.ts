import { afterEach, describe, expect, it } from 'vitest';
import type { FinishResult } from './incoming.ts';
import type { MsrpReceiverOptions } from './receiver.ts';
import { type Bench, MemorySink, openBench, RawPeer, type SendFields, sendText } from './test-peer.ts';
import { newSessionUri } from './uri.ts';

let bench: Bench;
let peer: RawPeer;

afterEach(async () => {
  peer.close();
  await bench.close();
});

async function start(options: Partial<MsrpReceiverOptions> = {}): Promise<void> {
  bench = await openBench(options);
  peer = await RawPeer.connect(bench.listener.port);
}

/** Sends and returns what was said for each expected answer. */
async function exchange(sends: readonly Omit<SendFields, 'to'>[], answers: number): Promise<string[]> {
  peer.write(sends.map((fields) => sendText({ to: bench.localUri, ...fields })).join(''));
  const said: string[] = [];
  for (let index = 0; index < answers; index += 1) said.push(await peer.said());
  return said;
}

/** Nothing but the answer to a fresh keep-alive may come now. */
async function expectSilence(): Promise<void> {
  expect(await exchange([{ tid: 'silence', id: 'keepalive', type: null, body: null }], 1)).toEqual([
    '200 silence',
  ]);
}

const delivered = () => bench.sinks.map((sink) => [sink.bytes.toString('latin1'), sink.finished]);

describe('putting messages together', () => {
  const cases: readonly {
    name: string;
    sends: readonly Omit<SendFields, 'to' | 'tid'>[];
    bytes: string;
  }[] = [
    { name: 'one SEND without Byte-Range', sends: [{ body: 'abcdefgh' }], bytes: 'abcdefgh' },
    { name: 'one SEND with an open range', sends: [{ body: 'abcdefgh', range: '1-*/8' }], bytes: 'abcdefgh' },
    {
      name: 'two chunks',
      sends: [
        { body: 'abcd', range: '1-4/8', flag: '+' },
        { body: 'efgh', range: '5-8/8' },
      ],
      bytes: 'abcdefgh',
    },
    {
      name: 'a first chunk without Byte-Range',
      sends: [
        { body: 'abcd', flag: '+' },
        { body: 'efgh', range: '5-8/8' },
      ],
      bytes: 'abcdefgh',
    },
    {
      name: 'an unknown total, fixed by $',
      sends: [
        { body: 'abcd', range: '1-4/*', flag: '+' },
        { body: 'efgh', range: '5-*/*' },
      ],
      bytes: 'abcdefgh',
    },
    {
      name: 'an empty $ at the end (msrp4j)',
      sends: [
        { body: 'abcdefgh', range: '1-2048/*', flag: '+' },
        { body: '', range: '9-2056/*' },
      ],
      bytes: 'abcdefgh',
    },
    {
      name: 'an empty $ with the range 1-0/0',
      sends: [
        { body: 'abcdefgh', range: '1-8/*', flag: '+' },
        { body: '', range: '1-0/0' },
      ],
      bytes: 'abcdefgh',
    },
    {
      name: 'a bodiless $ at the end',
      sends: [
        { body: 'abcdefgh', range: '1-8/8', flag: '+' },
        { body: null, type: null, range: '9-8/8' },
      ],
      bytes: 'abcdefgh',
    },
    {
      name: '$ before + (out of order)',
      sends: [
        { body: 'efgh', range: '5-8/8' },
        { body: 'abcd', range: '1-4/8', flag: '+' },
      ],
      bytes: 'abcdefgh',
    },
    {
      name: 'a chunk shorter than its range-end, carried on',
      sends: [
        { body: 'abc', range: '1-8/8', flag: '+' },
        { body: 'defgh', range: '4-8/8' },
      ],
      bytes: 'abcdefgh',
    },
    {
      name: 'overlap: the last one wins',
      sends: [
        { body: 'aXXX', range: '1-4/8', flag: '+' },
        { body: 'bcdefgh', range: '2-8/8' },
      ],
      bytes: 'abcdefgh',
    },
    {
      name: 'duplicate chunks',
      sends: [
        { body: 'abcd', range: '1-4/8', flag: '+' },
        { body: 'abcd', range: '1-4/8', flag: '+' },
        { body: 'efgh', range: '5-8/8' },
      ],
      bytes: 'abcdefgh',
    },
    { name: 'an empty message', sends: [{ body: '', range: '1-0/0' }], bytes: '' },
    { name: 'an empty message without range', sends: [{ body: '' }], bytes: '' },
    { name: 'bytes that are no UTF-8', sends: [{ body: '\xff\x00\xc3(' }], bytes: '\xff\x00\xc3(' },
    {
      name: 'a total that is not true',
      sends: [{ body: 'abcdefgh', range: '1-4/4' }],
      bytes: 'abcdefgh',
    },
    {
      name: 'a later chunk without Content-Type',
      sends: [
        { body: 'abcd', range: '1-4/8', flag: '+' },
        { body: 'efgh', range: '5-8/8', type: null },
      ],
      bytes: 'abcdefgh',
    },
    {
      name: 'bytes of another message inside a chunk',
      sends: [{ body: 'MSRP evil SEND\r\n\r\nx\r\n-------evil$\r\n' }],
      bytes: 'MSRP evil SEND\r\n\r\nx\r\n-------evil$\r\n',
    },
  ];

  it.each(cases)('$name', async ({ sends, bytes }) => {
    await start();
    const said = await exchange(
      sends.map((fields, index) => ({ tid: `tid${index}`, success: index === 0 ? 'yes' : 'no', ...fields })),
      sends.length + 1,
    );
    expect(said).toEqual([
      ...sends.map((_, index) => `200 tid${index}`),
      `REPORT message1 1-${bytes.length}/${bytes.length} 200`,
    ]);
    expect(delivered()).toEqual([[bytes, bytes.length]]);
    expect(bench.receiver.answeredCount).toBe(sends.length);
    await expectSilence();
  });

  it('does the same byte by byte', async () => {
    await start();
    const text = sendText({ to: bench.localUri, tid: 'tid1', body: 'a\r\n-------tid1\r\nb', success: 'yes' });
    for (const character of text) peer.write(character);
    expect([await peer.said(), await peer.said()]).toEqual(['200 tid1', 'REPORT message1 1-17/17 200']);
  });

  it('takes two messages in turn, interleaved', async () => {
    await start();
    await exchange(
      [
        { tid: 'tid1', id: 'first', body: 'ab', range: '1-2/4', flag: '+' },
        { tid: 'tid2', id: 'second', body: 'wx', range: '1-2/4', flag: '+' },
        { tid: 'tid3', id: 'first', body: 'cd', range: '3-4/4' },
        { tid: 'tid4', id: 'second', body: 'yz', range: '3-4/4' },
      ],
      4,
    );
    await expectSilence();
    expect(delivered()).toEqual([
      ['abcd', 4],
      ['wxyz', 4],
    ]);
  });

  it('waits for the gap behind a $, and fails when the connection goes', async () => {
    await start();
    await exchange([{ tid: 'tid1', body: 'efgh', range: '5-8/8', success: 'yes' }], 1);
    await expectSilence();
    peer.close();
    expect(await bench.event('failed')).toMatchObject({ messageId: 'message1' });
    expect(bench.sinks[0]).toMatchObject({ finished: null, abandoned: expect.any(String) });
    expect(await bench.event('closed')).toMatchObject({ reason: { kind: 'peer' } });
  });

  it.each([
    [
      'in the $ chunk',
      [
        { body: 'abcdefgh', range: '1-8/*', flag: '+' },
        { body: 'cd', range: '3-4/*' },
      ],
    ],
    [
      'after a $ with a gap',
      [
        { body: 'ef', range: '5-6/6' },
        { body: 'gh', range: '7-8/8', flag: '+' },
      ],
    ],
  ] as const)('fails a message with bytes past its end: %s', async (_name, sends) => {
    await start();
    const said = await exchange(
      sends.map((fields, index) => ({ tid: `tid${index}`, ...fields })),
      2,
    );
    expect(said[0]).toBe('200 tid0');
    expect((await bench.event('failed')).reason).toBe('bytes beyond the end of the message');
    expect(bench.sinks[0]?.finished).toBeNull();
  });

  it('drops a message at # and takes it again from the start', async () => {
    await start();
    const said = await exchange(
      [
        { tid: 'tid1', body: 'abcd', range: '1-*/8', flag: '#', success: 'yes' },
        { tid: 'tid2', body: 'ABCD', range: '1-4/4', success: 'yes' },
      ],
      3,
    );
    expect(said).toEqual(['200 tid1', '200 tid2', 'REPORT message1 1-4/4 200']);
    expect(bench.sinks.map((sink) => [sink.finished, sink.abandoned])).toEqual([
      [null, 'given up by the sender'],
      [4, null],
    ]);
  });

  it('answers and reports a duplicate of a whole message, and does not deliver it', async () => {
    await start();
    const send = { body: 'abcd', range: '1-4/4', success: 'yes' };
    await exchange([{ tid: 'tid1', ...send }], 2);
    expect(await exchange([{ tid: 'tid1', ...send }], 2)).toEqual(['200 tid1', 'REPORT message1 1-4/4 200']);
    expect(bench.sinks).toHaveLength(1);
  });

  it('bounds messages that are open at a time', async () => {
    await start();
    const sends = Array.from({ length: 17 }, (_, index) => ({
      tid: `tid${index}`,
      id: `message${index}`,
      body: 'a',
      range: '1-1/2',
      flag: '+',
    }));
    expect((await exchange(sends, 17)).at(-1)).toBe('413 tid16');
  });
});

describe('what is answered and reported', () => {
  it.each([
    { failure: 'yes', success: 'no', said: ['200 tid1'] },
    { failure: 'partial', success: 'no', said: [] },
    { failure: 'no', success: 'no', said: [] },
    { failure: 'yes', success: 'yes', said: ['200 tid1', 'REPORT message1 1-4/4 200'] },
    { failure: 'partial', success: 'yes', said: ['REPORT message1 1-4/4 200'] },
    { failure: 'no', success: 'yes', said: ['REPORT message1 1-4/4 200'] },
  ])('Failure-Report $failure, Success-Report $success', async ({ failure, success, said }) => {
    await start();
    expect(await exchange([{ tid: 'tid1', body: 'abcd', failure, success }], said.length)).toEqual(said);
    await expectSilence();
  });

  it('swaps the paths: the first URI in a response, all of them in a REPORT', async () => {
    await start();
    const from = 'msrp://relay.test:1;tcp msrp://b.test:2/y;tcp';
    peer.write(sendText({ to: bench.localUri, tid: 'tid1', from, body: 'abcd', success: 'yes' }));
    const response = await peer.next();
    const report = await peer.next();
    expect(response).toMatchObject({
      response: { toPath: [{ host: 'relay.test' }], fromPath: [bench.localUri], comment: 'OK' },
    });
    expect(report).toMatchObject({
      head: {
        toPath: [{ host: 'relay.test' }, { host: 'b.test' }],
        fromPath: [bench.localUri],
        status: { namespace: '000', code: 200 },
      },
    });
  });

  it.each([
    { failure: 'yes', said: ['200 tid1', 'REPORT message1 1-4/4 413'] },
    { failure: 'partial', said: ['REPORT message1 1-4/4 413'] },
    { failure: 'no', said: [] },
  ])('a failed check with Failure-Report $failure', async ({ failure, said }) => {
    await start({
      open: () => {
        const sink = new MemorySink();
        sink.result = { kind: 'failed', code: 413, comment: 'hash mismatch\r\nX: y' };
        return sink;
      },
    });
    const send = { tid: 'tid1', body: 'abcd', failure, success: 'yes' };
    expect(await exchange([send], said.length)).toEqual(said);
    await expectSilence();
    expect((await bench.event('failed')).reason).toContain('hash mismatch');
  });

  it('ignores a bodiless binding SEND, and answers responses and REPORTs never', async () => {
    await start();
    const report = sendText({ to: bench.localUri, tid: 'rep1', type: null, body: null })
      .replace(' SEND', ' REPORT')
      .replace('-------', 'Status: 000 200 OK\r\n-------');
    const response = sendText({ to: bench.localUri, tid: 'res1', type: null, body: null }).replace(
      ' SEND',
      ' 200 OK',
    );
    expect(await exchange([{ tid: 'tid1', range: '1-0/0', type: null, body: null }], 1)).toEqual([
      '200 tid1',
    ]);
    peer.write(report + response);
    await expectSilence();
    expect(bench.sinks).toHaveLength(0);
    expect(bench.events.map((event) => event.kind)).toEqual(['bound', 'answered', 'answered']);
  });

  it('reports although the sender has ended its half right after $', async () => {
    let finish = (_result: FinishResult) => {};
    class SlowSink extends MemorySink {
      override finish(): Promise<FinishResult> {
        return new Promise((resolve) => {
          finish = resolve;
        });
      }
    }
    await start({ open: () => new SlowSink() });
    peer.socket.end(Buffer.from(sendText({ to: bench.localUri, tid: 'tid1', body: 'abcd', success: 'yes' })));
    expect(await peer.said()).toBe('200 tid1');
    finish({ kind: 'ok' });
    expect(await peer.said()).toBe('REPORT message1 1-4/4 200');
    expect(await peer.said()).toBe('closed');
    expect(await bench.event('complete')).toMatchObject({ total: 4 });
  });

  it('owes a REPORT when the connection is lost, and sends it once the session has another (RFC 4975 §5.4)', async () => {
    let finish = (_result: FinishResult) => {};
    class SlowSink extends MemorySink {
      override finish(): Promise<FinishResult> {
        return new Promise((resolve) => {
          finish = resolve;
        });
      }
    }
    await start({ open: () => new SlowSink() });
    const send = { to: bench.localUri, body: 'abcd', success: 'yes' };
    peer.write(sendText({ ...send, tid: 'tid1' }));
    expect(await peer.said()).toBe('200 tid1');
    peer.socket.resetAndDestroy();
    await bench.event('closed');
    finish({ kind: 'ok' });
    expect(await bench.event('reportOwed')).toMatchObject({ messageId: 'message1', status: 200 });
    expect(bench.events.some(({ kind }) => kind === 'reportSent')).toBe(false);
    // Without a new offer the session stays dead.
    peer = await RawPeer.connect(bench.listener.port);
    peer.write(sendText({ to: bench.localUri, tid: 'tid2', type: null, body: null }));
    expect(await peer.said()).toBe('506 tid2');
    bench.receiver.moveTo([newSessionUri('127.0.0.1', 9998)]);
    peer.write(sendText({ to: bench.localUri, tid: 'tid3', type: null, body: null }));
    expect([await peer.said(), await peer.said()]).toEqual(['200 tid3', 'REPORT message1 1-4/4 200']);
    expect(await bench.event('reportSent')).toMatchObject({ messageId: 'message1' });
    // A duplicate of what came over the lost connection is acknowledged and reported, and not delivered.
    peer.write(sendText({ ...send, tid: 'tid4' }));
    expect([await peer.said(), await peer.said()]).toEqual(['200 tid4', 'REPORT message1 1-4/4 200']);
    expect(bench.sinks).toHaveLength(0);
  });

  it('takes no other connection once it was left, whatever path is offered', async () => {
    await start();
    await exchange([{ tid: 'tid1', type: null, body: null }], 1);
    bench.receiver.close();
    bench.receiver.moveTo([newSessionUri('127.0.0.1', 9998)]);
    const other = await RawPeer.connect(bench.listener.port);
    other.write(sendText({ to: bench.localUri, tid: 'tid2', body: 'abcd' }));
    expect(await other.said()).toBe('506 tid2');
    other.close();
  });

  it('survives a sender that is gone before the REPORT', async () => {
    await start();
    peer.socket.write(sendText({ to: bench.localUri, tid: 'tid1', body: 'abcd', success: 'yes' }), () =>
      peer.socket.resetAndDestroy(),
    );
    await bench.event('closed');
  });
});

describe('refusals', () => {
  it('415 for a type that is not accepted, and for the later chunks', async () => {
    await start({ acceptTypes: (type) => type === 'image/png' });
    const said = await exchange(
      [
        { tid: 'tid1', body: 'ab', range: '1-2/4', flag: '+' },
        { tid: 'tid2', body: 'cd', range: '3-4/4' },
        { tid: 'tid3', id: 'other', type: 'image/png', body: 'x' },
      ],
      3,
    );
    expect(said).toEqual(['415 tid1', '415 tid2', '200 tid3']);
    expect(await bench.event('refused')).toMatchObject({ code: 415, messageId: 'message1' });
  });

  it('sends no error when Failure-Report is no', async () => {
    await start({ acceptTypes: () => false });
    await exchange([{ tid: 'tid1', body: 'ab', failure: 'no' }], 0);
    await expectSilence();
    expect(await bench.event('refused')).toMatchObject({ code: 415 });
  });

  it('413 for a total above the limit, before anything is opened', async () => {
    await start({ maxSize: 4 });
    expect(
      await exchange([{ tid: 'tid1', body: 'ab', range: '1-2/9007199254740991', flag: '+' }], 1),
    ).toEqual(['413 tid1']);
    expect(bench.sinks).toHaveLength(0);
  });

  it('413 as soon as the bytes pass the limit', async () => {
    await start({ maxSize: 4 });
    expect(
      await exchange(
        [
          { tid: 'tid1', body: 'abc', range: '1-3/*', flag: '+' },
          { tid: 'tid2', body: 'def', range: '4-6/*', flag: '+' },
          { tid: 'tid3', body: 'ghi', range: '7-9/*' },
        ],
        3,
      ),
    ).toEqual(['200 tid1', '413 tid2', '413 tid3']);
    expect(bench.sinks[0]).toMatchObject({ abandoned: 'message larger than 4 bytes', finished: null });
  });

  it('413 in mid-chunk when the user stops it, and for the rest', async () => {
    await start();
    const text = sendText({
      to: bench.localUri,
      tid: 'tid1',
      body: 'x'.repeat(600_000),
      range: '1-*/900000',
      flag: '+',
    });
    peer.write(text.slice(0, 500_000));
    await bench.event('chunk');
    bench.receiver.abort();
    expect(await peer.said()).toBe('413 tid1');
    peer.write(text.slice(500_000));
    expect(await exchange([{ tid: 'tid2', range: '600001-600001/900000', body: 'y', flag: '#' }], 1)).toEqual(
      ['413 tid2'],
    );
    expect(await exchange([{ tid: 'tid3', id: 'another', body: 'y' }], 1)).toEqual(['413 tid3']);
    expect(bench.sinks).toHaveLength(1);
  });

  it('gives the refusal of open', async () => {
    await start({ open: () => ({ kind: 'refusal', code: 403, comment: 'not offered' }) });
    expect(await exchange([{ tid: 'tid1', body: 'ab' }], 1)).toEqual(['403 tid1']);
  });

  it('refuses when open throws, and when write throws or rejects', async () => {
    class FullSink extends MemorySink {
      override write(position: number): Promise<void> {
        if (position > 0) return Promise.reject(new Error('ENOSPC'));
        throw new Error('ENOSPC');
      }
    }
    let opened = 0;
    await start({
      open: () => {
        opened += 1;
        if (opened === 1) throw new Error('no folder');
        return new FullSink();
      },
    });
    expect(await exchange([{ tid: 'tid1', id: 'first', body: 'ab' }], 1)).toEqual(['413 tid1']);
    expect(await exchange([{ tid: 'tid2', id: 'second', body: 'ab' }], 1)).toEqual(['413 tid2']);
    expect(await exchange([{ tid: 'tid3', id: 'third', body: 'ab', range: '3-4/9', flag: '+' }], 2)).toEqual([
      '200 tid3',
      'REPORT third 1-4/9 413',
    ]);
    expect(await exchange([{ tid: 'tid4', id: 'third', body: 'ab', range: '5-6/9', flag: '+' }], 1)).toEqual([
      '413 tid4',
    ]);
    expect(await bench.event('failed')).toMatchObject({
      messageId: 'second',
      reason: 'cannot be stored: ENOSPC',
    });
  });

  it('400 for a body without Content-Type', async () => {
    await start();
    peer.write(
      sendText({ to: bench.localUri, tid: 'tid1', body: 'abc' }).replace('Content-Type: text/plain\r\n', ''),
    );
    expect(await peer.said()).toBe('400 tid1');
    await expectSilence();
  });
});

describe('backpressure', () => {
  it('stops reading while a write is pending', async () => {
    const releases: (() => void)[] = [];
    let taken = 0;
    class SlowSink extends MemorySink {
      override write(_position: number, bytes: Buffer): Promise<void> {
        taken += bytes.length;
        return new Promise((resolve) => releases.push(resolve));
      }
    }
    await start({ open: () => new SlowSink() });
    const body = 'x'.repeat(8_000_000);
    peer.write(sendText({ to: bench.localUri, tid: 'tid1', body, success: 'yes' }));
    const done = Promise.all([peer.said(), peer.said()]);
    let largest = 0;
    while (bench.sinks.length === 0 && taken < body.length) {
      const before = taken;
      await new Promise((resolve) => setImmediate(resolve));
      largest = Math.max(largest, taken - before);
      for (const release of releases.splice(0)) release();
    }
    for (const release of releases.splice(0)) release();
    expect(await done).toEqual(['200 tid1', 'REPORT message1 1-8000000/8000000 200']);
    expect(largest).toBeLessThanOrEqual(2 * 65_536);
  });
});
