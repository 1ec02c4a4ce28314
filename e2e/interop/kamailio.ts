import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CERTIFICATE, KEY } from '../../src-main/msrp/test-certificate.ts';

const START_TIMEOUT_MS = 15_000;
const POLL_MS = 50;

/** A real Kamailio as the SIP/IP core, on loopback, with its own folder; every user's password is `secret`. */
export class Kamailio {
  readonly port: number;
  readonly tlsPort: number;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(ports: readonly [number, number], child: ChildProcess, folder: string) {
    [this.port, this.tlsPort] = ports;
    this.#child = child;
    this.#folder = folder;
  }

  /** Starts it and waits until it accepts connections. Rejects with what it said when it does not come up. */
  static async start(): Promise<Kamailio> {
    const folder = await mkdtemp(join(tmpdir(), 'kamailio-'));
    const port = await freePort();
    const tlsPort = await freePort();
    const template = await readFile(join(import.meta.dirname, 'kamailio.cfg'), 'utf8');
    const config = join(folder, 'kamailio.cfg');
    await writeFile(
      config,
      template
        .replaceAll('@PORT@', String(port))
        .replaceAll('@TLS_PORT@', String(tlsPort))
        .replaceAll('@FOLDER@', folder),
    );
    await writeFile(join(folder, 'certificate.pem'), CERTIFICATE);
    await writeFile(join(folder, 'key.pem'), KEY);
    // -DD: stay in the foreground, with the main process ours, so that ending it ends its children.
    const child = spawn('kamailio', ['-DD', '-E', '-m', '64', '-M', '8', '-Y', folder, '-f', config], {
      stdio: ['ignore', 'ignore', 'pipe'],
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

  get uri(): string {
    return `sip:127.0.0.1:${this.port};transport=tcp`;
  }

  get udpUri(): string {
    return `sip:127.0.0.1:${this.port};transport=udp`;
  }

  /** The same core over TLS, with the certificate in `certificatePath`. */
  get tlsUri(): string {
    return `sip:127.0.0.1:${this.tlsPort};transport=tls`;
  }

  get certificatePath(): string {
    return join(this.#folder, 'certificate.pem');
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null) {
      const exited = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      await exited;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
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
