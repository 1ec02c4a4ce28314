/** One end of a connection. */
export type Endpoint = { readonly host: string; readonly port: number };

/** A connection, or a UDP flow, of one terminal. `transport` is UDP, TCP, TLS, WS or WSS. */
export type TraceLink = {
  readonly protocol: 'sip' | 'msrp';
  readonly transport: string;
  readonly terminal: string;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** Who opened the connection: the peer (in) or the terminal (out). */
  readonly opened: 'in' | 'out';
};

/** What can be recorded: a message, a sign of life between messages, or the count of messages that were left out. */
export const TRACE_KINDS = ['message', 'keep-alive', 'gap'] as const;
export type TraceKind = (typeof TRACE_KINDS)[number];

/** One thing on the wire as it is kept: credentials are masked, and of long content only the beginning is there. */
export type TraceRecord = {
  /** Counts up from 1 in the order of recording; of this run of the app only. */
  readonly id: number;
  /** Microseconds since the epoch: when it was sent, or received whole. */
  readonly at: number;
  readonly direction: 'in' | 'out';
  readonly kind: TraceKind;
  readonly link: TraceLink;
  /** Bytes on the wire. */
  readonly bytes: number;
  /** Content bytes between `kept` and the end-line that are not kept. */
  readonly elided: number;
  /** The bytes that are kept; of a message in MSRP its end-line too. A view: never changed, not to be kept long. */
  readonly kept: Buffer;
};
