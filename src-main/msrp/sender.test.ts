import { afterEach, describe, expect, it } from 'vitest';
import { MsrpListener } from './listener.ts';
import type { SendOutcome } from './outgoing.ts';
import { MsrpReceiver, type MsrpReceiverOptions } from './receiver.ts';
import { MsrpSender, type MsrpSenderOptions } from './sender.ts';
import { type Bench, MemorySink, openBench, RawPeer, seeded, sendText } from './test-peer.ts';
import { formatUri, newSessionUri } from './uri.ts';

const closers: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function pair(
  senderOptions: Partial<MsrpSenderOptions> = {},
  receiverOptions: Partial<MsrpReceiverOptions> = {},
): Promise<{ bench: Bench; sender: MsrpSender }> {
  const bench = await openBench(receiverOptions);
  const sender = new MsrpSender({
    localPath: newSessionUri('127.0.0.1', 9998),
    remotePath: [bench.localUri],
    ...senderOptions,
  });
  closers.push(
    () => bench.close(),
    () => sender.close(),
  );
  await sender.connect();
  return { bench, sender };
}

/** A sender bound to a raw peer that says what the test wants. */
async function withRawPeer(
  options: Partial<MsrpSenderOptions> = {},
): Promise<{ sender: MsrpSender; peer: RawPeer }> {
  const listener = await MsrpListener.open({ host: '127.0.0.1', port: 0 });
  const localPath = newSessionUri('127.0.0.1', listener.port);
  const sender = new MsrpSender({ localPath, remotePath: [newSessionUri('127.0.0.1', 9999)], ...options });
  listener.register(localPath.sessionId ?? '', sender);
  const bound = sender.bound(5000);
  const peer = await RawPeer.connect(listener.port);
  closers.push(
    () => listener.close(),
    () => peer.close(),
  );
  peer.write(sendText({ tid: 'bind', to: localPath, id: 'binding', range: '1-0/0', type: null, body: null }));
  expect(await peer.said()).toBe('200 bind');
  await bound;
  return { sender, peer };
}

/** Answers the next SEND with a code, and gives its body. */
async function answer(peer: RawPeer, sender: MsrpSender, code: number): Promise<string> {
  const received = await peer.next();
  if (received.kind !== 'request') throw new Error(`expected a request, got ${received.kind}`);
  const tid = received.head.transactionId;
  peer.write(
    `MSRP ${tid} ${code}\r\nTo-Path: ${formatUri(sender.localUri)}\r\nFrom-Path: msrp://127.0.0.1:9999/p;tcp\r\n-------${tid}$\r\n`,
  );
  return `${received.body}${received.flag}`;
}

function reportText(sender: MsrpSender, id: string, range: string, status: string): string {
  return `MSRP rep1 REPORT\r\nTo-Path: ${formatUri(sender.localUri)}\r\nFrom-Path: msrp://127.0.0.1:9999/p;tcp\r\nMessage-ID: ${id}\r\nByte-Range: ${range}\r\nStatus: 000 ${status}\r\n-------rep1$\r\n`;
}

const text = (body: string, messageId = 'message1') => ({
  messageId,
  contentType: 'text/plain',
  total: body.length,
  source: [Buffer.from(body, 'latin1')],
});

const summary = (outcome: SendOutcome) => [
  outcome.kind,
  outcome.chunks,
  outcome.bytes,
  Object.fromEntries(outcome.responses),
];

