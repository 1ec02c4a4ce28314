import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CERTIFICATE, KEY } from '../../src-main/msrp/test-certificate.ts';
import { freePort } from './free-port.ts';
import type { CoreTransport, StartOptions, TestedCore } from './tested-core.ts';

const START_TIMEOUT_MS = 15_000;
const POLL_MS = 50;
/** Empty tables of the presence server, from the Debian package. */
const EMPTY_TABLES = '/usr/share/kamailio/dbtext/kamailio';

/** A real Kamailio as the SIP/IP core, on loopback, with its own folder; every user's password is `secret`. */
export class Kamailio implements TestedCore {
  readonly port: number;
  readonly #tlsPort: number;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(ports: readonly [number, number], child: ChildProcess, folder: string) {
    [this.port, this.#tlsPort] = ports;
    this.#child = child;
    this.#folder = folder;
  }

  /** Starts it and waits until it accepts connections. Rejects with what it said when it does not come up. */
  static async start(options: StartOptions = {}): Promise<Kamailio> {
    const folder = await mkdtemp(join(tmpdir(), 'kamailio-'));
    const port = options.port ?? (await freePort());
    const tlsPort = await freePort();
    const template = await readFile(join(import.meta.dirname, 'kamailio.cfg'), 'utf8');
    const config = join(folder, 'kamailio.cfg');
    await writeFile(
      config,
      template
        .replaceAll('@PORT@', String(port))
        .replaceAll('@TLS_PORT@', String(tlsPort))
        .replaceAll('@FOLDER@', folder)
        .replaceAll('@ALGORITHM@', options.algorithm ?? 'MD5'),
    );
    await cp(EMPTY_TABLES, join(folder, 'db'), { recursive: true });
    await writeFile(join(folder, 'certificate.pem'), CERTIFICATE);
    await writeFile(join(folder, 'key.pem'), KEY);
    // -DD: stay in the foreground; a process group of its own, so that all of it can be killed at once.
    const child = spawn('kamailio', ['-DD', '-E', '-m', '64', '-M', '8', '-Y', folder, '-f', config], {
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    });
    let said = '';
    child.stderr?.on('data', (bytes: Buffer) => {
      said = (said + bytes.toString()).slice(-4000);
    });
    const kamailio = new Kamailio([port, tlsPort], child, folder);
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!(await accepts(port)) || !(await accepts(tlsPort))) {
      if (child.exitCode !== null || Date.now() > deadline) {
        await kamailio.stop();
        throw new Error(`Kamailio did not start:\n${said}`);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    return kamailio;
  }

  uri(transport: CoreTransport): string {
    const port = transport === 'tls' ? this.#tlsPort : this.port;
    return `sip:127.0.0.1:${port};transport=${transport}`;
  }

  get certificatePath(): string {
    return join(this.#folder, 'certificate.pem');
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exited = once(this.#child, 'exit');
      if (signal === 'SIGKILL') process.kill(-(this.#child.pid ?? 0), signal);
      else this.#child.kill(signal);
      await exited;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
