import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openHistory } from '../history/history.ts';
import type { PushRecord } from '../history/records.ts';
import { pushRequest, TestCore } from '../sip/test-core.ts';

const ROUNDS = 10;
const BURST = 400;
const PAGE = 500;
const MAX_BYTES = 1024;
const TIMEOUT_MS = 30_000;
const HEADERS = [
  'Accept-Contact: *;+g.oma.pusheventapp="mms.ua"',
  'P-Asserted-Identity: <sip:psa@push.test>',
  'Content-Type: text/plain',
];

describe('headless, killed', () => {
  let folder: string;
  let core: TestCore;
  let cli: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'killed-'));
    core = await TestCore.open();
    cli = await bundleCli();
  });

  afterEach(async () => {
    await core.close();
    await rm(folder, { recursive: true });
  });

  async function startHeadless(): Promise<ChildProcess> {
    const profile = join(folder, 'bob.json');
    const settings = {
      name: 'bob',
      aor: 'sip:bob@push.test',
      core: `sip:127.0.0.1:${core.port};transport=tcp`,
    };
    await writeFile(profile, JSON.stringify(settings));
    const args = ['headless', '--profile', profile, '--data', join(folder, 'data')];
    const child = spawn(process.execPath, [cli, ...args], { stdio: ['pipe', 'ignore', 'inherit'] });
    const register = await core.request('REGISTER');
    core.answer(register, 200, [`Contact: ${register.header('Contact')}`, 'Expires: 3600']);
    return child;
  }

  async function keptPushes(): Promise<ReadonlyMap<string, string | undefined>> {
    const history = await openHistory(join(folder, 'data'));
    const kept = new Map<string, string | undefined>();
    let last: PushRecord | undefined;
    for (let more = true; more; ) {
      const page = await history.list({ limit: PAGE, before: last?.id ?? null });
      for (const record of page.records) {
        kept.set(record.callId, (await history.content(record, MAX_BYTES))?.toString());
      }
      last = page.records.at(-1);
      more = page.more;
    }
    await history.close();
    return kept;
  }

  it(
    'has every push that it answered 200, whenever in a burst it was killed (PRA-PAG-06)',
    async () => {
      const answered: string[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        const child = await startHeadless();
        const killAfter = Math.floor(Math.random() * BURST);
        const ended = once(child, 'close');
        for (let i = 0; i < BURST; i += 1) {
          const callId = `${round}-${i}`;
          core.send(pushRequest('MESSAGE', { callId, branch: callId, headers: HEADERS, body: callId }));
        }
        for (let count = 0; count <= killAfter; count += 1) {
          const answer = await core.response();
          if (answer.code === 200) answered.push(answer.callId);
        }
        child.kill('SIGKILL');
        await ended;
      }
      const kept = await keptPushes();
      expect(answered.length).toBeGreaterThanOrEqual(ROUNDS);
      expect(answered.filter((callId) => kept.get(callId) !== callId)).toEqual([]);
    },
    TIMEOUT_MS,
  );
});

/** The command line as one file, inside the project so that it finds its modules. Answers its path. */
async function bundleCli(): Promise<string> {
  const outDir = join(import.meta.dirname, '../../node_modules/.cache/killed-test');
  await build({
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: join(import.meta.dirname, '../cli.ts'),
      outDir,
      rolldownOptions: { output: { entryFileNames: 'cli.mjs' } },
    },
  });
  return join(outDir, 'cli.mjs');
}
