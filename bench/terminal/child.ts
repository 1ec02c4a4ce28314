import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** Tells the bundle to be the terminal and not the bench. */
export const TERMINAL_ARGUMENT = 'terminal';
/** What a terminal is started with. */
export type TerminalSetup = {
  /** Keys of the profile beside name and AOR. */
  readonly profile: { readonly core: string } & Readonly<Record<string, unknown>>;
  /** Where it keeps its data. */
  readonly folder: string;
  /** Whether small content gets files of its own, as in `headless`. */
  readonly contentFiles: boolean;
};

/** What the terminal's process says of itself since it was last asked. */
export type Vitals = {
  /** Event loop delay in ms, beyond the timer's own resolution. */
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly commits: number;
  readonly rssMiB: number;
  /** The largest it was, looked at every PEAK_INTERVAL_MS. */
  readonly peakRssMiB: number;
  readonly cpuMs: number;
  readonly busy: number;
  /** Pushes that its search index does not have yet. */
  readonly unindexed: number;
};

/** A terminal in a process of its own. */
export class TerminalProcess {
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess) {
    this.#process = process;
  }

  /** Starts a terminal; BENCH_CPU_PROF names a folder for its CPU profile. */
  static start(setup: TerminalSetup): TerminalProcess {
    const [, bundle = ''] = process.argv;
    const profiler = process.env['BENCH_CPU_PROF'];
    const child = fork(bundle, [TERMINAL_ARGUMENT, JSON.stringify(setup)], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      execArgv: profiler === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiler}`],
    });
    return new TerminalProcess(child);
  }

  /** Takes its pulse, and begins to count anew. */
  async vitals(): Promise<Vitals> {
    const answer = once(this.#process, 'message');
    this.#process.send('vitals');
    const [vitals] = await answer;
    return vitals as Vitals;
  }

  async stop(): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.disconnect();
    await ended;
  }
}
