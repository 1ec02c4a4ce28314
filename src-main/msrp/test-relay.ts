import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import type { RequestHead } from './message.ts';
import { RawPeer } from './test-peer.ts';
import { type MsrpUri, parseUri } from './uri.ts';

/** What a scripted relay says to an AUTH: a start line after the transaction id, and header lines. */
export type RelayAnswer = readonly [status: string, ...headers: readonly string[]];

/** A relay without TLS whose every answer is the test's; connections wait in the order they come. */
export class TestRelay {
  readonly uri: MsrpUri;
  readonly #server: Server;
  readonly #peers: RawPeer[] = [];
  #wake: () => void = () => {};

  private constructor(server: Server) {
    this.#server = server;
    const uri = parseUri(`msrp://127.0.0.1:${(server.address() as AddressInfo).port};tcp`);
    if (uri === null) throw new Error('no URI');
    this.uri = uri;
    server.on('connection', (socket) => {
      this.#peers.push(new RawPeer(socket));
      this.#wake();
    });
  }

  static async open(): Promise<TestRelay> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TestRelay(server);
  }

  /** The next connection. */
  async peer(): Promise<RawPeer> {
    for (;;) {
      const peer = this.#peers.shift();
      if (peer !== undefined) return peer;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  close(): void {
    this.#server.close();
    for (const peer of this.#peers) peer.close();
  }
}

/** Reads the next AUTH and answers it; gives back its head. */
export async function answerAuth(peer: RawPeer, [status, ...headers]: RelayAnswer): Promise<RequestHead> {
  const received = await peer.next();
  if (received.kind !== 'request') throw new Error(`${received.kind} instead of a request`);
  const { head } = received;
  const path = (name: string) => head.headers.find((header) => header.name === name)?.value ?? '';
  const lines = [
    `MSRP ${head.transactionId} ${status}`,
    `To-Path: ${path('From-Path')}`,
    `From-Path: ${path('To-Path')}`,
    ...headers,
    `-------${head.transactionId}$`,
  ];
  peer.write(`${lines.join('\r\n')}\r\n`);
  return head;
}

export function headerOf(head: RequestHead, name: string): string | undefined {
  return head.headers.find((header) => header.name === name)?.value;
}
