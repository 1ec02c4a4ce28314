import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium, expect, test } from '@playwright/test';
import { SandboxCore } from '../src-main/sandbox/core/core.ts';
import { PushSender } from '../src-main/sandbox/sender/sender.ts';
import { InboxPage } from './pages/inbox.ts';

const binary = resolve(import.meta.dirname, '../dist/linux-unpacked/push-terminal');
const START_TIMEOUT_MS = 20_000;

/** The packaged app, which refuses Playwright's own way in: its fuses are off. Answers the address of its debugger. */
function debuggerOf(child: ReturnType<typeof spawn>): Promise<string> {
  return new Promise((found, reject) => {
    let said = '';
    const timer = setTimeout(
      () => reject(new Error(`The package did not start:\n${said}`)),
      START_TIMEOUT_MS,
    );
    child.stderr?.on('data', (bytes: Buffer) => {
      said += bytes.toString();
      const address = /DevTools listening on (ws:\S+)/.exec(said)?.[1];
      if (address === undefined) return;
      clearTimeout(timer);
      found(address);
    });
  });
}

test('the package opens its window and receives a push', async () => {
  expect(existsSync(binary), 'npm run package makes it').toBe(true);
  const folder = await mkdtemp(join(tmpdir(), 'push-terminal-package-'));
  const users = ['bob', 'psa'].map((name) => ({ name, password: 'secret' }));
  const core = await SandboxCore.open({ host: '127.0.0.1', port: 0, domain: 'push.test', users });
  const args = ['--no-sandbox', '--remote-debugging-port=0', `--user-data-dir=${folder}`];
  const child = spawn(binary, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  try {
    const browser = await chromium.connectOverCDP(await debuggerOf(child));
    const [context] = browser.contexts();
    const page = context?.pages()[0] ?? (await context?.waitForEvent('page'));
    if (page === undefined) throw new Error('The package opened no window.');
    const inbox = new InboxPage(page);
    await inbox.connect({
      Name: 'packaged',
      'Address of record': 'sip:bob@push.test',
      Core: core.uri,
      'User name': 'bob',
      Password: 'secret',
    });
    await expect(inbox.terminal('packaged')).toContainText('Registered');
    const sender = await PushSender.open({
      core: core.uri,
      as: 'sip:psa@push.test',
      credentials: { username: 'psa', password: 'secret' },
      onResult: () => {},
    });
    const body = Buffer.from('hello, package');
    const pushed = sender.message({
      to: 'sip:bob@push.test',
      application: 'mms.ua',
      contentType: 'text/plain',
      body,
    });
    expect(await sender.settled(pushed.id)).toMatchObject({ state: 'delivered', code: 200 });
    await inbox.open('hello, package');
    await expect(inbox.detail).toContainText('asserted by the core');
    await sender.close();
    await browser.close();
  } finally {
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    }
    await core.close();
    await rm(folder, { recursive: true, force: true });
  }
});
