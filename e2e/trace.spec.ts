import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';
import { INVITE, INVITE_200, SIP_FLOW } from '../src-main/trace/test-trace.ts';
import { Trace } from '../src-main/trace/trace.ts';
import { App } from './pages/app.ts';

/** Large enough for many chunks: not all of them are kept one by one. */
const PICTURE = Buffer.alloc(300_000, 'ffd8ffe0', 'hex');
const PCAPNG = '0a0d0d0a';

test.describe('the trace', () => {
  let app: App;
  let folder: string;

  test.beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'push-terminal-trace-'));
    await writeFile(join(folder, 'holiday.jpg'), PICTURE);
    app = await App.launch();
    await app.inbox.startSandbox();
  });

  test.afterEach(async () => {
    await app.close();
    await rm(folder, { recursive: true });
  });

  test('shows a push as one ladder of SIP and MSRP, from the push and back, and saves it', async () => {
    const { inbox, trace } = app;
    await pushFile();
    await inbox.detail.getByRole('button', { name: 'Trace', exact: true }).click();
    await expect(trace.page.getByText('Only the call')).toBeVisible();
    await expect(trace.rows(/received from .*SIP INVITE sip:.*1 file · mms\.ua/)).toHaveCount(1);
    await expect(trace.rows(/sent to .*SIP 200 OK \(SDP\).*recvonly/)).toHaveCount(1);
    await expect(trace.rows(/MSRP SEND 1-/)).toHaveCount(1);
    await trace.list.focus();
    await trace.page.keyboard.press('End');
    await expect(trace.message.getByRole('heading')).toContainText('200 OK');
    await expect(trace.rows(/MSRP REPORT 1-300000\/300000, Status: 000 200 OK/)).toHaveCount(1);
    await expect(trace.rows(/SIP BYE/)).toHaveCount(1);
    await trace.page.keyboard.press('Home');
    await expect(trace.message).toContainText('INVITE sip:');
    await expect(trace.message.getByText('Call-ID:')).toBeVisible();
    await expect(trace.message).toContainText(/received \d\d:\d\d:\d\d\.\d{6} by bob-desk/);
    await picture('trace');

    await saveAs(join(folder, 'push.pcapng'));
    await trace.choose(/^pcapng/);
    await expect(trace.page.getByText(/^Saved \d+ messages to/)).toBeVisible();
    expect((await readFile(join(folder, 'push.pcapng'))).subarray(0, 4).toString('hex')).toBe(PCAPNG);
    await saveAs(join(folder, 'push.svg'));
    await trace.choose(/^Ladder/);
    await expect.poll(() => readFile(join(folder, 'push.svg'), 'utf8').catch(() => '')).toContain('<svg');

    await trace.message.getByRole('button', { name: 'Open in Inbox' }).click();
    await expect(inbox.detail.getByRole('heading', { level: 1 })).toContainText('holiday.jpg');
  });

  test('is searched, filtered, paused and cleared; credentials are masked', async () => {
    const { trace, inbox } = app;
    const desk = await app.openDesk();
    await desk.toTerminal('Bob · desk');
    await desk.pushMessage('a message of words');
    await expect(inbox.rows('a message of words')).toHaveCount(1);
    await desk.pushMessage('for nobody', 'unknown.ua');
    await expect(inbox.rows('Refused')).toHaveCount(1);
    await trace.open();
    await trace.search('a MESSAGE of words');
    await expect(trace.list.getByRole('option')).toHaveCount(1);
    await expect(trace.rows(/SIP MESSAGE/)).toHaveCount(1);
    await trace.search('Authorization: digest');
    const authorized = trace.rows(/SIP REGISTER/);
    await expect(authorized.first()).toBeVisible();
    await authorized.first().click();
    await expect(trace.message).toContainText('response="***"');
    await trace.search('');
    await trace.toggle('Errors only');
    await expect(trace.rows(/SIP 403/)).toHaveCount(1);
    await expect(trace.list.getByRole('option')).toHaveCount(1);
    await trace.toggle('Errors only');
    await trace.page.getByLabel('Method').selectOption('MESSAGE');
    await expect(trace.list.getByRole('option')).toHaveCount(4);
    await trace.page.getByLabel('Method').selectOption('Any method');
    const before = await trace.list.getByRole('option').count();
    await trace.toggle(/^Keep-alives [1-9]/);
    await expect(trace.rows(/SIP (Ping|Pong)/).first()).toBeVisible();
    expect(before).toBeGreaterThan(0);
    await trace.toggle(/^Keep-alives/);
    await trace.page.getByRole('button', { name: 'List', exact: true }).click();
    await picture('trace-list');
    await trace.toggle('Pause');
    await trace.choose('Clear the trace');
    await expect(trace.page.getByText('Recording is paused')).toBeVisible();
    await trace.toggle('Record');
    await desk.pushMessage('recorded again');
    await expect(trace.rows(/SIP MESSAGE/)).toHaveCount(1);
  });

  test('a report of a problem is listed before it is saved, and holds no secrets', async () => {
    const { trace } = app;
    await trace.open();
    await expect(trace.rows(/SIP REGISTER/).first()).toBeVisible();
    await trace.choose('Report a problem…');
    const dialog = trace.page.getByRole('dialog', { name: 'Report a problem' });
    for (const name of ['versions.txt', 'profile-1.json', 'trace.pcapng', 'log.txt'])
      await expect(dialog.getByText(name)).toBeVisible();
    await picture('report');
    expect(await findings(trace.page)).toEqual([]);
    await saveAs(join(folder, 'report.zip'));
    await dialog.getByRole('button', { name: 'Save…' }).click();
    await expect(trace.page.getByText(/^Saved the report to/)).toBeVisible();
    const bytes = await readFile(join(folder, 'report.zip'));
    expect(bytes.subarray(0, 2).toString()).toBe('PK');
  });

  test('axe finds nothing, dark and light, wide and narrow', async () => {
    const { trace } = app;
    await pushFile();
    await app.inbox.detail.getByRole('button', { name: 'Trace', exact: true }).click();
    await trace.rows(/SIP INVITE/).click();
    for (const colorScheme of ['dark', 'light'] as const) {
      await trace.page.emulateMedia({ colorScheme });
      for (const [width, height] of [
        [1360, 860],
        [1024, 700],
      ] as const) {
        await app.resize(width, height);
        expect(await findings(trace.page)).toEqual([]);
        await picture(`trace-${colorScheme}-${width}`);
      }
    }
    await trace.page.getByRole('button', { name: 'Save…' }).click();
    await trace.page.getByRole('menuitem', { name: /^pcapng/ }).waitFor();
    expect(await findings(trace.page)).toEqual([]);
    await picture('trace-menu');
  });

  async function pushFile(): Promise<void> {
    const { inbox } = app;
    const desk = await app.openDesk();
    await desk.toTerminal('Bob · desk');
    await desk.pushFiles([join(folder, 'holiday.jpg')]);
    await inbox.open('holiday.jpg offered');
    await inbox.accept('all');
    await expect(inbox.rows('holiday.jpg')).toContainText('Reported');
    await expect(inbox.delivery).toContainText('BYE received');
  }

  /** The system's dialog for saving is the one thing a test cannot click, so it answers this path. */
  async function saveAs(path: string): Promise<void> {
    await app.electron.evaluate(({ dialog }, filePath) => {
      dialog.showSaveDialog = () => Promise.resolve({ canceled: false, filePath });
    }, path);
  }

  async function picture(name: string): Promise<void> {
    const target = process.env['SCREENSHOTS'];
    if (target !== undefined) await app.trace.page.screenshot({ path: join(target, `${name}.png`) });
  }
});

