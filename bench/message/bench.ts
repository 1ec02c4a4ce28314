import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { TerminalProcess, type Vitals } from '../terminal/child.ts';
import { PipeCore, type Span } from './core.ts';
import { sendPushes, startAnswerer } from './sipp.ts';

/** Where data goes: on the disk the checkout is on, because /tmp may be memory. */
const FOLDER = resolve('out', 'bench', 'message-');
/** How often is looked whether the terminal has indexed what came before. */
const REST_MS = 50;
/** Parts of a long run between which memory is looked at. */
const LONG_RUN_PARTS = 10;

/** The terminal and SIPp's UAS, to be measured in turn by the same sender through the same pipe. */
export class MessageBench {
  readonly #folder: string;
  readonly #core: PipeCore;
  readonly #terminal: TerminalProcess;

  private constructor(folder: string, core: PipeCore, terminal: TerminalProcess) {
    this.#folder = folder;
    this.#core = core;
    this.#terminal = terminal;
  }

  /** Starts core and terminal, and waits until it is registered. */
  static async open(contentFiles: boolean): Promise<MessageBench> {
    const folder = await mkdtemp(FOLDER);
    const core = await PipeCore.open();
    const terminal = TerminalProcess.start({
      profile: { core: core.uri },
      folder: resolve(folder, 'data'),
      contentFiles,
    });
    await core.registered();
    return new MessageBench(folder, core, terminal);
  }

  /** Lets both sides come to speed; nothing is counted. */
  async warmUp(calls: number, window: number): Promise<void> {
    await this.againstTerminal(calls, window);
    await this.againstSipp(calls, window);
  }

  /** MESSAGEs a second that SIPp's UAS answers, while the terminal rests. */
  async againstSipp(calls: number, window: number): Promise<number> {
    while ((await this.#terminal.vitals()).unindexed > 0)
      await new Promise((resolve) => setTimeout(resolve, REST_MS));
    const port = await freePort();
    const answerer = await startAnswerer(this.#folder, port, calls);
    const rate = await this.#send(port, calls, window);
    answerer.kill();
    return rate;
  }

  /** MESSAGEs a second that the terminal answers, each durable before, and how it felt meanwhile. */
  async againstTerminal(
    calls: number,
    window: number,
  ): Promise<{ readonly rate: number; readonly vitals: Vitals }> {
    await this.#terminal.vitals();
    const rate = await this.#send(null, calls, window);
    return { rate, vitals: await this.#terminal.vitals() };
  }

  /** Sends many more to the terminal and says after each part how large it has become. */
  async longRun(calls: number, window: number, say: (text: string) => unknown): Promise<void> {
    const part = Math.ceil(calls / LONG_RUN_PARTS);
    for (let done = part; done <= part * LONG_RUN_PARTS; done += part) {
      const { rate, vitals } = await this.againstTerminal(part, window);
      const { rssMiB, p99Ms, maxMs, commits, busy } = vitals;
      say(
        `long run, ${done} of ${calls}: ${Math.round(rate)}/s, RSS ${Math.round(rssMiB)} MiB, event loop p99 ` +
          `${p99Ms.toFixed(1)} ms, longest ${maxMs.toFixed(1)} ms, busy ${(busy * 100).toFixed(0)} %, ` +
          `${(commits / part).toFixed(4)} commits a push`,
      );
    }
  }

  async close(): Promise<void> {
    await this.#terminal.stop();
    await this.#core.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #send(port: number | null, calls: number, window: number): Promise<number> {
    const span: Span = this.#core.aim(port);
    await sendPushes(this.#folder, this.#core.entrance, calls, window);
    return (calls * 1000) / (span.lastAt - span.firstAt);
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
