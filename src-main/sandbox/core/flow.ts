/** As written in Via (RFC 3261 §20.42, RFC 7118 §5.1). */
export type FlowTransport = 'TCP' | 'UDP' | 'TLS' | 'WS' | 'WSS';

/** What became of a message: on its way, no one to send it to, or too long for the transport. */
export type SendResult = 'sent' | 'closed' | 'too-long';

/** One connection to a peer, of whatever transport. A binding and a dialog route name it by `id`. */
export interface Flow {
  /** 16 hexadecimal digits. */
  readonly id: string;
  readonly transport: FlowTransport;
  /** The core's own end as this peer knows it, `host:port`: for Via and Record-Route (RFC 3261 §18.1.1). */
  readonly sentBy: string;
  readonly remoteHost: string;
  readonly remotePort: number;
  readonly isOpen: boolean;
  /** Sends one whole message once. `closed` also when the peer reads nothing. */
  send(bytes: Buffer): SendResult;
  /**
   * The flow for answers to a request from here whose Via names this port and no `rport` (RFC 3261 §18.2.2):
   * the connection itself, but over UDP that port of the same host.
   */
  answeringTo(port: number): Flow;
}

/** What a flow tells its owner. */
export type FlowEvents = {
  readonly onMessage: (flow: Flow, bytes: Buffer) => void;
  readonly onClosed: (flow: Flow) => void;
};

/** A peer that reads nothing may hold this much of our output before its flow is closed, in bytes. */
export const MAX_UNSENT_BYTES = 32 * 1024 * 1024;
/** Largest body a peer may send, in bytes. */
export const MAX_BODY_BYTES = 16 * 1024 * 1024;
/** Answer to a keep-alive (RFC 5626 §4.4.1). */
export const PONG = Buffer.from('\r\n');

/** True when a message may have come from the peer of a flow: over UDP answers may leave by another port of its. */
export function isSamePeer(flow: Flow, arrivedOn: Flow): boolean {
  if (flow === arrivedOn) return true;
  const isDatagram = flow.transport === 'UDP' && arrivedOn.transport === 'UDP';
  return isDatagram && flow.remoteHost === arrivedOn.remoteHost;
}

/** False where messages can be lost, so that transactions repeat them (RFC 3261 §17). */
export function isReliable({ transport }: Pick<Flow, 'transport'>): boolean {
  return transport !== 'UDP';
}

/** The value of `transport` in URIs: `ws` names WebSocket with and without TLS (RFC 7118 §5.2). */
export function uriTransport({ transport }: Pick<Flow, 'transport'>): string {
  return transport === 'WSS' ? 'ws' : transport.toLowerCase();
}

/** The core as a Contact to the peer of this flow. */
export function coreUriAt(flow: Pick<Flow, 'transport' | 'sentBy'>): string {
  return `sip:${flow.sentBy};transport=${uriTransport(flow)}`;
}

/** True where nobody on the way can read along. */
export function isSecure({ transport }: Pick<Flow, 'transport'>): boolean {
  return transport === 'TLS' || transport === 'WSS';
}
