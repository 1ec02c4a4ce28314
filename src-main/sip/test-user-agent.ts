import type { Credentials } from './credentials.ts';
import { StreamSocket } from './socket.ts';
import { type IncomingRequest, SipUserAgent } from './user-agent.ts';

/** A user agent of bob's, connected to a core on this port, that gives new requests to `request`. */
export function connectBob(
  port: number,
  options: {
    readonly credentials?: Credentials;
    readonly request?: (request: IncomingRequest) => void;
    readonly disconnected?: () => void;
    readonly connected?: () => void;
  } = {},
): Promise<SipUserAgent> {
  return new Promise((resolve) => {
    const ua = new SipUserAgent({
      socket: new StreamSocket({ host: '127.0.0.1', port, tls: null }),
      aor: 'sip:bob@push.test',
      ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
      handlers: {
        connected: () => {
          options.connected?.();
          resolve(ua);
        },
        disconnected: () => options.disconnected?.(),
        ownsUri: () => false,
        request: (request) => options.request?.(request),
        cancelled: () => {},
        fault: (error) => {
          throw error;
        },
      },
    });
    ua.start();
  });
}
