import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ReadMemory, withDirectReads } from './direct-reads.ts';

const LENT_BYTES = 262_144;

/** Memory that is lent, with what sinks hold of it. */
class TestMemory implements ReadMemory {
  readonly lent = new Set<Buffer>();
  readonly held = new Set<Buffer>();
  taken = 0;
  empty = false;

  readonly take = () => {
    if (this.empty) return null;
    const memory = Buffer.alloc(LENT_BYTES);
    this.taken += 1;
    this.lent.add(memory);
    return memory;
  };
  readonly give = (memory: Buffer) => {
    expect(this.lent.delete(memory)).toBe(true);
  };
  readonly isHeld = (memory: Buffer) => this.held.has(memory);

  /** A sink keeps these bytes where they are. */
  hold(bytes: Buffer): void {
    for (const memory of this.lent) if (memory.buffer === bytes.buffer) this.held.add(memory);
  }
}

let server: Server;
let memory: TestMemory;
let sender: Socket;
let socket: Socket;

beforeEach(async () => {
  memory = new TestMemory();
  server = createServer({ allowHalfOpen: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const accepted = once(server, 'connection');
  sender = connect({ port: address.port, host: '127.0.0.1' });
  const [other] = (await accepted) as [Socket];
  socket = withDirectReads(other, memory);
});

afterEach(async () => {
  const closed = once(server, 'close');
  sender.destroy();
  socket.destroy();
  server.close();
  await closed;
});

const connectionCount = () => promisify(server.getConnections.bind(server))();

const sample = Buffer.alloc(5_000_003, 'the quick brown fox jumps over the lazy dog; ');

/** Sends all, and resolves at the end with the kept slices. */
async function receive(keep: (bytes: Buffer) => Buffer): Promise<Buffer> {
  const slices: Buffer[] = [];
  socket.on('data', (bytes: Buffer) => slices.push(keep(bytes)));
  sender.end(sample);
  await once(socket, 'end');
  return Buffer.concat(slices);
}

describe('withDirectReads', () => {
  it('brings the same bytes to who copies them, in memory that is used over and over', async () => {
    const received = await receive((bytes) => Buffer.from(bytes));
    expect(received.equals(sample)).toBe(true);
    expect(memory.taken).toBeLessThan(5);
  });

  it('never writes over what is held', async () => {
    const received = await receive((bytes) => {
      memory.hold(bytes);
      // What is in the connection's own memory has to be copied.
      return [...memory.held].some(({ buffer }) => buffer === bytes.buffer) ? bytes : Buffer.from(bytes);
    });
    expect(received.equals(sample)).toBe(true);
    expect(memory.held.size).toBeGreaterThan(5);
  });

  it('makes do with its own memory when there is none to lend', async () => {
    memory.empty = true;
    expect((await receive((bytes) => Buffer.from(bytes))).equals(sample)).toBe(true);
  });

  it('stops reading while it is paused', async () => {
    let received = 0;
    socket.on('data', (bytes: Buffer) => {
      received += bytes.length;
      socket.pause();
      setImmediate(() => socket.resume());
    });
    sender.end(sample);
    await once(socket, 'end');
    expect(received).toBe(sample.length);
  });

  it('writes after the peer has ended its half, gives all memory back, and is known to its server', async () => {
    const received = receive((bytes) => bytes);
    const answer = once(sender, 'data');
    await received;
    expect(await connectionCount()).toBe(1);
    socket.end('done');
    expect(String((await answer)[0])).toBe('done');
    if (!socket.closed) await once(socket, 'close');
    expect(memory.lent.size).toBe(0);
    expect(await connectionCount()).toBe(0);
  });

  it('leaves a socket without a handle as it is', () => {
    sender.destroy();
    expect(withDirectReads(sender, memory)).toBe(sender);
  });
});
