import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Handover } from './handover.ts';
import { runCommand } from './run-command.ts';
import { exampleHandover } from './test-handover.ts';

const node = process.execPath;

describe('running a command', () => {
  let folder: string;
  let abort: AbortController;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'command-'));
    abort = new AbortController();
  });

  afterEach(() => rm(folder, { recursive: true }));

  /** Runs a script of Node with these arguments behind it. */
  const script = (source: string, args: readonly string[] = [], handover: Partial<Handover> = {}) =>
    runCommand(
      { command: node, arguments: ['-e', source, ...args] },
      exampleHandover(handover),
      abort.signal,
    );

  it('gets content on stdin and at {path}, facts as arguments and as environment, in a fresh folder', async () => {
    const out = join(folder, 'out.json');
    const result = await script(
      `const fs = require('node:fs');
       const { PUSH_FROM, PUSH_APPLICATION, PUSH_TYPE, PUSH_ID, PUSH_TERMINAL, PUSH_TEXT, PUSH_PATH } = process.env;
       const [out, path, ...args] = process.argv.slice(1);
       fs.writeFileSync(out, JSON.stringify({
         stdin: fs.readFileSync(0, 'utf8'), file: fs.readFileSync(path, 'utf8'), same: path === PUSH_PATH, args,
         here: fs.readdirSync('.'), cwd: process.cwd(),
         env: [PUSH_FROM, PUSH_APPLICATION, PUSH_TYPE, PUSH_ID, PUSH_TERMINAL, PUSH_TEXT] }));`,
      [out, '{path}', '{from}', 'x={push}/{unknown}', '{text}'],
      { text: '$(id) `id` "{from}"; rm -rf /' },
    );
    expect(result).toEqual({ ok: true, title: 'Command ended with 0', detail: '' });
    const seen = JSON.parse(await readFile(out, 'utf8'));
    expect(seen).toMatchObject({
      stdin: 'hello world',
      file: 'hello world',
      same: true,
      here: [],
      args: ['sip:psa@push.test', 'x=push-1/{unknown}', '$(id) `id` "{from}"; rm -rf /'],
      env: [
        'sip:psa@push.test',
        'mms.ua',
        'text/plain',
        'push-1',
        'bob-desk',
        '$(id) `id` "{from}"; rm -rf /',
      ],
    });
    await expect(stat(seen.cwd)).rejects.toThrow('ENOENT');
  });

  it('gets a copy of what history keeps: it cannot damage it', async () => {
    const path = join(folder, 'vaulted');
    await writeFile(path, 'from elsewhere');
    const source = `const fs = require('node:fs'); const [path] = process.argv.slice(1);
      process.stdout.write(fs.readFileSync(path, 'utf8') + fs.readFileSync(0, 'utf8'));
      fs.writeFileSync(path, 'x'); fs.rmSync(path);`;
    const result = await script(source, ['{path}'], { content: { kind: 'vaulted', path } });
    expect(result).toMatchObject({ ok: true, detail: 'from elsewherefrom elsewhere' });
    expect(await readFile(path, 'utf8')).toBe('from elsewhere');
  });

  it('keeps the beginning of its output, and its exit code', async () => {
    const result = await script(`console.log('a\\u202eb\\n\\x1b[31mc'); console.error('x'.repeat(100_000));
      process.exitCode = 3;`);
    expect(result).toMatchObject({ ok: false, title: 'Command ended with 3' });
    expect(result.detail).toMatch(/^ab \[31mc x+$|^x+$/);
    expect(result.detail.length).toBeLessThanOrEqual(4096);
  });

  it('may leave its input unread', async () => {
    const content = { kind: 'kept', read: async () => Buffer.alloc(5_000_000) } as const;
    expect(await script('', [], { content })).toMatchObject({ ok: true });
  });

  it('is killed with all it started when it takes too long', async () => {
    const source = `const { spawn } = require('node:child_process');
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
      require('node:fs').writeFileSync(process.argv[1], String(child.pid)); setInterval(() => {}, 1000);`;
    const line = { command: node, arguments: ['-e', source, join(folder, 'pid')] };
    const result = await runCommand(line, exampleHandover(), abort.signal, { timeoutMs: 1500 });
    expect(result).toMatchObject({
      ok: false,
      title: 'Command stopped',
      detail: 'It ran for more than 1.5 s.',
    });
    const pid = Number(await readFile(join(folder, 'pid'), 'utf8'));
    await vi.waitFor(async () => expect(await isRunning(pid)).toBe(false), { timeout: 5000 });
  });

  it('is stopped when the terminal closes, and not begun after that', async () => {
    setTimeout(() => abort.abort(), 300);
    expect(await script('setInterval(() => {}, 1000)')).toMatchObject({ title: 'Command stopped' });
    expect(await script('')).toMatchObject({ ok: false, detail: 'The terminal was closed.' });
  });

  it('is no shell line, and says what is missing', async () => {
    const run = (command: string) => runCommand({ command, arguments: [] }, exampleHandover(), abort.signal);
    expect(await run('echo hello; ls')).toMatchObject({
      ok: false,
      title: 'Command not run',
      detail: 'There is no program echo hello; ls.',
    });
    await writeFile(join(folder, 'plain.txt'), 'no program');
    expect((await run(join(folder, 'plain.txt'))).detail).toMatch(/may not be run/);
  });
});

/** A killed process may stay as a zombie until its new parent looks. */
async function isRunning(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
    const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    return !/\) Z /.test(status);
  } catch {
    return false;
  }
}
