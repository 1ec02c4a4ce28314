import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { parseContentType, rootPart, splitMultipart } from '../../content/mime.ts';
import { formatHostPort } from '../../sip/core-address.ts';
import { applicationKey } from '../../sip/feature-tags.ts';
import { badMessage, cancelResponse, pushResponse, statusResponse } from './pap-document.ts';
import type { PapContent, PapGateway } from './pap-gateway.ts';
import { readPap } from './pap-message.ts';

/** Largest request, in bytes. */
export const MAX_PAP_BYTES = 16 * 1024 * 1024;
const MAX_CONNECTIONS = 50;
const REQUEST_TIMEOUT_MS = 30_000;

export type PapServerOptions = {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Application of content that names none in X-Wap-Application-Id. */
  readonly application: string;
  readonly gateway: PapGateway;
};

/** The HTTP side of PAP (PAP 2.x §8): POST of XML, or of multipart/related with the content, to any path. */
export class PapServer {
  /** Where push initiators POST to: `http://127.0.0.1:8090/`. */
  readonly url: string;
  readonly #server: Server;
  readonly #options: PapServerOptions;

  private constructor(server: Server, port: number, options: PapServerOptions) {
    this.#server = server;
    this.#options = options;
    this.url = `http://${formatHostPort(options.host, port)}/`;
  }

  /** Listens. Rejects with the error of the operating system, for instance EADDRINUSE. */
  static open(options: PapServerOptions): Promise<PapServer> {
    return new Promise((resolve, reject) => {
      const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS });
      server.maxConnections = MAX_CONNECTIONS;
      server.once('error', reject);
      server.listen(options.port, options.host, () => {
        const address = server.address();
        const port = typeof address === 'object' && address !== null ? address.port : options.port;
        const pap = new PapServer(server, port, options);
        server.off('error', reject);
        server.on('error', () => {});
        server.on('request', (request, response) => void pap.#answer(request, response));
        resolve(pap);
      });
    });
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'POST') {
      response.writeHead(405, { allow: 'POST' }).end();
      return;
    }
    const body = await bodyOf(request);
    if (body === 'gone') return;
    if (body === 'too large') {
      response.writeHead(413, { connection: 'close' }).end();
      return;
    }
    const type = request.headers['content-type'] ?? '';
    if (!/^\s*(?:multipart\/related|application\/xml|text\/xml)\s*(?:;|$)/i.test(type)) {
      response.writeHead(415).end();
      return;
    }
    const answer = this.#serve(type, body);
    // Whatever a PAP message comes to is said in the answer to it (PAP 2.x §8.1).
    response.writeHead(202, { 'content-type': 'application/xml' }).end(answer);
  }

  /** The document that answers a request. */
  #serve(type: string, body: Buffer): string {
    const { gateway } = this.#options;
    const parts = partsOf(type, body);
    if (parts === null) return badMessage(2000, 'The multipart body is malformed.');
    const read = readPap(parts.control);
    if (read.kind === 'bad') return badMessage(read.code, read.reason);
    const { pushId } = read;
    switch (read.kind) {
      case 'cancel-message':
        return cancelResponse(pushId, gateway.cancel(pushId, read.addresses));
      case 'statusquery-message':
        return statusResponse(pushId, gateway.states(pushId, read.addresses));
      case 'push-message': {
        if (parts.content === null) return pushResponse(pushId, 2000, 'A push-message has content.', []);
        const code = gateway.submit(read, this.#contentOf(parts.content));
        const notes = read.progressNotes && code === 1001 ? ['validated', 'accepted'] : [];
        return pushResponse(pushId, code, undefined, notes);
      }
    }
  }

  #contentOf({ headers, body }: Part): PapContent {
    const named = headers.get('x-wap-application-id');
    return {
      contentType: headers.get('content-type') ?? 'application/octet-stream',
      body,
      application: named === undefined ? this.#options.application : applicationKey(named),
    };
  }
}

type Part = { readonly headers: ReadonlyMap<string, string>; readonly body: Buffer };

/** The control entity and the content after it; null when the multipart is malformed. */
function partsOf(
  value: string,
  body: Buffer,
): { readonly control: Buffer; readonly content: Part | null } | null {
  const type = parseContentType(value);
  if (type === null) return null;
  if (type.type !== 'multipart/related') return { control: body, content: null };
  const control = rootPart(body, type);
  const parts = splitMultipart(body, type);
  if (control === null || parts === null) return null;
  const content = parts.find((part) => !part.body.equals(control.body)) ?? null;
  return { control: control.body, content };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer | 'too large' | 'gone'> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request) {
      bytes += (chunk as Buffer).length;
      if (bytes > MAX_PAP_BYTES) return 'too large';
      chunks.push(chunk as Buffer);
    }
  } catch {
    return 'gone';
  }
  return Buffer.concat(chunks);
}
