import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { MAX_UNBOUND_CONNECTIONS, MsrpListener } from './listener.ts';
import { MsrpReceiver } from './receiver.ts';
import { MAX_REFUSALS_UNBOUND } from './router.ts';
import { type Bench, MemorySink, openBench, RawPeer, seeded, sendText } from './test-peer.ts';
import { newSessionUri } from './uri.ts';

let bench: Bench;
const peers: RawPeer[] = [];

afterEach(async () => {
  for (const peer of peers.splice(0)) peer.close();
  await bench.close();
});

async function join(): Promise<RawPeer> {
  const peer = await RawPeer.connect(bench.listener.port);
  peers.push(peer);
  return peer;
}

const bindingSend = (tid: string, to: Parameters<typeof sendText>[0]['to'] = bench.localUri) =>
  sendText({ tid, to, id: `bind-${tid}`, range: '1-0/0', type: null, body: null });

describe('binding (RFC 4975 §5.4, §7.3)', () => {
  it('481 for a session that is not known, or known under another URI', async () => {
    bench = await openBench();
    const peer = await join();
    const { sessionId } = bench.localUri;
    for (const to of [
      'msrp://127.0.0.1:1/none;tcp',
      'msrp://127.0.0.1:1;tcp',
      `msrp://127.0.0.1:1/${sessionId};tcp`,
      `msrp://127.0.0.1:${bench.listener.port}/${sessionId};tcp msrp://a:1/x;tcp`,
    ]) {
      peer.write(bindingSend('tid1', to));
      expect(await peer.said()).toBe('481 tid1');
    }
    peer.write(bindingSend('tid2'));
    expect(await peer.said()).toBe('200 tid2');
  });

  it('506 for a second connection, and leaves the first alone', async () => {
    bench = await openBench();
    const first = await join();
    first.write(bindingSend('tid1'));
    expect(await first.said()).toBe('200 tid1');
    const second = await join();
    second.write(sendText({ tid: 'tid2', to: bench.localUri, body: 'evil' }));
    expect(await second.said()).toBe('506 tid2');
    first.write(sendText({ tid: 'tid3', to: bench.localUri, body: 'good' }));
    expect(await first.said()).toBe('200 tid3');
    expect(bench.sinks.map((sink) => sink.bytes.toString())).toEqual(['good']);
  });

  it('carries several sessions on one connection, and 481 for one bound elsewhere', async () => {
    bench = await openBench();
    const uri = newSessionUri('127.0.0.1', bench.listener.port);
    const sink = new MemorySink();
    const second = new MsrpReceiver({
      localPath: uri,
      remotePath: [],
      acceptTypes: () => true,
      maxSize: null,
      open: () => sink,
      on: () => {},
    });
    bench.listener.register(uri.sessionId ?? '', second);
    expect(() => bench.listener.register(uri.sessionId ?? '', second)).toThrow('in use');
    const peer = await join();
    peer.write(
      sendText({ tid: 'tid1', to: bench.localUri, body: 'one' }) +
        sendText({ tid: 'tid2', to: uri, body: 'two' }),
    );
    expect([await peer.said(), await peer.said()]).toEqual(['200 tid1', '200 tid2']);
    expect([bench.sinks[0]?.bytes.toString(), sink.bytes.toString()]).toEqual(['one', 'two']);

    second.close();
    bench.listener.unregister(uri.sessionId ?? '');
    peer.write(sendText({ tid: 'tid3', to: uri, body: 'three' }));
    expect(await peer.said()).toBe('481 tid3');

    const third = newSessionUri('127.0.0.1', bench.listener.port);
    const other = new MsrpReceiver({
      localPath: third,
      remotePath: [],
      acceptTypes: () => true,
      maxSize: null,
      open: () => new MemorySink(),
      on: () => {},
    });
    bench.listener.register(third.sessionId ?? '', other);
    const stranger = await join();
    stranger.write(bindingSend('tid4', third));
    expect(await stranger.said()).toBe('200 tid4');
    peer.write(bindingSend('tid5', third));
    expect(await peer.said()).toBe('481 tid5');
  });

  it('501 for an unknown method, 400 for a defect, both after the session check', async () => {
    bench = await openBench();
    const peer = await join();
    peer.write(bindingSend('tid1').replace('SEND', 'NICKNAME'));
    expect(await peer.said()).toBe('501 tid1');
    peer.write(sendText({ tid: 'tid2', to: bench.localUri, range: 'x', body: 'abc' }));
    expect(await peer.said()).toBe('400 tid2');
    expect(bench.events).toEqual([]);
    peer.write(bindingSend('tid3'));
    expect(await peer.said()).toBe('200 tid3');
    peer.write(sendText({ tid: 'tid4', to: 'nonsense', body: 'abc' }));
    expect(await peer.said()).toBe('400 tid4');
    peer.write(
      sendText({ tid: 'tid5', to: bench.localUri, from: 'nonsense', body: 'abc' }) + bindingSend('tid6'),
    );
    expect(await peer.said()).toBe('200 tid6');
    peer.write(
      sendText({ tid: 'tid7', to: bench.localUri, range: 'x', body: 'a', failure: 'no' }) +
        bindingSend('tid8'),
    );
    expect(await peer.said()).toBe('200 tid8');
  });

  it('closes on bytes that are no MSRP', async () => {
    bench = await openBench();
    const peer = await join();
    peer.write(bindingSend('tid1'));
    await peer.said();
    peer.write('GET / HTTP/1.1\r\n\r\n');
    expect(await peer.said()).toBe('closed');
    expect(await bench.event('closed')).toEqual({
      kind: 'closed',
      reason: { kind: 'protocol', message: 'not an MSRP start line' },
    });
  });

  it('ends the connection with its last session', async () => {
    bench = await openBench();
    const peer = await join();
    peer.write(bindingSend('tid1'));
    await peer.said();
    bench.receiver.close();
    bench.listener.unregister(bench.localUri.sessionId ?? '');
    const closed = peer.said();
    expect(await closed).toBe('closed');
  });
});

