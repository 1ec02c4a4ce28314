import type { SocketAddress } from './socket.ts';

/** Sees all that one SIP flow carries, for the trace. It must neither throw nor take long. */
export type SipWire = {
  /** A whole message as sent or received, latin1; a repetition is told again. */
  readonly message: (direction: 'in' | 'out', text: string) => void;
  /** A sign of life: empty lines, STUN, or a WebSocket ping or pong, by its bytes or their name. */
  readonly keepAlive: (direction: 'in' | 'out', what: Buffer | string) => void;
};

/** Asked once for each flow, when it is up. `transport` is UDP, TCP, TLS, WS or WSS. */
export type SipTap = (flow: {
  readonly transport: string;
  readonly local: SocketAddress | null;
  readonly remote: SocketAddress | null;
}) => SipWire;
