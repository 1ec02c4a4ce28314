import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How a scenario is played. */
export type SippOptions = {
  /** `tcp` when absent. */
  readonly transport?: 'tcp' | 'udp';
  /** Calls of the scenario, and how many begin in a second; one when absent. */
  readonly calls?: number;
  readonly rate?: number;
  /** What `[name]` in the scenario stands for. */
  readonly keys?: Readonly<Record<string, string>>;
  readonly timeoutS?: number;
};

const TIMEOUT_S = 15;

/** Plays a scenario file with SIPp against a core on loopback. Rejects with SIPp's words when a call fails. */
export function playSipp(scenario: string, corePort: number, options: SippOptions = {}): Promise<void> {
  const { transport = 'tcp', calls = 1, rate = 10, keys = {}, timeoutS = TIMEOUT_S } = options;
  const args = ['-sf', join(import.meta.dirname, scenario), '-m', `${calls}`, '-r', `${rate}`];
  args.push('-l', `${calls}`, '-t', transport === 'tcp' ? 't1' : 'u1', '-i', '127.0.0.1');
  args.push('-timeout', `${timeoutS}s`, '-timeout_error', '-nostdin');
  for (const [name, value] of Object.entries(keys)) args.push('-key', name, value);
  args.push(`127.0.0.1:${corePort}`);
  return new Promise((resolve, reject) => {
    execFile('sipp', args, { cwd: tmpdir(), timeout: (timeoutS + 5) * 1000 }, (error, stdout, stderr) => {
      if (error === null) resolve();
      else reject(new Error(`SIPp failed (${error.code ?? error.signal}):\n${stderr}${stdout.slice(-2000)}`));
    });
  });
}
