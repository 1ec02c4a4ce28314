import { expect, test } from '@playwright/test';
import { App } from './pages/app.ts';

test.describe('first start', () => {
  let app: App;

  test.beforeEach(async () => {
    app = await App.launch();
  });

  test.afterEach(() => app.close());

  test('the form says in each field what is wrong, and the window what cannot be reached', async () => {
    const { inbox } = app;
    await inbox.connect({ Name: 'a/b', 'Address of record': 'bob', Applications: '' });
    const form = inbox.page.getByRole('dialog', { name: 'Connect to a core' });
    await expect(form).toContainText('must not hold slashes');
    await expect(form).toContainText('must be a SIP address');
    await expect(form.getByLabel('Name', { exact: true })).toHaveAttribute('aria-invalid', 'true');
    await form.getByLabel('Name', { exact: true }).fill('lab');
    await form.getByLabel('Address of record', { exact: true }).fill('sip:bob@push.test');
    await form.getByLabel('Core', { exact: true }).fill('sip:127.0.0.1:1;transport=tcp');
    await form.getByLabel('Applications', { exact: true }).fill('mms.ua');
    await form.getByRole('button', { name: 'Add and register' }).click();
    await expect(form).toHaveCount(0);
    await expect(inbox.terminal('lab')).toContainText('next try in');
    await expect(inbox.terminal('lab')).toContainText('ECONNREFUSED');
  });

  test('Esc asks before anything typed is lost, however often it is pressed', async () => {
    const { page } = app.inbox;
    await page.getByRole('button', { name: 'Connect to a core' }).first().click();
    const form = page.getByRole('dialog', { name: 'Connect to a core' });
    await form.getByLabel('Name', { exact: true }).fill('lab');
    const question = page.getByRole('alertdialog', { name: 'Discard changes?' });
    for (const asked of [1, 0, 1]) {
      await page.keyboard.press('Escape');
      await expect(question).toHaveCount(asked);
      await expect(form).toHaveCount(1);
    }
    await question.getByRole('button', { name: 'Discard' }).click();
    await expect(form).toHaveCount(0);
  });

  test('the window can reach nothing but the app', async () => {
    const { page } = app.inbox;
    const policy = await page
      .evaluate(async () => (await fetch('/index.html')).headers.get('Content-Security-Policy'))
      .catch((error: Error) => error.message);
    expect(policy).toMatch(/Failed to fetch|default-src 'none'/);
    expect(
      await page.evaluate(() =>
        Object.keys(window).filter((key) => ['require', 'process', 'module', 'electron'].includes(key)),
      ),
    ).toEqual([]);
    expect(
      await page.evaluate(() => Object.keys(window.pushTerminal).sort((a, b) => a.localeCompare(b))),
    ).toEqual(['call', 'listen']);
    expect(await page.evaluate(() => window.open('https://example.com') === null)).toBe(true);
    const refused = await page.evaluate(() =>
      (window.pushTerminal.call as (name: string, argument: unknown) => Promise<unknown>)('push.get', {
        push: '',
        extra: 1,
      }).catch((error: Error) => error.message),
    );
    expect(refused).toMatch(/malformed/);
    const unknown = await page.evaluate(() =>
      (window.pushTerminal.call as (name: string) => Promise<unknown>)('__proto__').catch(
        (error: Error) => error.message,
      ),
    );
    expect(unknown).toMatch(/not known/);
  });
});
