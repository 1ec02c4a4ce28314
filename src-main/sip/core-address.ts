import { isIP } from 'node:net';
import { parseSipUri, uriParameter } from './uri.ts';

export type Transport = 'udp' | 'tcp' | 'tls' | 'ws' | 'wss';

/** Where and how a core is reached, as the profile says it; what it leaves open is found by RFC 3263. */
export type CoreAddress = {
  /** The entry of the profile. */
  readonly text: string;
  /** Host name or IP address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number | null;
  /** Null only for a host name without port: then DNS chooses. */
  readonly transport: Transport | null;
  /** Path of a WebSocket, else `/`. */
  readonly path: string;
};

export const DEFAULT_PORTS: Readonly<Record<Transport, number>> = {
  udp: 5060,
  tcp: 5060,
  tls: 5061,
  ws: 80,
  wss: 443,
};
/** What `transport=ws` becomes in a sips: URI, and the others. */
const SECURE: Readonly<Record<string, Transport>> = { tcp: 'tls', tls: 'tls', ws: 'wss', wss: 'wss' };

/**
 * Reads a core's URI, e.g. `sip:ims.example.com:5061;transport=tls`, `sips:ims.example.com` or
 * `wss://ims.example.com/sip`. TCP where it names a port or an IP address but no transport: pushes are often too
 * large for UDP.
 * @throws Error with a sentence for the user when it is neither, or names a transport that is not there.
 */
export function parseCoreAddress(core: string): CoreAddress {
  if (/^wss?:/i.test(core)) return parseWebSocketUrl(core);
  const uri = parseSipUri(core);
  if (uri === null) throw new Error(`The core ${core} is not a SIP URI.`);
  const host = uri.host.replace(/^\[|\]$/g, '');
  const named = uriParameter(uri, 'transport')?.toLowerCase();
  const { port } = uri;
  if (port === 0) throw new Error(`The core ${core} has no usable port.`);
  const found = { text: core, host, port, path: '/' };
  if (named === undefined && uri.scheme === 'sip') {
    return { ...found, transport: port === null && isIP(host) === 0 ? null : 'tcp' };
  }
  const transport = uri.scheme === 'sips' ? SECURE[named ?? 'tcp'] : named;
  if (transport === undefined || !isTransport(transport)) {
    throw new Error(`Transport ${named ?? ''} is not known; use tcp, tls, udp, ws or wss.`);
  }
  return { ...found, transport };
}

/** `host:port`, with brackets around IPv6. */
export function formatHostPort(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function parseWebSocketUrl(core: string): CoreAddress {
  const url = URL.canParse(core) ? new URL(core) : null;
  if (url === null || url.hostname === '' || url.username !== '') {
    throw new Error(`The core ${core} is not the URL of a WebSocket.`);
  }
  return {
    text: core,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? null : Number(url.port),
    transport: url.protocol === 'wss:' ? 'wss' : 'ws',
    path: `${url.pathname}${url.search}`,
  };
}

function isTransport(text: string): text is Transport {
  return text in DEFAULT_PORTS;
}
