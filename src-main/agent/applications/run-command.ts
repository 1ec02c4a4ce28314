import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { constants, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { errorCode } from '../../content/disk-error.ts';
import { messageOf } from '../live-push.ts';
import { type Handover, type HandResult, openContent } from './handover.ts';
import { environmentOf, factsOf, fillIn } from './placeholders.ts';

export type CommandLine = { readonly command: string; readonly arguments: readonly string[] };
export type CommandLimits = { readonly timeoutMs: number };

const DEFAULT_LIMITS: CommandLimits = { timeoutMs: 60_000 };
/** Bytes of its output that the timeline keeps. */
const MAX_OUTPUT_BYTES = 4096;
/** After a command has ended, what it started may hold its output open; nobody waits longer than this. */
const OUTPUT_WAIT_MS = 500;
const POSIX = process.platform !== 'win32';

/**
 * Runs a program of the user's with a push: never through a shell, in a fresh folder, the content on its standard input,
 * and killed with all it started when it takes too long or the signal fires. Never rejects.
 */
export async function runCommand(
  line: CommandLine,
  handover: Handover,
  signal: AbortSignal,
  limits: CommandLimits = DEFAULT_LIMITS,
): Promise<HandResult> {
  if (signal.aborted) return notRun('The terminal was closed.');
  let folder: string | null = null;
  try {
    folder = await mkdtemp(join(tmpdir(), 'push-terminal-command-'));
    const path = await placeContent(handover, folder);
    // Apart from the content: Windows looks for programs in the folder they are started in.
    const cwd = join(folder, 'work');
    await mkdir(cwd);
    if (signal.aborted) return notRun('The terminal was closed.');
    return await run(line, { handover, path, cwd }, signal, limits);
  } catch (error) {
    return notRun(explain(error, line.command));
  } finally {
    // A program that is still going on may hold it; the system clears its temporary folder.
    if (folder !== null) await rm(folder, { recursive: true, force: true }).catch(() => {});
  }
}

/** Where the command finds the content: a received file itself, or a copy of a message's, whether it came with it or was fetched. */
async function placeContent({ content, name }: Handover, folder: string): Promise<string> {
  if (content.kind === 'file') return content.path;
  const path = join(folder, 'content', name);
  await mkdir(join(folder, 'content'));
  if (content.kind === 'kept') await writeFile(path, await content.read(), { mode: 0o600 });
  else await copyFile(content.path, path, constants.COPYFILE_FICLONE);
  return path;
}

type Start = { readonly handover: Handover; readonly path: string; readonly cwd: string };

async function run(
  line: CommandLine,
  { handover, path, cwd }: Start,
  signal: AbortSignal,
  { timeoutMs }: CommandLimits,
): Promise<HandResult> {
  const facts = factsOf(handover, path);
  const child = spawn(
    line.command,
    line.arguments.map((argument) => fillIn(argument, facts)),
    {
      cwd,
      shell: false,
      windowsHide: true,
      // A group of its own, so that what it starts can be killed with it.
      detached: POSIX,
      env: { ...process.env, ...environmentOf(facts) },
    },
  );
  const output = collectOutput(child);
  let stopped: string | null = null;
  const stop = (why: string) => {
    stopped ??= why;
    killGroup(child);
  };
  const timer = setTimeout(() => stop(`It ran for more than ${timeoutMs / 1000} s.`), timeoutMs);
  const onAbort = () => stop('The terminal was closed.');
  signal.addEventListener('abort', onAbort);
  try {
    const ended = endOf(child);
    void feed(child, handover);
    const { code, killedBy } = await ended;
    const detail = [stopped, output()].filter(Boolean).join(' ');
    if (stopped !== null) return { ok: false, title: 'Command stopped', detail };
    if (code === null) return { ok: false, title: `Command ended by ${killedBy}`, detail };
    return { ok: code === 0, title: `Command ended with ${code}`, detail };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

/** Writes the content to standard input. A command may close it unread. */
async function feed(child: ChildProcessWithoutNullStreams, { content }: Handover): Promise<void> {
  try {
    await pipeline(await openContent(content), child.stdin);
  } catch {
    child.stdin.destroy();
  }
}

type End = { readonly code: number | null; readonly killedBy: NodeJS.Signals | null };

function endOf(child: ChildProcessWithoutNullStreams): Promise<End> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, killedBy) => resolve({ code, killedBy }));
    child.once('exit', (code, killedBy) => {
      setTimeout(() => {
        for (const stream of child.stdio) stream?.destroy();
        resolve({ code, killedBy });
      }, OUTPUT_WAIT_MS).unref();
    });
  });
}

/** Reads all output so that the command never blocks on it, and keeps the beginning. */
function collectOutput(child: ChildProcessWithoutNullStreams): () => string {
  let kept = Buffer.alloc(0);
  const keep = (chunk: Buffer) => {
    const room = MAX_OUTPUT_BYTES - kept.length;
    if (room > 0) kept = Buffer.concat([kept, chunk.subarray(0, room)]);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  return () => printable(kept);
}

/** Output as one line of text that turns and hides nothing. */
function printable(bytes: Buffer): string {
  return new TextDecoder()
    .decode(bytes, { stream: true })
    .replace(/\s+/g, ' ')
    .replace(/[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '')
    .trim();
}

function killGroup(child: ChildProcessWithoutNullStreams): void {
  try {
    if (POSIX && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    else child.kill('SIGKILL');
  } catch {
    // It has just ended.
  }
}

function notRun(detail: string): HandResult {
  return { ok: false, title: 'Command not run', detail };
}

function explain(error: unknown, command: string): string {
  switch (errorCode(error)) {
    case 'ENOENT':
      return `There is no program ${command}.`;
    case 'EACCES':
      return `${command} may not be run.`;
    default:
      return messageOf(error);
  }
}