async function findings(page: Page): Promise<readonly string[]> {
  const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}`));
}

const MANY = 100_000;
/** Far above what one frame needs even without a graphics card: only work over all rows fails it. */
const LONGEST_FRAME_MS = 400;

test('100,000 messages kept from an earlier run are shown and scrolled smoothly', async () => {
  const app = await App.launch(async (dataFolder) => {
    const settings = { keep: true, megabytes: 256 } as const;
    const trace = new Trace(dataFolder, settings);
    await trace.change(settings);
    const flow = trace.sip('bob-desk')(SIP_FLOW);
    for (let count = 0; count < MANY; count += 1)
      flow.message(count % 2 === 0 ? 'in' : 'out', count % 2 === 0 ? INVITE : INVITE_200);
    await trace.close();
  });
  const { trace, inbox } = app;
  try {
    await inbox.startSandbox();
    await trace.open();
    await expect(trace.page.getByText(/^100,0\d\d of 100,0\d\d/)).toBeVisible();
    await expect(trace.rows(/SIP (REGISTER|NOTIFY|200 OK, NOTIFY)/).first()).toBeVisible();
    await trace.list.focus();
    await trace.page.keyboard.press('Home');
    await expect(trace.rows(/SIP INVITE/).first()).toBeVisible();
    const longest = await trace.page.evaluate(async () => {
      const scroller = document.querySelector('[role="listbox"]')?.parentElement;
      if (!scroller) throw new Error('There is no list.');
      let worst = 0;
      let before = performance.now();
      for (let step = 0; step < 60; step += 1) {
        scroller.scrollTop += step % 10 === 0 ? scroller.scrollHeight / 7 : 300;
        await new Promise((resolve) => requestAnimationFrame(resolve));
        worst = Math.max(worst, performance.now() - before);
        before = performance.now();
      }
      return worst;
    });
    expect(longest).toBeLessThan(LONGEST_FRAME_MS);
    test.info().annotations.push({ type: 'longest frame', description: `${Math.round(longest)} ms` });
    await trace.search('z9hg4bk-1');
    await expect(trace.page.getByText(/^100,000 of/)).toBeVisible();
  } finally {
    await app.close();
  }
});
