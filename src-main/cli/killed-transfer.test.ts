import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listParts } from '../content/part-manifest.ts';
import { SandboxCore } from '../sandbox/core/core.ts';
import { PushSender } from '../sandbox/sender/sender.ts';
import { bundleCli } from './test-bundle.ts';

const BYTES = 12_000_000;
const TIMEOUT_MS = 20_000;
type Event = Readonly<Record<string, unknown>> & { readonly event: string };

/** Bytes of which no two stretches are alike, so that a wrong offset shows. */
function pattern(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at + 4 <= length; at += 4) bytes.writeUInt32BE(at, at);
  return bytes;
}

describe('a transfer, killed', () => {
  let folder: string;
  let core: SandboxCore;
  let sender: PushSender;
  let cli: string;
  const content = pattern(BYTES);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'killed-transfer-'));
    await writeFile(join(folder, 'firmware.img'), content);
    const users = ['bob', 'psa'].map((name) => ({ name, password: 'secret' }));
    core = await SandboxCore.open({ host: '127.0.0.1', port: 0, domain: 'push.test', users });
    sender = await PushSender.open({
      core: core.uri,
      as: 'sip:psa@push.test',
      credentials: { username: 'psa', password: 'secret' },
      onResult: () => {},
    });
    cli = await bundleCli('killed-transfer-test');
  });

  afterEach(async () => {
    await sender.close();
    await core.close();
    await rm(folder, { recursive: true });
  });

  /** Starts the terminal, always on the same data folder, and tells its events as they come. */
  async function start(): Promise<Headless> {
    const profile = join(folder, 'bob.json');
    const auth = { username: 'bob', password: 'secret' };
    const files = { decide: 'accept' };
    await writeFile(
      profile,
      JSON.stringify({ name: 'bob', aor: 'sip:bob@push.test', core: core.uri, auth, files }),
    );
    const args = [cli, 'headless', '--profile', profile, '--data', join(folder, 'data')];
    const terminal = new Headless(spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] }));
    await terminal.event('registered');
    return terminal;
  }

  function push(from = 1): Promise<unknown> {
    const files = [{ path: join(folder, 'firmware.img'), from }];
    const to = 'sip:bob@push.test';
    const request = { to, application: 'mms.ua', files, report: true, chunkBytes: 4096 };
    return sender.settled(sender.files(request).id);
  }

  /** A transfer that is killed in the middle; the terminal is started again. */
  async function interrupted(): Promise<{ readonly terminal: Headless; readonly part: Event }> {
    const first = await start();
    void push();
    await first.event('progress');
    // What was received is on disk a moment later.
    const kept = join(folder, 'data', 'files', 'bob');
    await expect.poll(async () => (await listParts(kept))[0]?.bytes, { interval: 5 }).toBeGreaterThan(0);
    await first.kill();
    await expect.poll(() => core.bindings().length, { timeout: 10_000 }).toBe(0);
    const terminal = await start();
    const part = await terminal.event('part');
    expect(part).toMatchObject({ index: 0, bytes: expect.any(Number) });
    expect(Number(part['bytes'])).toBeLessThan(BYTES);
    const bytes = await readFile(String(part['path']));
    expect(bytes.equals(content.subarray(0, Number(part['bytes'])))).toBe(true);
    return { terminal, part };
  }

  async function expectWhole(file: Event): Promise<void> {
    expect(file).toMatchObject({ bytes: BYTES, verified: true });
    expect((await readFile(String(file['path']))).equals(content)).toBe(true);
    expect(await readdir(join(folder, 'data', 'files', 'bob'))).toEqual(['firmware.img']);
  }

  it(
    'is asked of its sender from where it broke, and becomes the whole file (RFC 5547 §8.2.2)',
    async () => {
      const { terminal, part } = await interrupted();
      terminal.say({ do: 'resume', offer: part['offer'], index: 0 });
      const from = Number(part['bytes']) + 1;
      expect(await terminal.event('resuming')).toMatchObject({ offer: part['offer'], from });
      await expectWhole(await terminal.event('file', ({ offer }) => offer === part['offer']));
      expect(await terminal.event('report')).toMatchObject({ status: '000 200' });
      expect(await terminal.event('ended')).toMatchObject({ offer: part['offer'] });
      await terminal.quit();
    },
    TIMEOUT_MS,
  );

  it(
    'goes on with an offer of the rest, and becomes the whole file (RFC 5547 §8.3.1)',
    async () => {
      const { terminal, part } = await interrupted();
      const sent = push(Number(part['bytes']) + 1);
      await expectWhole(await terminal.event('file'));
      expect(await sent).toMatchObject({ state: 'delivered' });
      await terminal.quit();
    },
    TIMEOUT_MS,
  );
});

/** A headless terminal as a child process. */
class Headless {
  readonly #child: ChildProcess;
  readonly #events: Event[] = [];
  #wake: () => void = () => {};

  constructor(child: ChildProcess) {
    this.#child = child;
    if (child.stdout === null) throw new Error('The terminal has no output.');
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.#events.push(JSON.parse(line) as Event);
      this.#wake();
    });
  }

  /** The first event with this name that fits, waiting for it. */
  async event(name: string, fits: (event: Event) => boolean = () => true): Promise<Event> {
    for (;;) {
      const found = this.#events.find((event) => event.event === name && fits(event));
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  say(command: object): void {
    this.#child.stdin?.write(`${JSON.stringify(command)}\n`);
  }

  async quit(): Promise<void> {
    const ended = once(this.#child, 'close');
    this.say({ do: 'quit' });
    await ended;
  }

  async kill(): Promise<void> {
    const ended = once(this.#child, 'close');
    this.#child.kill('SIGKILL');
    await ended;
  }
}
