import { afterEach, describe, expect, it } from 'vitest';
import { MsrpListener } from './listener.ts';
import { MsrpReceiver } from './receiver.ts';
import { MsrpSender } from './sender.ts';
import { MemorySink } from './test-peer.ts';
import { newSessionUri } from './uri.ts';

/** A self-signed certificate for 127.0.0.1, made for this test alone, good for a hundred years. */
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUUrY2NyXr7I7WBc08DA3ynl6E2nkwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbXNycC50ZXN0MCAXDTI2MTEyMTA0MzkyM1oYDzIxMjYxMDI4
MDQzOTIzWjAUMRIwEAYDVQQDDAltc3JwLnRlc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAR9dnDhl6Avn2hrAvrZ9LPS+S3cU9sP4kgxcFANeIeKKsGGNiGsZ+2i
ltBO5sBhjSkQRj8LnAyDoi1KguMPjQpNo28wbTAdBgNVHQ4EFgQU6QkWqGFEcQkI
5QnGjEg/4gnJJoIwHwYDVR0jBBgwFoAU6QkWqGFEcQkI5QnGjEg/4gnJJoIwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARhwR/AAABgglsb2NhbGhvc3QwCgYIKoZI
zj0EAwIDSAAwRQIhAONuXMU7pdS1I7S7q8P3wP+QIQ4gTgtm2RJYfMVjGBneAiAX
4s8ON9Q/FSeE8sYKUSMPkyqBIKPnTUz16foDHK+KOw==
-----END CERTIFICATE-----
`;
const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg9/rWaXXbjljLhsvj
q0lvC/6nefUiY28Vz+4GP/ypYsWhRANCAAR9dnDhl6Avn2hrAvrZ9LPS+S3cU9sP
4kgxcFANeIeKKsGGNiGsZ+2iltBO5sBhjSkQRj8LnAyDoi1KguMPjQpN
-----END PRIVATE KEY-----
`;

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
