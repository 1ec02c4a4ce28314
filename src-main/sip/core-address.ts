import { type SipSocket, StreamSocket, type TlsSettings } from './socket.ts';
import { UdpSocket } from './udp-socket.ts';
import { parseSipUri, uriParameter } from './uri.ts';

/** Where and how to reach a core. IPv6 hosts without brackets. */
export type CoreAddress = {
  readonly host: string;
  readonly port: number;
  readonly transport: 'tcp' | 'tls' | 'udp';
};

const DEFAULT_PORTS = { tcp: 5060, tls: 5061, udp: 5060 } as const;

/**
 * Reads a core's URI, e.g. `sip:ims.example.com:5061;transport=tls`. TCP when it names no transport, TLS for `sips:`.
 * @throws Error with a sentence for the user when it is no SIP URI or names a transport that is not there.
 */
export function parseCoreAddress(core: string): CoreAddress {
  const uri = parseSipUri(core);
  if (uri === null) throw new Error(`The core ${core} is not a SIP URI.`);
  const named = uriParameter(uri, 'transport')?.toLowerCase();
  const transport = uri.scheme === 'sips' ? 'tls' : (named ?? 'tcp');
  if (transport !== 'tcp' && transport !== 'tls' && transport !== 'udp') {
    throw new Error(`Transport ${transport} is not supported yet; use tcp, tls or udp.`);
  }
  return { host: uri.host.replace(/^\[|\]$/g, ''), port: uri.port ?? DEFAULT_PORTS[transport], transport };
}

/** The socket for a core's address; `tls` is used where the transport is TLS. */
export function socketTo({ host, port, transport }: CoreAddress, tls: TlsSettings): SipSocket {
  if (transport === 'udp') return new UdpSocket({ host, port });
  return new StreamSocket({ host, port, tls: transport === 'tls' ? tls : null });
}
