import type { TraceKind, TraceLink, TraceRecord } from './records.ts';

/** What a list or a ladder shows of a record. */
export type TraceSummary = {
  readonly id: number;
  /** Microseconds since the epoch. */
  readonly at: number;
  readonly direction: 'in' | 'out';
  readonly kind: TraceKind;
  readonly protocol: TraceLink['protocol'];
  readonly transport: string;
  readonly terminal: string;
  /** `host:port`. */
  readonly local: string;
  readonly remote: string;
  /** Bytes on the wire. */
  readonly bytes: number;
  /** Start of the message in a few words: `INVITE sip:bob@push.test`, `200 OK (SDP)`, `SEND 1-2048/4385`. */
  readonly title: string;
  /** What else is worth knowing at a glance; empty where there is nothing. */
  readonly note: string;
  /** Method of a request; of a SIP response that of its CSeq. */
  readonly method: string | null;
  readonly code: number | null;
  /** Call-ID of SIP; in MSRP that of the call whose SDP names the session, where it was seen. */
  readonly callId: string | null;
  /** Message-ID of MSRP. */
  readonly messageId: string | null;
  /** A failure: a code from 400 on but for challenges, in MSRP any but 200, or a message given up. */
  readonly error: boolean;
};

/** What a message says of itself. */
export type Reading = Pick<TraceSummary, 'title' | 'note' | 'method' | 'code' | 'messageId' | 'error'> & {
  /** Call-ID of SIP. */
  readonly callId: string | null;
  /** Session ids of MSRP that it names: in its paths, or in the paths of its SDP. */
  readonly sessions: readonly string[];
  /** What tells a repetition from another message; null where there is no such thing. */
  readonly sameness: string | null;
};

/** `host:port`, IPv6 in brackets. */
export function hostPort({ host, port }: TraceLink['local']): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The parts of a summary that need no reading. */
export function frameOf({ id, at, direction, kind, link, bytes }: TraceRecord) {
  return {
    id,
    at,
    direction,
    kind,
    protocol: link.protocol,
    transport: link.transport,
    terminal: link.terminal,
    local: hostPort(link.local),
    remote: hostPort(link.remote),
    bytes,
  };
}
