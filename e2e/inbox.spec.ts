import AxeBuilder from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';
import { App } from './pages/app.ts';
import { screenshots } from './pages/screenshots.ts';

const BOB = 'sip:bob@push.test';

test('the inbox searches, saves, marks, pins, chooses many, and deletes with Undo', async () => {
  const app = await App.launch();
  const { inbox } = app;
  const { page } = inbox;
  const push = (text: string, application = 'mms.ua') =>
    page.evaluate((message) => window.pushTerminal.call('sender.message', message), {
      to: BOB,
      application,
      contentType: 'text/plain',
      text,
    });
  const all = inbox.terminal('Bob · desk').getByRole('img', { name: /unread/ });
  try {
    await inbox.startSandbox();
    for (const text of ['parcel one', 'parcel two', 'letter', 'stamp', 'card']) await push(text);
    await expect(inbox.rows()).toHaveCount(10);
    await expect(all).toHaveAccessibleName('5 unread');
    await page.getByRole('button', { name: 'All terminals' }).waitFor();

    // One terminal has counts of its own.
    await inbox.show('Bob · desk');
    await expect(inbox.rows()).toHaveCount(5);
    await expect(inbox.filterButton('Unread')).toHaveText('Unread 5');
    await inbox.search('parcel');
    await expect(inbox.rows()).toHaveCount(2);
    await push('parcel three');
    await expect(inbox.rows('parcel three')).toHaveCount(1);
    await inbox.search('');
    await expect(inbox.rows()).toHaveCount(6);

    // Keys: the newest is first.
    await inbox.list.focus();
    await page.keyboard.press('Home');
    await expect(all).toHaveAccessibleName('5 unread');
    await page.keyboard.press('u');
    await expect(all).toHaveAccessibleName('6 unread');
    await page.keyboard.press('j');
    await page.keyboard.press('p');
    await expect(inbox.rows('card').getByRole('img', { name: 'Pinned' })).toBeVisible();
    await page.keyboard.press('Shift+ArrowDown');
    await page.keyboard.press('Shift+ArrowDown');
    await expect(page.getByRole('region', { name: 'Selected pushes' })).toContainText('3 pushes selected');
    await screenshots(app, 'inbox-selected');
    expect(await findings(page)).toEqual([]);
    await page.keyboard.press('Delete');
    await expect(page.getByText('Deleted 3 pushes.')).toBeVisible();
    await expect(inbox.rows()).toHaveCount(3);
    await expect(inbox.filterButton('All')).toHaveText('All 3');
    await screenshots(app, 'inbox-undo');
    await page.keyboard.press('Control+z');
    await expect(inbox.rows()).toHaveCount(6);
    await expect(inbox.rows('card').getByRole('img', { name: 'Pinned' })).toBeVisible();
    await inbox.list.focus();
    await page.keyboard.press('Control+a');
    await expect(page.getByRole('region', { name: 'Selected pushes' })).toContainText('6 pushes selected');
    await page.keyboard.press('Escape');

    // And with the mouse.
    await inbox.rows('stamp').click();
    await inbox.rows('parcel two').click({ modifiers: ['Shift'] });
    await expect(page.getByRole('option', { selected: true })).toHaveCount(3);
    await inbox.rows('letter').click({ modifiers: ['ControlOrMeta'] });
    await expect(page.getByRole('option', { selected: true })).toHaveCount(2);
    await inbox.rows('card').click();
    await expect(page.getByRole('option', { selected: true })).toHaveCount(1);

    // The help puts keys into the search; what is wrong is said under it.
    await page.getByRole('button', { name: 'How to search' }).click();
    await expect(page.getByRole('dialog', { name: 'How to search' })).toBeVisible();
    await screenshots(app, 'inbox-help');
    expect(await findings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Search for state:', exact: true }).click();
    await expect(inbox.searchField).toBeFocused();
    await page.keyboard.type('wrong');
    await expect(inbox.searchField).toHaveValue('state:wrong');
    await expect(page.getByText('state: takes received')).toBeVisible();
    await screenshots(app, 'inbox-problem');
    expect(await findings(page)).toEqual([]);
    await inbox.search('is:pinned');
    await expect(inbox.rows()).toHaveCount(1);
    await page.getByRole('button', { name: 'Saved', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Save this search…' }).click();
    await page.getByLabel('Name', { exact: true }).fill('Pins');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await expect(page.getByRole('button', { name: 'Pins', exact: true })).toBeVisible();

    // Deleted for good on quitting; the rest, the pin and the saved search are there again.
    await inbox.search('');
    await inbox.open('letter');
    await page.keyboard.press('Delete');
    await expect(inbox.rows('letter')).toHaveCount(0);
    await app.restart();
    await app.inbox.page.getByRole('button', { name: 'Saved', exact: true }).click();
    await app.inbox.page.getByRole('menuitem', { name: /Pins/ }).click();
    await expect(app.inbox.rows()).toHaveCount(1);
    await app.inbox.search('letter');
    await expect(app.inbox.rows()).toHaveCount(1);
    await screenshots(app, 'inbox-saved');
  } finally {
    await app.close();
  }
});

test('history keeps no more than it is told, but what is pinned', async () => {
  const app = await App.launch();
  const { inbox } = app;
  const { page } = inbox;
  try {
    await inbox.startSandbox();
    for (let count = 1; count <= 4; count += 1) {
      await page.evaluate((text) => {
        const message = { to: 'sip:bob@push.test', application: 'mms.ua', contentType: 'text/plain', text };
        return window.pushTerminal.call('sender.message', message);
      }, `number ${count}`);
    }
    await expect(inbox.rows()).toHaveCount(8);
    await inbox.rows('number 1').first().click();
    await page.keyboard.press('p');
    await expect(inbox.rows().getByRole('img', { name: 'Pinned' })).toHaveCount(1);
    await page.getByRole('button', { name: /8 pushes kept/ }).click();
    const dialog = page.getByRole('dialog', { name: 'What history keeps' });
    await dialog.getByLabel('Pushes at most').fill('3');
    await screenshots(app, 'retention');
    expect(await findings(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Keep so much' }).click();
    await expect(inbox.rows()).toHaveCount(3);
    await expect(inbox.rows('number 1')).toHaveCount(1);
    await page.getByRole('button', { name: /3 pushes kept/ }).waitFor();
    await inbox.list.focus();
    await page.keyboard.press('?');
    await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
    await screenshots(app, 'shortcuts');
    expect(await findings(page)).toEqual([]);
  } finally {
    await app.close();
  }
});

async function findings(page: Page): Promise<readonly string[]> {
  const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}`));
}
