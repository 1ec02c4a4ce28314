import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const TIMEOUT_S = 15;

/** Plays a scenario file once with SIPp over TCP against a core on loopback. Rejects with SIPp's words when it fails. */
export function playSipp(scenario: string, corePort: number): Promise<void> {
  const file = join(import.meta.dirname, scenario);
  const target = `127.0.0.1:${corePort}`;
  const args = [
    '-sf',
    file,
    '-m',
    '1',
    '-t',
    't1',
    '-i',
    '127.0.0.1',
    '-timeout',
    `${TIMEOUT_S}s`,
    '-nostdin',
    target,
  ];
  return new Promise((resolve, reject) => {
    execFile('sipp', args, { cwd: tmpdir(), timeout: (TIMEOUT_S + 5) * 1000 }, (error, stdout, stderr) => {
      if (error === null) resolve();
      else reject(new Error(`SIPp failed (${error.code ?? error.signal}):\n${stderr}${stdout.slice(-2000)}`));
    });
  });
}
