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
  await writeFile(join(folder, 'picture.jpg'), 'picture');
  const app = await App.launch();
  const { inbox, registration } = app;
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
      await registration.leave();
      await inbox.showAll('Bob · desk');
    }
    await inbox.open('picture.jpg offered');
    await inbox.accept('all');
    await expect(inbox.file('picture.jpg')).toContainText('verified');
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
