import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openHistory } from '../history/history.ts';
import type { PushRecord } from '../history/records.ts';
import { SandboxCore } from '../sandbox/core/core.ts';
import { PushSender } from '../sandbox/sender/sender.ts';
import type { SipResponse } from '../sip/message.ts';
import { pushRequest, TestCore } from '../sip/test-core.ts';
import { bundleCli } from './test-bundle.ts';

const SEED = 20_261_121;
/** Kills of each kind; PUSH_TERMINAL_KILLS=200 for the whole proof. */
const ROUNDS = Number(process.env['PUSH_TERMINAL_KILLS'] ?? 10);
const BURST = 400;
const SMALL_BURST = 150;
const PAGE = 500;
const MAX_BYTES = 1024 * 1024;
/** Every so many pushes one is long enough for the vault. */
const LONG_EVERY = 50;
const LONG_BYTES = 70_000;
const TIMEOUT_MS = ROUNDS * 6_000;
const HEADERS = [
  'Accept-Contact: *;+g.oma.pusheventapp="mms.ua"',
  'P-Asserted-Identity: <sip:psa@push.test>',
  'Content-Type: text/plain',
];

describe('headless, killed', () => {
  let folder: string;
  let core: TestCore;
  let cli: string;
  let random: () => number;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'killed-'));
    core = await TestCore.open();
    cli = await bundleCli('killed-test');
    random = seeded();
  });

  afterEach(async () => {
    await core.close();
    await rm(folder, { recursive: true });
  });

  /** Starts the terminal, always on the same data folder. */
  async function startHeadless(settings: object): Promise<ChildProcess> {
    const profile = join(folder, 'bob.json');
    await writeFile(profile, JSON.stringify({ name: 'bob', aor: 'sip:bob@push.test', ...settings }));
    const args = ['headless', '--profile', profile, '--data', join(folder, 'data')];
    return spawn(process.execPath, [cli, ...args], { stdio: ['pipe', 'ignore', 'inherit'] });
  }

  async function startRegistered(): Promise<ChildProcess> {
    const child = await startHeadless({ core: `sip:127.0.0.1:${core.port};transport=tcp` });
    const register = await core.request('REGISTER');
    core.answer(register, 200, [`Contact: ${register.header('Contact')}`, 'Expires: 3600']);
    return child;
  }

  /** Contents of all pushes in history, sorted. */
  async function keptContents(): Promise<readonly string[]> {
    const history = await openHistory(join(folder, 'data'));
    const kept: string[] = [];
    let last: PushRecord | undefined;
    for (let more = true; more; ) {
      const page = await history.list({ limit: PAGE, before: last?.id ?? null });
      for (const record of page.records) {
        const content = await history.content(record, MAX_BYTES);
        if (record.body.kind !== 'content' || content === null)
          throw new Error(`${record.callId} lost its content`);
        expect(createHash('sha256').update(content).digest('hex')).toBe(record.body.sha256);
        kept.push(`${content}`.trimEnd());
      }
      last = page.records.at(-1);
      more = page.more;
    }
    await history.close();
    await expectWholeFiles(join(folder, 'data/vault'));
    return kept.sort(byText);
  }

  function sendBurst(round: number, branch: string): void {
    for (let i = 0; i < BURST; i += 1) {
      const callId = `${round}-${i}`;
      core.send(
        pushRequest('MESSAGE', {
          callId,
          branch: `${branch}${callId}`,
          headers: HEADERS,
          body: bodyOf(callId, i),
        }),
      );
    }
  }

  it(
    'has every push once that it answered 200, and answers it again after the next start (PRA-PAG-06)',
    async () => {
      const answered: string[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        const child = await startRegistered();
        if (round > 0) {
          // Its sender repeats the round before, since it saw no answer or a proxy lost it.
          sendBurst(round - 1, 'again');
          for (let i = 0; i < BURST; i += 1) answered.push((await ok()).callId);
        }
        sendBurst(round, 'first');
        const killAfter = Math.floor(random() * BURST);
        for (let count = 0; count <= killAfter; count += 1) answered.push((await ok()).callId);
        await kill(child);
        core.forget();
      }
      const kept = await keptContents();
      expect(kept).toEqual([...new Set(kept)]);
      expect([...new Set(answered)].filter((callId) => !kept.includes(callId))).toEqual([]);
      expect(kept.length).toBeGreaterThanOrEqual((ROUNDS - 1) * BURST);
    },
    TIMEOUT_MS,
  );

  async function ok(): Promise<SipResponse> {
    const answer = await core.response();
    expect(answer.code).toBe(200);
    return answer;
  }

  it(
    'loses no push whose 200 the sender saw through a core',
    async () => {
      const users = ['bob', 'psa'].map((name) => ({ name, password: 'secret' }));
      const sandbox = await SandboxCore.open({ host: '127.0.0.1', port: 0, domain: 'push.test', users });
      const credentials = { username: 'psa', password: 'secret' };
      const as = 'sip:psa@push.test';
      const sender = await PushSender.open({ core: sandbox.uri, as, credentials, onResult: () => {} });
      const delivered: string[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        const auth = { username: 'bob', password: 'secret' };
        const child = await startHeadless({ core: sandbox.uri, auth });
        await expect.poll(() => sandbox.bindings().length, { timeout: 10_000 }).toBe(1);
        const killAfter = Math.floor(random() * SMALL_BURST);
        const before = delivered.length;
        let enough: () => void = () => {};
        const reached = new Promise<void>((resolve) => {
          enough = resolve;
        });
        const ended = Array.from({ length: SMALL_BURST }, async (_unused, i) => {
          const text = `${round}-${i}`;
          const body = Buffer.from(text);
          const push = sender.message({
            to: 'sip:bob@push.test',
            application: 'mms.ua',
            contentType: 'text/plain',
            body,
          });
          const { code } = await sender.settled(push.id);
          if (code === 200) delivered.push(text);
          if (delivered.length > before + killAfter) enough();
        });
        await reached;
        await kill(child);
        await Promise.all(ended);
        await expect.poll(() => sandbox.bindings().length, { timeout: 10_000 }).toBe(0);
      }
      await sender.close();
      await sandbox.close();
      const kept = await keptContents();
      expect(kept).toEqual([...new Set(kept)]);
      expect(delivered.length).toBeGreaterThanOrEqual(ROUNDS);
      expect(delivered.filter((text) => !kept.includes(text))).toEqual([]);
    },
    TIMEOUT_MS,
  );
});

/** Files of the vault have the hash they are called by: none is half a file. */
async function expectWholeFiles(vault: string): Promise<void> {
  for (const { name, parentPath } of await readdir(vault, { recursive: true, withFileTypes: true })) {
    if (name.length !== 64) continue;
    const content = await readFile(join(parentPath, name));
    expect(createHash('sha256').update(content).digest('hex')).toBe(name);
  }
}

/** What a push says: its Call-ID, some with a long end. */
function bodyOf(callId: string, number: number): string {
  return number % LONG_EVERY === 0 ? callId.padEnd(LONG_BYTES) : callId;
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, 'close');
  child.kill('SIGKILL');
  await ended;
}

function byText(a: string, b: string): number {
  return a < b ? -1 : 1;
}

/** The same moments in every run. */
function seeded(): () => number {
  let state = SEED;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state / 2 ** 32;
  };
}
