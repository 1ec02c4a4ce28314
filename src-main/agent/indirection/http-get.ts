import {
  type ClientRequest,
  type IncomingMessage,
  type RequestOptions,
  request as requestHttp,
} from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import { addAbortSignal } from 'node:stream';
import { explainTlsError, explainTransportError } from './network-error.ts';
import { bareHost } from './resolve-host.ts';

/** Largest block of response headers. */
const MAX_HEADER_BYTES = 16 * 1024;
/** How long one address is tried before the next one is; Node's 250 ms are short for mobile links. */
const NEXT_ADDRESS_AFTER_MS = 2000;

export type GetOptions = {
  /** The only addresses that are connected to, whatever the name says by now. */
  readonly addresses: readonly string[];
  /** PEM of the authorities that are trusted instead of the system's, or null. */
  readonly ca: string | null;
  readonly accept: string;
  readonly signal: AbortSignal;
  /** The connection stands, for https with its certificate checked. */
  readonly onConnected: () => void;
};

/** http.request passes it on to net.connect, but its type does not know it. */
type TcpOptions = { readonly autoSelectFamilyAttemptTimeout: number };

/**
 * One GET on a connection of its own, without cookies, credentials or proxies, redirects and challenges left to the
 * caller. Certificate and name are checked always (RFC 4483 §7; X-54). Rejects with a FetchError; the body of the
 * answer ends with an error when the signal fires.
 */
export function httpGet(url: URL, options: GetOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    let handshaking = false;
    const request = open(url, options);
    request.once('socket', (socket: Socket) => {
      socket.once('connect', () => {
        handshaking = url.protocol === 'https:';
        if (!handshaking) options.onConnected();
      });
      socket.once('secureConnect', () => {
        handshaking = false;
        options.onConnected();
      });
    });
    const fail = (error: unknown) =>
      reject(handshaking ? explainTlsError(error) : explainTransportError(error));
    // Errors also come after the answer began; they reach its reader through the answer itself.
    request.on('error', fail);
    // A server that switches protocols ends the request without error and without answer.
    request.once('close', () => fail(null));
    request.once('response', (response) => {
      response.on('error', () => {});
      addAbortSignal(options.signal, response);
      resolve(response);
    });
    request.end();
  });
}

function open(url: URL, { addresses, ca, accept, signal }: GetOptions): ClientRequest {
  const host = bareHost(url);
  const common: RequestOptions & TcpOptions = {
    autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_AFTER_MS,
    agent: false,
    host,
    port: url.port,
    path: `${url.pathname}${url.search}`,
    lookup: pinned(addresses),
    maxHeaderSize: MAX_HEADER_BYTES,
    insecureHTTPParser: false,
    signal,
    headers: { accept, 'accept-encoding': 'identity', 'user-agent': 'push-terminal' },
  };
  if (url.protocol === 'http:') return requestHttp(common);
  const servername = isIP(host) === 0 ? host : '';
  return requestHttps({
    ...common,
    servername,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    ...(ca === null ? {} : { ca }),
  });
}

function pinned(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_host, { all: wantsAll }, callback) => {
    const [first] = all;
    if (wantsAll === true) callback(null, all);
    else if (first === undefined) callback(new Error('no address'), '');
    else callback(null, first.address, first.family);
  };
}
