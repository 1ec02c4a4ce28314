import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { close, fsync, openSync, rmSync, write } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

/** Tells the bundle to be the ceilings and not the bench. */
export const CEILINGS_ARGUMENT = 'ceilings';

/** What a ceiling does with bare bytes from a TCP connection. */
export const CEILINGS = ['sink', 'disk', 'disk+sha1'] as const;
export type Ceiling = (typeof CEILINGS)[number];

const BLOCK_BYTES = 1024 * 1024;
const BLOCKS = 8;

/** Bare receivers in a process of their own, each on a port. */
export class Ceilings {
  readonly ports: Readonly<Record<Ceiling, number>>;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, ports: Readonly<Record<Ceiling, number>>) {
    this.#process = process;
    this.ports = ports;
  }

  /** Starts them; each connection is expected to bring `bytes` bytes. */
  static async start(folder: string, bytes: number): Promise<Ceilings> {
    const [, bundle = ''] = process.argv;
    const child = fork(bundle, [CEILINGS_ARGUMENT, folder, String(bytes)], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const [ports] = (await once(child, 'message')) as [Readonly<Record<Ceiling, number>>];
    return new Ceilings(child, ports);
  }

  /** CPU time of all its threads in ms, from its start on. */
  async cpuMs(): Promise<number> {
    const answer = once(this.#process, 'message');
    this.#process.send('cpu');
    const [cpuMs] = (await answer) as [number];
    return cpuMs;
  }

  async stop(): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.disconnect();
    await ended;
  }
}

/** The other side of `Ceilings`. */
export async function runCeilings(): Promise<void> {
  const [, , , folder = '', bytes = '0'] = process.argv;
  const worker = new Worker(HASHER, { eval: true });
  const ports: Partial<Record<Ceiling, number>> = {};
  for (const ceiling of CEILINGS) {
    const server = createServer((socket) => {
      if (ceiling === 'sink') sink(socket, Number(bytes));
      else keep(socket, Number(bytes), join(folder, 'ceiling'), ceiling === 'disk' ? null : worker);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address = server.address();
    ports[ceiling] = typeof address === 'object' && address !== null ? address.port : 0;
  }
  process.send?.(ports);
  const before = process.cpuUsage();
  process.on('message', () => {
    const { user, system } = process.cpuUsage(before);
    process.send?.((user + system) / 1000);
  });
  process.on('disconnect', () => process.exit(0));
}

function sink(socket: Socket, bytes: number): void {
  let received = 0;
  socket.on('data', (data) => {
    received += data.length;
    if (received === bytes) socket.write('$$');
  });
}

/** Hashes blocks of shared memory, and says the digest when told to. */
const HASHER = `
const { parentPort } = require('node:worker_threads');
const { createHash } = require('node:crypto');
let hash = createHash('sha1');
parentPort.on('message', ({ block, length }) => {
  if (block === null) {
    parentPort.postMessage({ digest: hash.digest('hex') });
    hash = createHash('sha1');
  } else {
    hash.update(new Uint8Array(block, 0, length));
    parentPort.postMessage({ block });
  }
});`;

/** As much as this can be done: large blocks of shared memory, the disk by one thread, the hash by another. */
function keep(socket: Socket, bytes: number, path: string, worker: Worker | null): void {
  rmSync(path, { force: true });
  const file = openSync(path, 'w');
  const uses = new Map<SharedArrayBuffer, number>();
  const free: Buffer[] = Array.from({ length: BLOCKS }, () =>
    Buffer.from(new SharedArrayBuffer(BLOCK_BYTES)),
  );
  let current: Buffer | undefined = free.pop();
  let filled = 0;
  let received = 0;
  let written = 0;
  let hashed = worker === null;
  const release = (block: Buffer) => {
    const memory = block.buffer as unknown as SharedArrayBuffer;
    const left = (uses.get(memory) ?? 0) - 1;
    uses.set(memory, left);
    if (left > 0) return;
    if (current === undefined) current = block;
    else free.push(block);
    socket.resume();
  };
  const finish = () => {
    if (written < bytes || !hashed) return;
    socket.write('$');
    fsync(file, () => {
      close(file, () => {
        socket.write('$');
        worker?.off('message', heard);
        rmSync(path);
      });
    });
  };
  const heard = (message: { readonly block: SharedArrayBuffer } | { readonly digest: string }) => {
    if ('block' in message) {
      release(Buffer.from(message.block));
      return;
    }
    hashed = true;
    finish();
  };
  worker?.on('message', heard);
  // One write at a time: two of one file only wait for each other in the kernel.
  const waiting: { readonly block: Buffer; readonly length: number }[] = [];
  let writing = false;
  const writeNext = () => {
    const next = waiting.shift();
    writing = next !== undefined;
    if (next === undefined) return;
    write(file, next.block, 0, next.length, written, (error, count) => {
      if (error !== null || count !== next.length) throw error ?? new Error('short write');
      written += count;
      writeNext();
      release(next.block);
      finish();
    });
  };
  const flush = () => {
    if (current === undefined || filled === 0) return;
    const block = current;
    const length = filled;
    const memory = block.buffer as unknown as SharedArrayBuffer;
    uses.set(memory, worker === null ? 1 : 2);
    waiting.push({ block, length });
    if (!writing) writeNext();
    worker?.postMessage({ block: memory, length });
    filled = 0;
    current = free.pop();
    if (current === undefined) socket.pause();
  };
  socket.on('data', (data) => {
    for (let at = 0; at < data.length; ) {
      // A last segment may come after the pause.
      current ??= Buffer.from(new SharedArrayBuffer(BLOCK_BYTES));
      const taken = data.copy(current, filled, at);
      at += taken;
      filled += taken;
      received += taken;
      if (filled === BLOCK_BYTES) flush();
    }
    if (received < bytes) return;
    flush();
    worker?.postMessage({ block: null });
  });
}
