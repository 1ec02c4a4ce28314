import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Tells the bundle to be the blaster and not the bench. */
export const BLASTER_ARGUMENT = 'blaster';
/** The content of every transfer is this block over and over. */
export const BLOCK = patterned(1024 * 1024);
/** Bytes handed to a socket at a time, about. */
const BATCH_BYTES = 128 * 1024;
const DOLLAR = 0x24;
const HOST = '127.0.0.1';
const RECENT_BYTES = 512;

/** One thing to send. `chunkBytes` null is one chunk; a `path` null means bare bytes, which a ceiling takes. */
export type Shot = {
  readonly port: number;
  readonly path: string | null;
  readonly bytes: number;
  readonly chunkBytes: number | null;
};

/** When, in ms from the first byte of all, a shot had all its bytes answered, and when it was reported kept. */
export type Hit = {
  readonly receivedMs: number;
  readonly keptMs: number;
  /** Longest time without any answer while it was on its way; of interest with many chunks. */
  readonly longestGapMs: number;
  /** Bytes sent when the first of all shots was kept. */
  readonly sentAtFirstKept: number;
};

/** A sender in a process of its own that does as little as one can, so that it is never what is measured. */
export class Blaster {
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess) {
    this.#process = process;
  }

  static start(): Blaster {
    const [, bundle = ''] = process.argv;
    return new Blaster(fork(bundle, [BLASTER_ARGUMENT], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }));
  }

  /** Fires all shots at once; resolves when the last is kept. Rejects when a transfer fails. */
  async fire(shots: readonly Shot[]): Promise<readonly Hit[]> {
    const answer = once(this.#process, 'message');
    this.#process.send(shots);
    const [result] = (await answer) as [{ readonly hits: readonly Hit[] } | { readonly error: string }];
    if ('error' in result) throw new Error(result.error);
    return result.hits;
  }

  async stop(): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.disconnect();
    await ended;
  }
}

/** The other side of `Blaster`. */
export function runBlaster(): void {
  process.on('message', (shots: readonly Shot[]) => {
    fireAll(shots)
      .then((hits) => process.send?.({ hits }))
      .catch((error: unknown) => process.send?.({ error: String(error) }));
  });
}

async function fireAll(shots: readonly Shot[]): Promise<readonly Hit[]> {
  const flights = await Promise.all(
    shots.map(async (shot) => {
      const socket = connect({ host: HOST, port: shot.port, noDelay: true });
      await once(socket, 'connect');
      return new Flight(shot, socket);
    }),
  );
  const startedAt = performance.now();
  const ends = flights.map((flight) => flight.run(startedAt));
  await Promise.race(ends);
  const sent = flights.map((flight) => flight.sent);
  const hits = await Promise.all(ends);
  return hits.map((hit, index) => ({ ...hit, sentAtFirstKept: sent[index] ?? 0 }));
}

/** One transfer. */
class Flight {
  sent = 0;
  readonly #shot: Shot;
  readonly #socket: Socket;

  constructor(shot: Shot, socket: Socket) {
    this.#shot = shot;
    this.#socket = socket;
  }

  run(startedAt: number): Promise<Omit<Hit, 'sentAtFirstKept'>> {
    const { path, bytes, chunkBytes } = this.#shot;
    // A ceiling says a dollar when it has everything and one more when that is on the disk.
    const chunks = path === null || chunkBytes === null ? 1 : Math.max(1, Math.ceil(bytes / chunkBytes));
    let answers = 0;
    let lastAt = startedAt;
    let longestGapMs = 0;
    let receivedMs = 0;
    let recent: Buffer = Buffer.alloc(0);
    return new Promise((resolve, reject) => {
      this.#socket.on('data', (data: Buffer) => {
        const now = performance.now();
        longestGapMs = Math.max(longestGapMs, now - lastAt);
        lastAt = now;
        const before = answers;
        for (let at = data.indexOf(DOLLAR); at >= 0; at = data.indexOf(DOLLAR, at + 1)) answers += 1;
        if (before < chunks && answers >= chunks) receivedMs = now - startedAt;
        recent = data.length >= RECENT_BYTES ? data : Buffer.concat([recent, data]).subarray(-RECENT_BYTES);
        if (answers < chunks + 1) return;
        if (path !== null && !recent.includes('Status: 000 200')) reject(new Error(`not kept: ${recent}`));
        resolve({ receivedMs, keptMs: now - startedAt, longestGapMs });
        this.#socket.end();
      });
      this.#socket.on('error', reject);
      this.#socket.on('close', () => reject(new Error(`closed after ${answers} answers: ${recent}`)));
      const frames = path === null ? bare(bytes) : framed(path, bytes, chunkBytes);
      this.#pump(frames);
    });
  }

  #pump(frames: Iterator<readonly Buffer[]>): void {
    for (;;) {
      const next = frames.next();
      if (next.done === true) return;
      this.#socket.cork();
      let more = true;
      for (const piece of next.value) {
        this.sent += piece.length;
        more = this.#socket.write(piece);
      }
      this.#socket.uncork();
      if (!more) {
        this.#socket.once('drain', () => this.#pump(frames));
        return;
      }
    }
  }
}

function* bare(bytes: number): Generator<readonly Buffer[]> {
  for (let at = 0; at < bytes; at += BATCH_BYTES) yield [content(at, Math.min(BATCH_BYTES, bytes - at))];
}

function* framed(path: string, bytes: number, chunkBytes: number | null): Generator<readonly Buffer[]> {
  const messageId = `bench${path.slice(-12, -4).replace(/[^A-Za-z0-9]/g, 'x')}`;
  const size = chunkBytes ?? bytes;
  let pieces: Buffer[] = [];
  let gathered = 0;
  let count = 0;
  for (let at = 0; at < bytes; at += size) {
    const length = Math.min(size, bytes - at);
    count += 1;
    const id = `bench${count.toString(36).padStart(8, '0')}`;
    const head =
      `MSRP ${id} SEND\r\nTo-Path: ${path}\r\nFrom-Path: msrp://${HOST}:9/bench;tcp\r\nMessage-ID: ${messageId}\r\n` +
      `Byte-Range: ${at + 1}-${chunkBytes === null ? '*' : at + length}/${bytes}\r\n` +
      `Success-Report: yes\r\nContent-Type: application/octet-stream\r\n\r\n`;
    const tail = `\r\n-------${id}${at + length === bytes ? '$' : '+'}\r\n`;
    if (length <= BATCH_BYTES) {
      // Small pieces as one buffer: a system call with thousands of them is slow.
      const frame = Buffer.allocUnsafe(head.length + length + tail.length);
      frame.write(head, 0, 'latin1');
      content(at, length).copy(frame, head.length);
      frame.write(tail, head.length + length, 'latin1');
      pieces.push(frame);
      gathered += frame.length;
      if (gathered < BATCH_BYTES && at + size < bytes) continue;
      yield pieces;
      pieces = [];
      gathered = 0;
      continue;
    }
    yield [Buffer.from(head)];
    for (let from = at; from < at + length; from += BATCH_BYTES)
      yield [content(from, Math.min(BATCH_BYTES, at + length - from))];
    yield [Buffer.from(tail)];
  }
}

/** Bytes of the content; they never cross the end of a block, since sizes are powers of two. */
function content(at: number, length: number): Buffer {
  const from = at % BLOCK.length;
  return BLOCK.subarray(from, from + length);
}

function patterned(length: number): Buffer {
  const block = Buffer.alloc(length);
  let state = 2855;
  for (let at = 0; at < length; at += 4) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    block.writeInt32LE(state, at);
  }
  return block;
}
