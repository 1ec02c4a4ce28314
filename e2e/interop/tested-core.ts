import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CERTIFICATE, KEY } from '../../src-main/msrp/test-certificate.ts';
import { SandboxCore } from '../../src-main/sandbox/core/core.ts';
import { freePort } from './free-port.ts';
import { Kamailio } from './kamailio.ts';

export type CoreTransport = 'tcp' | 'udp' | 'tls' | 'ws';
export type StartOptions = { readonly port?: number; readonly algorithm?: 'MD5' | 'SHA-256' };

/** A core that the same tests are played against: domain push.test, users bob and psa with the password `secret`. */
export interface TestedCore {
  /** Port of TCP and UDP. */
  readonly port: number;
  readonly certificatePath: string;
  uri(transport: CoreTransport): string;
  stop(): Promise<void>;
  /** Ends it without a word to anyone. */
  kill(): Promise<void>;
}

export const CORES: readonly {
  readonly name: string;
  readonly start: (options?: StartOptions) => Promise<TestedCore>;
}[] = [
  { name: 'Kamailio', start: (options) => Kamailio.start(options) },
  { name: 'the sandbox core', start: (options) => Sandbox.start(options) },
];

class Sandbox implements TestedCore {
  readonly port: number;
  readonly certificatePath: string;
  readonly #core: SandboxCore;
  readonly #folder: string;

  private constructor(core: SandboxCore, port: number, folder: string) {
    this.#core = core;
    this.port = port;
    this.#folder = folder;
    this.certificatePath = join(folder, 'certificate.pem');
  }

  static async start(options: StartOptions = {}): Promise<Sandbox> {
    const folder = await mkdtemp(join(tmpdir(), 'sandbox-core-'));
    await writeFile(join(folder, 'certificate.pem'), CERTIFICATE);
    const host = '127.0.0.1';
    const port = options.port ?? (await freePort());
    const core = await SandboxCore.open({
      domain: 'push.test',
      users: ['bob', 'psa'].map((name) => ({ name, password: 'secret' })),
      listen: [
        { transport: 'tcp', host, port },
        { transport: 'udp', host, port },
        { transport: 'tls', host, port: 0 },
        { transport: 'ws', host, port: 0 },
      ],
      tls: { cert: CERTIFICATE, key: KEY },
    });
    return new Sandbox(core, port, folder);
  }

  uri(transport: CoreTransport): string {
    const found = this.#core.uris.find((uri) => uri.endsWith(`transport=${transport}`));
    if (found === undefined) throw new Error(`The sandbox core does not listen on ${transport}.`);
    return found;
  }

  async stop(): Promise<void> {
    await this.#core.close();
    await rm(this.#folder, { recursive: true });
  }

  /** It lives in this process; its connections end as a killed process's would. */
  async kill(): Promise<void> {
    await this.stop();
  }
}
