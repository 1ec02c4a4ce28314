import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { KamailioProcess } from './kamailio-process.ts';
import type { CoreTransport, StartOptions, TestedCore } from './tested-core.ts';

/** Empty tables of the presence server, from the Debian package. */
const EMPTY_TABLES = '/usr/share/kamailio/dbtext/kamailio';

/** A real Kamailio as the SIP/IP core, on loopback, with its own folder; every user's password is `secret`. */
export class Kamailio implements TestedCore {
  readonly #process: KamailioProcess;

  private constructor(process: KamailioProcess) {
    this.#process = process;
  }

  /** Starts it and waits until it accepts connections. Rejects with what it said when it does not come up. */
  static async start(options: StartOptions = {}): Promise<Kamailio> {
    return new Kamailio(
      await KamailioProcess.start({
        template: 'kamailio.cfg',
        ...(options.port === undefined ? {} : { port: options.port }),
        values: { ALGORITHM: options.algorithm ?? 'MD5' },
        prepare: (folder) => cp(EMPTY_TABLES, join(folder, 'db'), { recursive: true }),
      }),
    );
  }

  get port(): number {
    return this.#process.port;
  }

  uri(transport: CoreTransport): string {
    const port = transport === 'tls' ? this.#process.tlsPort : this.port;
    return `sip:127.0.0.1:${port};transport=${transport}`;
  }

  get certificatePath(): string {
    return join(this.#process.folder, 'certificate.pem');
  }

  stop(): Promise<void> {
    return this.#process.end('SIGTERM');
  }

  kill(): Promise<void> {
    return this.#process.end('SIGKILL');
  }
}
