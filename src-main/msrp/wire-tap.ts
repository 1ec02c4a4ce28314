import type { ContinuationFlag } from './message.ts';

/**
 * Sees all that one MSRP connection carries, for the trace. Buffers are views, good during the
 * call alone: keep copies. It must neither throw nor take long.
 */
export type MsrpWire = {
  /** A whole message, with its end-line, that was written at once or has no body. */
  readonly message: (direction: 'in' | 'out', bytes: Buffer) => void;
  /** The head of a request whose body follows, with the empty line. */
  readonly head: (direction: 'in' | 'out', bytes: Buffer) => void;
  /** Some bytes of that body, in order. */
  readonly body: (direction: 'in' | 'out', slice: Buffer) => void;
  /** The end of that body: its end-line has this flag. */
  readonly end: (direction: 'in' | 'out', flag: ContinuationFlag) => void;
  /** An empty line between messages. */
  readonly keepAlive: (direction: 'in' | 'out') => void;
  /** The connection is gone. */
  readonly closed: () => void;
};

type End = { readonly host: string; readonly port: number };

/** Asked once for each connection. `transport` is TCP or TLS; `opened` says who connected: the peer (in) or we. */
export type MsrpTap = (connection: {
  readonly transport: string;
  readonly local: End;
  readonly remote: End;
  readonly opened: 'in' | 'out';
}) => MsrpWire;
