import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';
import { App } from './pages/app.ts';

/** What axe finds, as short lines. Electron has no second page for axe to work in, hence legacy mode. */
async function findings(page: Page): Promise<readonly string[]> {
  const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}`));
}

test('axe finds nothing in any screen, dark and light', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'push-terminal-files-'));
  await writeFile(join(folder, 'picture.jpg'), Buffer.from('ffd8ffe0', 'hex'));
  const app = await App.launch();
  const { applications, inbox, registration } = app;
  const { page } = inbox;
  try {
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await findings(page)).toEqual([]);
    }
    await inbox.startSandbox();
    const desk = await app.openDesk();
    await desk.toUser('sip:bob@push.test');
    await desk.pushMessage('hello');
    await desk.toTerminal('Bob · desk');
    await desk.pushMessage('refused', 'unknown.ua');
    await expect(inbox.rows()).toHaveCount(3);
    await desk.pushFiles([join(folder, 'picture.jpg')]);
    await inbox.open('picture.jpg offered');
    for (const colorScheme of ['dark', 'light'] as const) {
      for (const one of [page, desk.page]) await one.emulateMedia({ colorScheme });
      await inbox.open('picture.jpg offered');
      expect(await findings(page)).toEqual([]);
      expect(await findings(desk.page)).toEqual([]);
      await inbox.open('hello');
      await expect(inbox.detail).toContainText('text/plain');
      expect(await findings(page)).toEqual([]);
      await inbox.open('Refused');
      expect(await findings(page)).toEqual([]);
      await registration.open('Bob · desk');
      await registration.toggleExchange();
      await expect(registration.exchange).toContainText('REGISTER sip:push.test');
      expect(await findings(page)).toEqual([]);
      await applications.open('Bob · desk');
      await applications.tryIt('psa@push.test', 'mms.ua', 'text/plain');
      expect(await findings(page)).toEqual([]);
      await applications.edit('mms.ua');
      await applications.choose('What becomes of its pushes', 'Run a command');
      expect(await findings(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await registration.leave();
      await inbox.showAll('Bob · desk');
    }
    await inbox.open('picture.jpg offered');
    await inbox.accept('all');
    await expect(inbox.file('picture.jpg')).toContainText('verified');
    await expect(inbox.report('picture.jpg')).toContainText('sent 000 200');
    expect(await findings(page)).toEqual([]);
    await inbox.tab('Session');
    expect(await findings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Add terminal' }).click();
    expect(await findings(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Actions for Bob · desk' }).click();
    expect(await findings(page)).toEqual([]);
  } finally {
    await app.close();
    await rm(folder, { recursive: true });
  }
});

const MULTIPART = [
  '--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n',
  '--b\r\nContent-Type: application/octet-stream; name="run.exe"\r\n\r\nMZ\u0001\r\n',
  '--b\r\nContent-Type: image/png\r\n\r\n<html>no picture</html>\r\n--b--\r\n',
].join('');
const ELSEWHERE =
  'message/external-body; access-type="URL"; expiration="Sat, 01 Jan 2050 00:00:00 GMT"; URL="https://127.0.0.1:9/news.txt"';

test('axe finds nothing in the content of messages, dark and light', async () => {
  const app = await App.launch();
  const { inbox } = app;
  const { page, detail } = inbox;
  const push = (application: string, contentType: string, text: string) =>
    page.evaluate((message) => window.pushTerminal.call('sender.message', message), {
      to: 'sip:bob@push.test',
      application,
      contentType,
      text,
    });
  try {
    await inbox.startSandbox();
    await page.evaluate(async () => {
      await window.pushTerminal.call('terminal.remove', { terminal: 'bob-phone' });
      const own = await window.pushTerminal.call('terminal.profile', { terminal: 'bob-desk' });
      const rules = [{ application: 'wml.ua', decide: 'ask' as const }];
      await window.pushTerminal.call('terminal.update', { ...own, trust: { ...own.trust, rules } });
    });
    await expect(inbox.terminal('Bob · desk')).toContainText('Registered');
    await push('mms.ua', 'text/vnd.wap.sl', '<sl href="https://push.test/page" action="cache"/>');
    await push('mms.ua', 'multipart/mixed; boundary=b', MULTIPART);
    await push('mms.ua', 'text/html', '<h1>Page</h1>');
    await push('wml.ua', 'text/plain', 'wait');
    await push('mms.ua', ELSEWHERE, 'Content-Type: text/plain\r\n\r\n');
    await expect(inbox.rows()).toHaveCount(5);
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme });
      await inbox.open('text/vnd.wap.sl');
      await detail.getByRole('table', { name: 'Service Loading' }).waitFor();
      expect(await findings(page)).toEqual([]);
      await inbox.open('multipart/mixed');
      for (const part of ['run.exe', 'mismatch']) {
        await detail.getByRole('list', { name: 'Parts' }).getByText(part, { exact: true }).click();
        expect(await findings(page)).toEqual([]);
      }
      await inbox.tab('Raw');
      await detail.getByText('read as', { exact: false }).or(detail.getByText('binary')).waitFor();
      expect(await findings(page)).toEqual([]);
      await inbox.open('text/html');
      await detail.getByRole('button', { name: 'Render safely' }).click();
      await detail.getByTitle('Rendered content').waitFor();
      expect(await findings(page)).toEqual([]);
      await inbox.rows('wml.ua').click();
      await detail.getByRole('button', { name: 'Show anyway' }).click();
      await detail.getByRole('tab', { name: 'Raw' }).waitFor();
      expect(await findings(page)).toEqual([]);
      await inbox.open('news.txt');
      await detail.getByRole('region', { name: 'Content elsewhere' }).waitFor();
      expect(await findings(page)).toEqual([]);
    }
    await detail.getByRole('button', { name: /^Allow and fetch/ }).click();
    await detail.getByRole('button', { name: 'Try again' }).waitFor();
    expect(await findings(page)).toEqual([]);
  } finally {
    await app.close();
  }
});
