import { afterEach, describe, expect, it } from 'vitest';
import { MsrpListener } from './listener.ts';
import { MsrpReceiver } from './receiver.ts';
import { MsrpSender } from './sender.ts';
import { CERTIFICATE, KEY } from './test-certificate.ts';
import { MemorySink } from './test-peer.ts';
import { newSessionUri } from './uri.ts';

const closers: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

describe('msrps (RFC 4975 §5.4, §14.2)', () => {
  it('carries a message, and refuses a certificate nobody vouches for', async () => {
    const listener = await MsrpListener.open({
      host: '127.0.0.1',
      port: 0,
      tls: { cert: CERTIFICATE, key: KEY },
    });
    const localPath = newSessionUri('127.0.0.1', listener.port, 'msrps');
    const sink = new MemorySink();
    const receiver = new MsrpReceiver({
      localPath,
      remotePath: [],
      acceptTypes: () => true,
      maxSize: null,
      open: () => sink,
      on: () => {},
    });
    listener.register(localPath.sessionId ?? '', receiver);
    const sender = new MsrpSender({
      localPath: newSessionUri('127.0.0.1', 9998, 'msrps'),
      remotePath: [localPath],
      successReport: true,
    });
    closers.push(
      () => listener.close(),
      () => sender.close(),
    );
    await expect(sender.connect()).rejects.toThrow('self-signed');
    await sender.connect({ tls: { ca: CERTIFICATE } });
    const outcome = await sender.send({
      contentType: 'text/plain',
      total: 6,
      source: [Buffer.from('secret')],
    });
    expect(outcome.kind).toBe('delivered');
    expect(sink.bytes.toString()).toBe('secret');
  });
});
