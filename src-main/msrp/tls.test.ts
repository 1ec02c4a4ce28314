import { once } from 'node:events';
import { connect } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import type { MsrpTls } from './connection.ts';
import type { Fingerprint } from './fingerprint.ts';
import { newIdentity } from './identity.ts';
import { MsrpListener } from './listener.ts';
import { MsrpReceiver, type MsrpReceiverEvent } from './receiver.ts';
import { MsrpSender } from './sender.ts';
import { CERTIFICATE, KEY } from './test-certificate.ts';
import { MemorySink, RawPeer, sendText } from './test-peer.ts';
import { newSessionUri } from './uri.ts';

const server = { cert: CERTIFICATE, key: KEY };
const client = newIdentity('127.0.0.1');
const other = newIdentity('127.0.0.1');
const closers: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function named(identity: { readonly fingerprint: string }): readonly Fingerprint[] {
  const [algorithm = '', value = ''] = identity.fingerprint.split(' ');
  return [{ algorithm, value }];
}

/** A receiver behind a TLS listener, and a sender for it. Each side may know the other's fingerprint. */
async function pair(options: {
  readonly ofSender?: readonly Fingerprint[];
  readonly ofReceiver?: readonly Fingerprint[];
  readonly tls?: MsrpTls;
}) {
  const listener = await MsrpListener.open({ host: '127.0.0.1', port: 0, tls: options.tls ?? server });
  const localPath = newSessionUri('127.0.0.1', listener.port, 'msrps');
  const sink = new MemorySink();
  const events: MsrpReceiverEvent[] = [];
  const receiver = new MsrpReceiver({
    localPath,
    remotePath: [],
    peerFingerprints: options.ofSender ?? [],
    acceptTypes: () => true,
    maxSize: null,
    open: () => sink,
    on: (event) => events.push(event),
  });
  listener.register(localPath.sessionId ?? '', receiver);
  const sender = new MsrpSender({
    localPath: newSessionUri('127.0.0.1', 9998, 'msrps'),
    remotePath: [localPath],
    peerFingerprints: options.ofReceiver ?? [],
    successReport: true,
  });
  closers.push(
    () => listener.close(),
    () => sender.close(),
  );
  const send = () => sender.send({ contentType: 'text/plain', total: 6, source: [Buffer.from('secret')] });
  return { sender, send, sink, events, receiverUri: localPath };
}

describe('msrps (RFC 4975 §5.4, §14.2)', () => {
  it('carries a message, and refuses a certificate nobody vouches for', async () => {
    const { sender, send, sink } = await pair({});
    await expect(sender.connect()).rejects.toThrow('self-signed');
    await sender.connect({ tls: { ca: CERTIFICATE } });
    expect((await send()).kind).toBe('delivered');
    expect(sink.bytes.toString()).toBe('secret');
  });

  it('reports over a connection whose other half the sender has closed', async () => {
    const { receiverUri, sink } = await pair({});
    sink.finish = async () => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      return { kind: 'ok' };
    };
    // The types of node:tls do not know allowHalfOpen.
    const to = { host: '127.0.0.1', port: receiverUri.port ?? 0, ca: CERTIFICATE, allowHalfOpen: true };
    const socket = connect(to);
    await once(socket, 'secureConnect');
    const peer = new RawPeer(socket);
    socket.end(sendText({ tid: 'tid1', to: receiverUri, body: 'secret', success: 'yes', range: '1-6/6' }));
    expect(await peer.said()).toBe('200 tid1');
    expect(await peer.said()).toBe('REPORT message1 1-6/6 200');
    expect(await peer.said()).toBe('closed');
  });

  it('refuses a certificate with another name', async () => {
    const elsewhere = newIdentity('elsewhere.test');
    const { sender } = await pair({ tls: elsewhere });
    await expect(sender.connect({ tls: { ca: elsewhere.cert } })).rejects.toThrow(/not in the cert's list/);
  });
});

describe('fingerprints of the SDP (RFC 4975 §14.4)', () => {
  it('vouch for self-signed certificates, both ways', async () => {
    const { sender, send, sink } = await pair({
      tls: other,
      ofReceiver: named(other),
      ofSender: named(client),
    });
    await sender.connect({ tls: client });
    expect((await send()).kind).toBe('delivered');
    expect(sink.bytes.toString()).toBe('secret');
  });

  it('let no other server in, though an authority vouches for it', async () => {
    const { sender } = await pair({ ofReceiver: named(other) });
    await expect(sender.connect({ tls: { ca: CERTIFICATE } })).rejects.toThrow(
      'does not match the fingerprint',
    );
  });

  it('let no other client in: the connection ends, and the session with it', async () => {
    const { sender, send, sink, events } = await pair({
      tls: other,
      ofReceiver: named(other),
      ofSender: named(client),
    });
    await sender.connect({ tls: server });
    expect((await send()).kind).toBe('closed');
    await expect.poll(() => events).toEqual([{ kind: 'closed', reason: { kind: 'stranger' } }]);
    expect(sink.bytes).toHaveLength(0);
  });

  it('do not ask a certificate of a client that has none (RFC 6135 §4.3)', async () => {
    const { sender, send } = await pair({ tls: other, ofReceiver: named(other), ofSender: named(client) });
    await sender.connect();
    expect((await send()).kind).toBe('delivered');
  });
});
