import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { formatHostPort } from '../../sip/core-address.ts';
import { type Fault, otherHash, SLOW_PIECES, slowPause } from './faults.ts';

/** How long a reference is good. */
const GOOD_FOR_MS = 60 * 60_000;
/** Contents that are offered at once; the oldest go first. */
const MAX_HOSTED = 100;
/** Their bytes together; the newest is kept whatever its size. */
const MAX_HOSTED_BYTES = 256 * 1024 * 1024;
const MAX_CONNECTIONS = 100;

/** A message/external-body that refers to content (RFC 4483). */
export type Reference = {
  readonly contentType: string;
  readonly body: Buffer;
  /** Resolves when somebody has fetched all of it. */
  readonly fetched: Promise<void>;
};

type Hosted = {
  readonly type: string;
  readonly bytes: Buffer;
  readonly fault: Fault | null;
  readonly fetched: () => void;
};

/** A small HTTP server that offers pushed content under addresses nobody can guess. */
export class ContentHost {
  readonly #server: Server;
  readonly #host: string;
  readonly #hosted = new Map<string, Hosted>();

  private constructor(server: Server, host: string) {
    this.#server = server;
    this.#host = host;
  }

  /** Listens on any free port of an address of this machine. */
  static open(host: string): Promise<ContentHost> {
    return new Promise((resolve, reject) => {
      const server = createServer();
      server.maxConnections = MAX_CONNECTIONS;
      const hosting = new ContentHost(server, host);
      server.on('request', (request, response) => void hosting.#answer(request, response));
      server.once('error', reject);
      server.listen(0, host, () => resolve(hosting));
    });
  }

  /** Offers content and answers the reference to it, with size and SHA-1. Some faults are done here. */
  offer(contentType: string, bytes: Buffer, fault: Fault | null = null): Reference {
    const path = `/${randomBytes(16).toString('hex')}`;
    let fetched = (): void => {};
    const done = new Promise<void>((resolve) => {
      fetched = resolve;
    });
    this.#hosted.set(path, { type: contentType, bytes, fault, fetched });
    this.#forgetOldest();
    const sha1 = createHash('sha1').update(bytes).digest('hex');
    const address = this.#server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const parameters = [
      'message/external-body',
      'access-type="URL"',
      `expiration="${new Date(Date.now() + GOOD_FOR_MS).toUTCString()}"`,
      `URL="http://${formatHostPort(this.#host, port)}${path}"`,
      `size=${bytes.length}`,
      `hash=${fault === 'wrong-hash' ? otherHash(sha1) : sha1}`,
    ];
    const inner = [
      `Content-Type: ${contentType}`,
      'Content-Disposition: render',
      `Content-ID: <${path.slice(1)}@push-terminal>`,
      '',
      '',
    ];
    return {
      contentType: parameters.join(';'),
      body: Buffer.from(inner.join('\r\n'), 'latin1'),
      fetched: done,
    };
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #forgetOldest(): void {
    let bytes = [...this.#hosted.values()].reduce((sum, hosted) => sum + hosted.bytes.length, 0);
    for (const [path, hosted] of this.#hosted) {
      const isFew = this.#hosted.size <= MAX_HOSTED && bytes <= MAX_HOSTED_BYTES;
      if (isFew || this.#hosted.size === 1) return;
      this.#hosted.delete(path);
      bytes -= hosted.bytes.length;
    }
  }

  async #answer({ url, method }: IncomingMessage, response: ServerResponse): Promise<void> {
    const found = this.#hosted.get(url ?? '');
    if (found === undefined || method !== 'GET') {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': found.type, 'content-length': found.bytes.length });
    const { bytes, fault, fetched } = found;
    if (fault === 'lost-connection') {
      response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
      return;
    }
    if (fault === 'slow-sender') await drip(bytes, response);
    else response.write(bytes);
    response.end(fetched);
  }
}

/** Never rejects; a client that leaves ends it. */
async function drip(bytes: Buffer, response: ServerResponse): Promise<void> {
  const size = Math.max(1, Math.ceil(bytes.length / SLOW_PIECES));
  for (let at = 0; at < bytes.length && !response.destroyed; at += size) {
    await slowPause();
    response.write(bytes.subarray(at, at + size));
  }
}
