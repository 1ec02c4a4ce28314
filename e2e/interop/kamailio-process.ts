import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CERTIFICATE, KEY } from '../../src-main/msrp/test-certificate.ts';
import { freePort } from './free-port.ts';

const START_TIMEOUT_MS = 15_000;
const POLL_MS = 50;

/** A Kamailio in a folder of its own, with the test certificate in it, on a port for TCP and one for TLS. */
export class KamailioProcess {
  readonly port: number;
  readonly tlsPort: number;
  readonly folder: string;
  readonly #child: ChildProcess;

  private constructor(parts: Pick<KamailioProcess, 'port' | 'tlsPort' | 'folder'>, child: ChildProcess) {
    this.port = parts.port;
    this.tlsPort = parts.tlsPort;
    this.folder = parts.folder;
    this.#child = child;
  }

  /**
   * Starts it by a template of this folder, in which `@PORT@`, `@TLS_PORT@`, `@FOLDER@` and the names of `values` are
   * replaced, and waits until it accepts connections. Rejects with what it said when it does not come up.
   */
  static async start(options: {
    readonly template: string;
    readonly port?: number;
    readonly values?: Readonly<Record<string, string>>;
    /** Fills the folder before the start. */
    readonly prepare?: (folder: string) => Promise<void>;
  }): Promise<KamailioProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'kamailio-'));
    const port = options.port ?? (await freePort());
    const tlsPort = await freePort();
    const values = { PORT: String(port), TLS_PORT: String(tlsPort), FOLDER: folder, ...options.values };
    let text = await readFile(join(import.meta.dirname, options.template), 'utf8');
    for (const [name, value] of Object.entries(values)) text = text.replaceAll(`@${name}@`, value);
    const config = join(folder, 'kamailio.cfg');
    await writeFile(config, text);
    await options.prepare?.(folder);
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
    const kamailio = new KamailioProcess({ port, tlsPort, folder }, child);
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!(await accepts(port)) || !(await accepts(tlsPort))) {
      if (child.exitCode !== null || Date.now() > deadline) {
        await kamailio.end('SIGTERM');
        throw new Error(`Kamailio did not start:\n${said}`);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    return kamailio;
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exited = once(this.#child, 'exit');
      if (signal === 'SIGKILL') process.kill(-(this.#child.pid ?? 0), signal);
      else this.#child.kill(signal);
      await exited;
    }
    await rm(this.folder, { recursive: true, force: true });
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
