import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** Tells the bundle to be the terminal and not the bench. */
export const TERMINAL_ARGUMENT = 'terminal';
/** Tells the terminal to give small content files of its own. */
export const CONTENT_FILES = 'content-files';

/** What the terminal's process says of itself since it was last asked. */
export type Vitals = {
  /** Event loop delay in ms, beyond the timer's own resolution. */
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly commits: number;
  readonly rssMiB: number;
  readonly cpuMs: number;
  readonly busy: number;
};

/** A terminal in a process of its own. */
export class TerminalProcess {
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess) {
    this.#process = process;
  }

  /** Starts a terminal of `core` that keeps its data in `folder`; NODE arguments of the bench are its too. */
  static start(core: string, folder: string, contentFiles: boolean): TerminalProcess {
    const [, bundle = ''] = process.argv;
    const profiler = process.env['BENCH_CPU_PROF'];
    const child = fork(bundle, [TERMINAL_ARGUMENT, core, folder, contentFiles ? CONTENT_FILES : ''], {
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