describe('sender to receiver', () => {
  it.each([
    { name: 'small chunks', chunkSize: 3, chunks: 4 },
    { name: 'one chunk', chunkSize: Number.POSITIVE_INFINITY, chunks: 1 },
    { name: 'no pipelining', chunkSize: 3, window: 1, chunks: 4 },
  ])('delivers with $name and a success report', async ({ chunks, name: _name, ...options }) => {
    const { bench, sender } = await pair({ ...options, successReport: true });
    const outcome = await sender.send(text('hello world'));
    expect(summary(outcome)).toEqual(['delivered', chunks, 11, { 200: chunks }]);
    expect(outcome.reports).toEqual([
      { range: { start: 1, end: 11, total: 11 }, status: 200, comment: 'OK' },
    ]);
    expect(bench.sinks.map((sink) => sink.bytes.toString())).toEqual(['hello world']);
  });

  it('sends several messages, an empty one among them', async () => {
    const { bench, sender } = await pair({ successReport: true });
    for (const body of ['first', '', 'third']) {
      expect((await sender.send(text(body, `id-of-${body}x`))).kind).toBe('delivered');
    }
    expect(bench.sinks.map((sink) => [sink.bytes.toString(), sink.finished])).toEqual([
      ['first', 5],
      ['', 0],
      ['third', 5],
    ]);
  });

  it.each(['no', 'partial'] as const)(
    'does not wait for responses with Failure-Report %s',
    async (failureReport) => {
      const { bench, sender } = await pair({ chunkSize: 2, failureReport });
      expect(summary(await sender.send(text('abcdef')))).toEqual(['sent', 3, 6, {}]);
      expect(await bench.event('complete')).toMatchObject({ total: 6, chunks: 3 });
      expect(bench.receiver.answeredCount).toBe(0);
    },
  );

  it('passes MIME headers on', async () => {
    let disposition: string | null = null;
    const { sender } = await pair(
      {},
      {
        open: (message) => {
          disposition = message.contentDisposition;
          return new MemorySink();
        },
      },
    );
    await sender.send({
      ...text('x'),
      mimeHeaders: [['Content-Disposition', 'attachment; filename="a.png"']],
    });
    expect(disposition).toBe('attachment; filename="a.png"');
  });

  it('stops in mid-chunk with # when the receiver says 413', async () => {
    const { bench, sender } = await pair({ chunkSize: Number.POSITIVE_INFINITY }, { maxSize: 200_000 });
    async function* endless(): AsyncGenerator<Buffer> {
      for (;;) {
        yield Buffer.alloc(50_000);
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    const outcome = await sender.send({ ...text(''), total: 100_000_000, source: endless() });
    expect(outcome).toMatchObject({ kind: 'refused', code: 413 });
    expect(outcome.bytes).toBeLessThan(100_000_000);
    await sender.send(text('ok', 'message2'));
    expect(bench.sinks.map((sink) => sink.finished)).toEqual([2]);
  });

  it('keeps 300 random messages whole over random chunk sizes', async () => {
    const random = seeded(5547);
    const alphabet = ['\r\n-------', '\r', '\n', '-', 'abc', '$', '\xff'];
    for (let round = 0; round < 300; round += 1) {
      let body = '';
      for (let part = random(40); part > 0; part -= 1) body += alphabet[random(alphabet.length)] ?? '';
      const { bench, sender } = await pair({
        chunkSize: 1 + random(30),
        window: 1 + random(8),
        successReport: true,
      });
      expect((await sender.send(text(body))).kind).toBe('delivered');
      expect(bench.sinks[0]?.bytes.toString('latin1')).toBe(body);
      for (const close of closers.splice(0).reverse()) await close();
    }
  });
});

describe('who connects (X-26)', () => {
  it('lets the receiver dial a sender that listens, and binds by an empty SEND', async () => {
    const listener = await MsrpListener.open({ host: '127.0.0.1', port: 0 });
    const senderUri = newSessionUri('127.0.0.1', listener.port);
    const receiverUri = newSessionUri('127.0.0.1', 9997);
    const sender = new MsrpSender({ localPath: senderUri, remotePath: [receiverUri], successReport: true });
    listener.register(senderUri.sessionId ?? '', sender);
    const sink = new MemorySink();
    const receiver = new MsrpReceiver({
      localPath: receiverUri,
      remotePath: [senderUri],
      acceptTypes: () => true,
      maxSize: null,
      open: () => sink,
      on: () => {},
    });
    closers.push(
      () => listener.close(),
      () => receiver.close(),
    );
    const bound = sender.bound(5000);
    await receiver.dial();
    await bound;
    expect((await sender.send(text('dialled'))).kind).toBe('delivered');
    expect(sink.bytes.toString()).toBe('dialled');
  });

  it('rejects when nobody listens, nobody comes, or the session is closed', async () => {
    const listener = await MsrpListener.open({ host: '127.0.0.1', port: 0 });
    const uri = newSessionUri('127.0.0.1', listener.port);
    await listener.close();
    const sender = new MsrpSender({ localPath: uri, remotePath: [uri] });
    await expect(sender.connect()).rejects.toThrow(`Cannot connect to 127.0.0.1 port ${uri.port}: `);
    await expect(sender.bound(10)).rejects.toThrow('did not connect in time');
    await expect(sender.send(text('x'))).rejects.toThrow('has no connection');
    const waiting = expect(sender.bound(5000)).rejects.toThrow('closed');
    sender.close();
    await waiting;
  });

  it('binds at once when asked to', async () => {
    const { bench } = await pair();
    const uri = newSessionUri('127.0.0.1', 9998);
    const second = new MsrpSender({ localPath: uri, remotePath: [bench.localUri] });
    closers.push(() => second.close());
    await second.connect({ bind: true });
    expect(await bench.event('bound')).toMatchObject({ remoteAddress: '127.0.0.1' });
    expect(await bench.event('answered')).toMatchObject({ count: 1 });
  });
});

describe('sender against a raw peer', () => {
  it('writes exact ranges up to 2048 bytes and open ones above', async () => {
    for (const [chunkSize, ranges] of [
      [2048, ['1-2048/4100', '2049-4096/4100', '4097-4100/4100']],
      [4000, ['1-*/4100', '4001-4100/4100']],
    ] as const) {
      const { sender, peer } = await withRawPeer({ chunkSize });
      const sending = sender.send(text('x'.repeat(4100)));
      for (const range of ranges) expect((await peer.said()).split(' ')[1]).toBe(range);
      sender.abort();
      expect((await sending).kind).toBe('aborted');
    }
  });

  it('keeps to its window', async () => {
    const { sender, peer } = await withRawPeer({ chunkSize: 1, window: 2 });
    const sent: number[] = [];
    const sending = sender.send({
      ...text('abc'),
      source: (function* () {
        for (const letter of 'abc') {
          sent.push(sent.length);
          yield Buffer.from(letter);
        }
      })(),
    });
    const first = await peer.next();
    await peer.next();
    expect(sent).toHaveLength(2);
    if (first.kind !== 'request') throw new Error('expected a SEND');
    peer.write(
      `MSRP ${first.head.transactionId} 200 OK\r\nTo-Path: ${formatUri(sender.localUri)}\r\nFrom-Path: msrp://a:1/p;tcp\r\n-------${first.head.transactionId}$\r\n`,
    );
    expect(await peer.said()).toBe('SEND 3-3/3 c $');
    sender.abort();
    expect((await sending).kind).toBe('aborted');
  });

  it.each([413, 415, 481, 506, 501, 400])('stops at %i and sends no more of it', async (code) => {
    const { sender, peer } = await withRawPeer({ chunkSize: 2, window: 1 });
    const sending = sender.send(text('abcdef'));
    expect(await answer(peer, sender, 200)).toBe('ab+');
    expect(await answer(peer, sender, code)).toBe('cd+');
    expect(summary(await sending)).toEqual(['refused', 2, 4, { 200: 1, [code]: 1 }]);
  });

  it('heeds an error with Failure-Report partial', async () => {
    const { sender, peer } = await withRawPeer({ failureReport: 'partial', successReport: true });
    const sending = sender.send(text('abcdef'));
    await answer(peer, sender, 415);
    expect(await sending).toMatchObject({ kind: 'refused', code: 415 });
  });

  it('takes 408 for a timeout', async () => {
    const { sender, peer } = await withRawPeer();
    const sending = sender.send(text('ab'));
    await answer(peer, sender, 408);
    expect((await sending).kind).toBe('timeout');
  });

  it('times out when no response comes, and when no REPORT comes', async () => {
    const silent = await withRawPeer({ responseTimeoutMs: 20 });
    expect((await silent.sender.send(text('ab'))).kind).toBe('timeout');
    const mute = await withRawPeer({ reportTimeoutMs: 20, successReport: true });
    const sending = mute.sender.send(text('ab'));
    await answer(mute.peer, mute.sender, 200);
    expect((await sending).kind).toBe('unreported');
  });

  it('puts REPORTs in parts together, ignores those of others, answers none', async () => {
    const { sender, peer } = await withRawPeer({ successReport: true });
    const sending = sender.send(text('abcdef'));
    await answer(peer, sender, 200);
    peer.write(
      reportText(sender, 'somebody', '1-6/6', '200 OK') +
        reportText(sender, 'message1', '4-6/6', '200 OK') +
        reportText(sender, 'message1', '1-3/6', '200'),
    );
    const outcome = await sending;
    expect(outcome.kind).toBe('delivered');
    expect(outcome.reports).toHaveLength(2);
    peer.write(reportText(sender, 'message1', '1-6/6', '200 OK'));
    peer.write(sendText({ tid: 'alive', to: sender.localUri, type: null, body: null }));
    expect(await peer.said()).toBe('200 alive');
  });

  it('fails on a failure REPORT', async () => {
    const { sender, peer } = await withRawPeer({ successReport: true });
    const sending = sender.send(text('abcdef'));
    await answer(peer, sender, 200);
    peer.write(reportText(sender, 'message1', '1-6/6', '413 hash mismatch'));
    expect(await sending).toMatchObject({ kind: 'reportedFailure', code: 413, comment: 'hash mismatch' });
  });

  it('says # when it gives up between two chunks', async () => {
    const { sender, peer } = await withRawPeer({ chunkSize: 2, window: 1 });
    const sending = sender.send(text('abcdef'));
    await peer.next();
    sender.abort();
    expect(await peer.said()).toBe('SEND 3-2/6  #');
    expect((await sending).kind).toBe('aborted');
  });

  it('says # when its source ends early or fails', async () => {
    const { sender, peer } = await withRawPeer();
    expect(await sender.send({ ...text('ab'), total: 9 })).toMatchObject({ kind: 'sourceFailed', bytes: 2 });
    expect(await peer.said()).toBe('SEND 1-9/9 ab #');
    const source = (function* (): Generator<Buffer> {
      yield Buffer.from('a');
      throw new Error('EIO');
    })();
    expect(await sender.send({ ...text(''), total: 9, source })).toMatchObject({
      kind: 'sourceFailed',
      message: 'EIO',
    });
  });

  it('interrupts a long chunk to answer a SEND of the peer', async () => {
    const { sender, peer } = await withRawPeer({ chunkSize: Number.POSITIVE_INFINITY });
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    async function* source(): AsyncGenerator<Buffer> {
      yield Buffer.alloc(3000, 'a');
      await gate;
      yield Buffer.alloc(3000, 'b');
      yield Buffer.alloc(3000, 'c');
    }
    const sending = sender.send({ ...text(''), total: 9000, source: source() });
    const binding = sendText({ tid: 'alive', to: sender.localUri, type: null, body: null });
    peer.write(binding);
    const connection = sender.connection;
    while (connection?.interruptWanted !== true) await new Promise((resolve) => setImmediate(resolve));
    release();
    expect(await answer(peer, sender, 200)).toBe(`${'a'.repeat(3000)}${'b'.repeat(3000)}+`);
    expect(await peer.said()).toBe('200 alive');
    expect(await answer(peer, sender, 200)).toBe(`${'c'.repeat(3000)}$`);
    expect((await sending).kind).toBe('sent');
  });

  it('shares one connection fairly between two sessions', async () => {
    const listener = await MsrpListener.open({ host: '127.0.0.1', port: 0 });
    const peer = await RawPeer.connect(listener.port);
    closers.push(
      () => listener.close(),
      () => peer.close(),
    );
    const senders = [1, 2].map((number) => {
      const localPath = newSessionUri('127.0.0.1', listener.port);
      const sender = new MsrpSender({
        localPath,
        remotePath: [newSessionUri('127.0.0.1', 9999)],
        chunkSize: Number.POSITIVE_INFINITY,
        failureReport: 'no',
      });
      listener.register(localPath.sessionId ?? '', sender);
      peer.write(sendText({ tid: `bind${number}`, to: localPath, type: null, body: null }));
      return sender;
    });
    expect([await peer.said(), await peer.said()]).toEqual(['200 bind1', '200 bind2']);
    const bodies = ['a', 'b'].map((letter) => letter.repeat(40_000));
    const outcomes = await Promise.all(
      senders.map((sender, index) => {
        const bytes = Buffer.from(bodies[index] ?? '');
        const source = Array.from({ length: 10 }, (_, part) =>
          bytes.subarray(part * 4000, (part + 1) * 4000),
        );
        return sender.send({
          messageId: `message${index}`,
          contentType: 'text/plain',
          total: 40_000,
          source,
        });
      }),
    );
    expect(outcomes.map((outcome) => [outcome.kind, outcome.chunks > 1])).toEqual([
      ['sent', true],
      ['sent', true],
    ]);
    const joined = new Map<string | null, string>();
    for (let left = outcomes.reduce((sum, outcome) => sum + outcome.chunks, 0); left > 0; left -= 1) {
      const received = await peer.next();
      if (received.kind !== 'request') throw new Error('expected a SEND');
      const { messageId } = received.head;
      joined.set(messageId, `${joined.get(messageId) ?? ''}${received.body}`);
    }
    expect(Object.fromEntries(joined)).toEqual({ message0: bodies[0], message1: bodies[1] });
  });

  it('refuses content from the peer with 403', async () => {
    const { sender, peer } = await withRawPeer();
    peer.write(sendText({ tid: 'tid1', to: sender.localUri, body: 'hello' }));
    expect(await peer.said()).toBe('403 tid1');
  });

  it('tells when the connection goes', async () => {
    const { sender, peer } = await withRawPeer();
    const sending = sender.send(text('ab'));
    await peer.next();
    peer.close();
    expect(await sending).toMatchObject({ kind: 'closed', reason: { kind: 'peer' } });
    expect(await sender.send(text('cd'))).toMatchObject({ kind: 'closed', chunks: 0 });
  });

  it('sends one message at a time', async () => {
    const { sender, peer } = await withRawPeer();
    const sending = sender.send(text('ab'));
    await expect(sender.send(text('cd'))).rejects.toThrow('another message');
    await answer(peer, sender, 200);
    await sending;
  });
});
