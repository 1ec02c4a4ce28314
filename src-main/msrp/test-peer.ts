import { connect, type Socket } from 'node:net';
import type { FinishResult, MessageSink } from './incoming.ts';
import { type ListenerOptions, MsrpListener } from './listener.ts';
import type { ContinuationFlag, RequestHead, ResponseHead } from './message.ts';
import { MsrpParser } from './parser.ts';
import { MsrpReceiver, type MsrpReceiverEvent, type MsrpReceiverOptions } from './receiver.ts';
import { formatUri, type MsrpUri, newSessionUri } from './uri.ts';

/** Test support: a peer that writes whatever bytes a test wants and keeps what comes back. */

export type Received =
  | { readonly kind: 'request'; readonly head: RequestHead; readonly body: string; readonly flag: string }
  | { readonly kind: 'response'; readonly response: ResponseHead }
  | { readonly kind: 'closed' };

export class RawPeer {
  readonly socket: Socket;
  readonly #queue: Received[] = [];
  readonly #waiters: ((received: Received) => void)[] = [];

  constructor(socket: Socket) {
    this.socket = socket;
    let head: RequestHead | null = null;
    let body = '';
    const parser = new MsrpParser({
      onRequestStart: (started) => {
        head = started;
        body = '';
      },
      onBody: (slice) => {
        body += slice.toString('latin1');
      },
      onRequestEnd: (flag: ContinuationFlag) => {
        if (head !== null) this.#push({ kind: 'request', head, body, flag });
      },
      onResponse: (response) => this.#push({ kind: 'response', response }),
      onError: (error) => socket.destroy(error),
    });
    socket.on('data', (bytes: Buffer) => parser.push(bytes));
    socket.on('error', () => {});
    let closed = false;
    const close = () => {
      if (!closed) this.#push({ kind: 'closed' });
      closed = true;
    };
    socket.on('end', close);
    socket.on('close', close);
  }

  static connect(port: number): Promise<RawPeer> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
      socket.once('error', reject);
      socket.once('connect', () => resolve(new RawPeer(socket)));
    });
  }

  write(text: string): void {
    this.socket.write(Buffer.from(text, 'latin1'));
  }

  /** What comes next, the end of the other side included. */
  next(): Promise<Received> {
    const queued = this.#queue.shift();
    if (queued !== undefined) return Promise.resolve(queued);
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** The next thing in short: `200 tid1`, `REPORT id 1-8/8 200`, `SEND … flag`, `closed`. */
  async said(): Promise<string> {
    const received = await this.next();
    if (received.kind === 'closed') return 'closed';
    if (received.kind === 'response') return `${received.response.code} ${received.response.transactionId}`;
    const { head } = received;
    const range = head.byteRange;
    const rangeText = range === null ? '-' : `${range.start}-${range.end ?? '*'}/${range.total ?? '*'}`;
    if (head.method === 'REPORT') return `REPORT ${head.messageId} ${rangeText} ${head.status?.code}`;
    return `${head.method} ${rangeText} ${received.body} ${received.flag}`;
  }

  close(): void {
    this.socket.destroy();
  }

  #push(received: Received): void {
    const waiter = this.#waiters.shift();
    if (waiter === undefined) this.#queue.push(received);
    else waiter(received);
  }
}

export type SendFields = {
  readonly tid: string;
  readonly to: MsrpUri | string;
  readonly from?: string;
  readonly id?: string;
  readonly range?: string;
  readonly success?: string;
  readonly failure?: string;
  readonly type?: string | null;
  readonly body?: string | null;
  readonly flag?: string;
};

export const PEER_URI = 'msrp://127.0.0.1:9999/peer-session;tcp';

/** A SEND as latin1 text; `body: null` or `type: null` makes it bodiless. */
export function sendText(fields: SendFields): string {
  const to = typeof fields.to === 'string' ? fields.to : formatUri(fields.to);
  const type = fields.type === undefined ? 'text/plain' : fields.type;
  const lines = [
    `MSRP ${fields.tid} SEND`,
    `To-Path: ${to}`,
    `From-Path: ${fields.from ?? PEER_URI}`,
    `Message-ID: ${fields.id ?? 'message1'}`,
  ];
  if (fields.range !== undefined) lines.push(`Byte-Range: ${fields.range}`);
  if (fields.success !== undefined) lines.push(`Success-Report: ${fields.success}`);
  if (fields.failure !== undefined) lines.push(`Failure-Report: ${fields.failure}`);
  if (type !== null) lines.push(`Content-Type: ${type}`);
  const body = fields.body === undefined ? '' : fields.body;
  if (body !== null && (type !== null || body !== '')) lines.push('', body);
  return `${lines.join('\r\n')}\r\n-------${fields.tid}${fields.flag ?? '$'}\r\n`;
}

/** A sink that keeps its message in memory. */
export class MemorySink implements MessageSink {
  bytes = Buffer.alloc(0);
  finished: number | null = null;
  abandoned: string | null = null;
  result: FinishResult = { kind: 'ok' };

  write(position: number, bytes: Buffer): void | Promise<void> {
    const end = position + bytes.length;
    if (end > this.bytes.length) {
      const larger = Buffer.alloc(end);
      this.bytes.copy(larger);
      this.bytes = larger;
    }
    bytes.copy(this.bytes, position);
  }

  finish(total: number): Promise<FinishResult> {
    this.finished = total;
    return Promise.resolve(this.result);
  }

  abandon(reason: string): Promise<void> {
    this.abandoned = reason;
    return Promise.resolve();
  }
}

export type Bench = {
  readonly listener: MsrpListener;
  readonly receiver: MsrpReceiver;
  readonly localUri: MsrpUri;
  readonly sinks: MemorySink[];
  readonly events: MsrpReceiverEvent[];
  /** Resolves with the first event of that kind, past or to come. */
  event<K extends MsrpReceiverEvent['kind']>(kind: K): Promise<Extract<MsrpReceiverEvent, { kind: K }>>;
  close(): Promise<void>;
};

/** A listener with one registered receiver whose sinks keep their messages in memory. */
export async function openBench(
  options: Partial<MsrpReceiverOptions> = {},
  listenerOptions: Partial<ListenerOptions> = {},
): Promise<Bench> {
  const listener = await MsrpListener.open({ host: '127.0.0.1', port: 0, ...listenerOptions });
  const localUri = newSessionUri('127.0.0.1', listener.port);
  const sinks: MemorySink[] = [];
  const events: MsrpReceiverEvent[] = [];
  const waiters: { kind: string; resolve: (event: never) => void }[] = [];
  const receiver = new MsrpReceiver({
    localPath: localUri,
    remotePath: [newSessionUri('127.0.0.1', 9999)],
    acceptTypes: () => true,
    maxSize: null,
    open: () => {
      const sink = new MemorySink();
      sinks.push(sink);
      return sink;
    },
    ...options,
    on: (event) => {
      events.push(event);
      options.on?.(event);
      for (const waiter of waiters) if (waiter.kind === event.kind) waiter.resolve(event as never);
    },
  });
  listener.register(localUri.sessionId ?? '', receiver);
  return {
    listener,
    receiver,
    localUri,
    sinks,
    events,
    event: (kind) => {
      const past = events.find((event) => event.kind === kind);
      if (past !== undefined) return Promise.resolve(past as never);
      return new Promise((resolve) => waiters.push({ kind, resolve }));
    },
    close: () => {
      receiver.close();
      return listener.close();
    },
  };
}

/** A seeded generator of integers below a bound, for fuzzing that repeats (mulberry32). */
export function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