describe('limits', () => {
  it('closes a connection that names no session in time', async () => {
    bench = await openBench({}, { bindTimeoutMs: 30 });
    const peer = await join();
    expect(await peer.said()).toBe('closed');
  });

  it('closes a connection whose head does not end in time, however often a byte comes', async () => {
    bench = await openBench({}, { headTimeoutMs: 60 });
    const peer = await join();
    peer.write(`${bindingSend('tid1')}MSRP `);
    expect(await peer.said()).toBe('200 tid1');
    const trickle = setInterval(() => peer.write('x'), 5);
    expect(await peer.said()).toBe('closed');
    clearInterval(trickle);
    expect(await bench.event('closed')).toMatchObject({ reason: { kind: 'timeout', waitedFor: 'head' } });
  });

  it('closes a connection that is silent too long', async () => {
    bench = await openBench({}, { idleTimeoutMs: 40 });
    const peer = await join();
    peer.write(bindingSend('tid1'));
    await peer.said();
    expect(await bench.event('closed')).toMatchObject({ reason: { kind: 'timeout', waitedFor: 'activity' } });
  });

  it('closes after too many requests for nobody', async () => {
    bench = await openBench();
    const peer = await join();
    peer.write(bindingSend('tid1', 'msrp://127.0.0.1:1/none;tcp').repeat(MAX_REFUSALS_UNBOUND + 5));
    for (let index = 0; index < MAX_REFUSALS_UNBOUND; index += 1) expect(await peer.said()).toBe('481 tid1');
    expect(await peer.said()).toBe('closed');
  });

  it('pushes out the oldest connection without a session, never a bound one', async () => {
    bench = await openBench();
    const bound = await join();
    bound.write(bindingSend('tid1'));
    await bound.said();
    const idle: RawPeer[] = [];
    for (let index = 0; index <= MAX_UNBOUND_CONNECTIONS; index += 1) idle.push(await join());
    expect(await idle[0]?.said()).toBe('closed');
    bound.write(bindingSend('tid2'));
    expect(await bound.said()).toBe('200 tid2');
  });

  it('reads no more from a peer that does not read its answers, and goes on when it does', async () => {
    const count = 100_000;
    bench = await openBench();
    const peer = await join();
    peer.socket.pause();
    const keepAlive = sendText({ tid: 'tid1', to: bench.localUri, type: null, body: null });
    peer.write(keepAlive.repeat(count));
    let [before, still] = [-1, 0];
    while (still < 100) {
      const { answeredCount } = bench.receiver;
      still = answeredCount === before && answeredCount > 0 ? still + 1 : 0;
      before = answeredCount;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(bench.receiver.answeredCount).toBeLessThan(count);
    peer.socket.resume();
    for (let index = 0; index < count; index += 1) await peer.next();
    expect(bench.receiver.answeredCount).toBe(count);
  });

  it('outlives 500 connections of damaged bytes', async () => {
    const random = seeded(2855);
    bench = await openBench();
    const sample = Buffer.from(
      sendText({ tid: 'tid1', to: bench.localUri, body: 'hello', range: '1-5/5', success: 'yes' }).repeat(3),
    );
    for (let round = 0; round < 500; round += 1) {
      const bytes = Buffer.from(sample);
      for (let hits = 1 + random(6); hits > 0; hits -= 1) bytes[random(bytes.length)] = random(256);
      const peer = await RawPeer.connect(bench.listener.port);
      const ended = new Promise((resolve) => peer.socket.once('close', resolve));
      peer.socket.resume();
      peer.socket.end(bytes);
      await ended;
    }
    expect(bench.listener.connectionCount).toBeLessThanOrEqual(1);
    const uri = newSessionUri('127.0.0.1', bench.listener.port);
    const peer = await join();
    peer.write(bindingSend('tid1', uri));
    expect(await peer.said()).toBe('481 tid1');
  });

  it('refuses a port in use, and lets a closed one go', async () => {
    bench = await openBench();
    const { port } = bench.listener;
    await expect(MsrpListener.open({ host: '127.0.0.1', port })).rejects.toThrow('EADDRINUSE');
    const peer = await join();
    const closed = peer.said();
    peer.socket.on('end', () => peer.socket.end());
    await bench.listener.close();
    expect(await closed).toBe('closed');
    const refused = connect({ host: '127.0.0.1', port });
    await new Promise((resolve) => refused.once('error', resolve));
  });
});
