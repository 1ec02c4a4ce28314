import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { App } from './pages/app.ts';

test.describe('the Registration tab, with the sandbox', () => {
  let app: App;

  test.beforeEach(async () => {
    app = await App.launch();
    await app.inbox.startSandbox();
  });

  test.afterEach(() => app.close());

  test('shows who is registered, live, and what went over the wire', async () => {
    const { registration } = app;
    await registration.open('Bob · desk');
    await expect(registration.state).toHaveText('Registered');
    await expect(registration.countdown).toContainText('expires in');
    await expect(registration.fact('Public GRUU')).toContainText('sip:bob@push.test;gr=urn:uuid:');
    await expect(registration.fact('Temporary GRUU')).toContainText('sip:tgruu.');
    await expect(registration.fact('Flow')).toContainText('TCP');
    await expect(registration.fact('Outbound')).toContainText('yes');
    await expect(registration.bindings).toContainText('Live by the reg event package');
    await expect(registration.contacts()).toHaveCount(2);
    await expect(registration.contacts('this terminal')).toHaveCount(1);
    await expect(registration.feature('Digest sign-in')).toContainText('SHA-256');

    await registration.copy('public GRUU').click();
    const copied = await app.electron.evaluate(({ clipboard }) => clipboard.readText());
    expect(copied).toMatch(/^sip:bob@push\.test;gr=urn:uuid:/);

    await registration.toggleExchange();
    await expect(registration.exchange).toContainText('REGISTER sip:push.test SIP/2.0');
    await expect(registration.exchange).toContainText('response="***"');
    await expect(registration.exchange).toContainText('SIP/2.0 200 OK');

    await registration.choice('Bob · phone').click();
    await registration.action('Unregister').click();
    await expect(registration.state).toHaveText('Not registered');
    await registration.choice('Bob · desk').click();
    await expect(registration.contacts()).toHaveCount(1);
  });

  test('serves other applications at once, takes push back, and offers it again', async () => {
    const { inbox, registration } = app;
    await registration.open('Bob · desk');
    await registration.addApplication('dm.ua');
    await expect(registration.served()).toHaveCount(3);
    await expect(registration.contacts('this terminal')).toContainText('dm.ua');
    for (const application of ['mms.ua', 'wml.ua']) await registration.removeButton(application).click();
    await expect(registration.served()).toHaveCount(1);
    await expect(registration.removeButton('dm.ua')).toBeDisabled();

    await registration.action('Withdraw push').click();
    await expect(registration.action('Offer push again')).toBeVisible();
    await expect(inbox.terminal('Bob · desk')).toContainText('push withdrawn');
    await expect(registration.contacts('this terminal')).not.toContainText('dm.ua');
    await registration.action('Offer push again').click();
    await expect(registration.contacts('this terminal')).toContainText('dm.ua');
  });

  test('a terminal has a window of its own, titled with what waits in it', async () => {
    const own = await app.openTerminal('Bob · phone');
    const desk = await app.openDesk();
    await desk.toTerminal('Bob · phone');
    await desk.pushFiles([join(import.meta.dirname, 'pages', 'app.ts')]);
    await expect(own.inbox.rows('app.ts')).toContainText('Waiting for you');
    await expect.poll(() => own.inbox.page.title()).toMatch(/^\(1\) /);
    await own.inbox.open('app.ts');
    await own.inbox.decline();
    await expect.poll(() => own.inbox.page.title()).not.toContain('(1)');
  });

  test('a terminal is duplicated by keyboard, and asks before it is removed', async () => {
    const { inbox, registration } = app;
    const { page } = inbox;
    const choose = async (name: string, item: string) => {
      await page.getByRole('button', { name: `Actions for ${name}` }).press('Enter');
      await page.getByRole('menuitem', { name: item }).press('Enter');
    };
    await choose('Bob · phone', 'Duplicate…');
    await expect(page.getByRole('dialog', { name: /^Duplicate / })).toBeVisible();
    await expect(page.getByLabel('Name', { exact: true })).toBeFocused();
    await page.keyboard.press('Escape');
    await expect(page.getByRole('button', { name: 'Actions for Bob · phone' })).toBeFocused();
    await choose('Bob · phone', 'Duplicate…');
    await page.getByLabel('Name', { exact: true }).fill('bob-tablet');
    await page.getByLabel('Display name', { exact: true }).fill('Bob · tablet');
    await page.keyboard.press('Enter');
    await expect(inbox.terminal('Bob · tablet')).toContainText('Registered');
    await registration.open('Bob · desk');
    await expect(registration.contacts('another terminal')).toHaveCount(2);

    await choose('Bob · tablet', 'Remove terminal…');
    await page.keyboard.press('Escape');
    await expect(page.getByRole('button', { name: 'Actions for Bob · tablet' })).toBeFocused();
    await choose('Bob · tablet', 'Remove terminal…');
    await page.getByRole('button', { name: 'Remove', exact: true }).press('Enter');
    await expect(inbox.terminal('Bob · tablet')).toHaveCount(0);
    await expect(registration.contacts('another terminal')).toHaveCount(1);
  });

  test('a profile is edited in the form, keeps its GRUU, and is exported without its secrets', async () => {
    const { inbox, registration, dataFolder } = app;
    const shown = await inbox.page.getByText(/^core 127\.0\.0\.1:\d+/).textContent();
    const port = /:(\d+)/.exec(shown ?? '')?.[1];
    const before = {
      Name: 'carol',
      'Address of record': 'sip:bob@push.test',
      Core: `sip:127.0.0.1:${port};transport=tcp`,
    };
    // Without a password the core refuses it, and the reason is on screen.
    await inbox.connect(before);
    await registration.open('carol');
    await expect(registration.panel).toContainText('asks for a user name and password');
    await registration.action('Edit profile…').click();
    const form = inbox.page.getByRole('dialog', { name: 'Edit carol' });
    await expect(form.getByLabel('Address of record', { exact: true })).toHaveValue('sip:bob@push.test');
    await form.getByLabel('Display name', { exact: true }).fill('Carol');
    await form.getByRole('button', { name: 'Save' }).click();
    await expect(form).toHaveCount(0);
    await expect(inbox.terminal('Carol')).toBeVisible();

    const path = join(dataFolder, 'carol.json');
    await app.electron.evaluate(({ dialog }, filePath) => {
      dialog.showSaveDialog = async () => ({ canceled: false, filePath });
    }, path);
    await inbox.page.getByRole('button', { name: 'Actions for Carol' }).click();
    await inbox.page.getByRole('menuitem', { name: 'Export profile…' }).click();
    await expect(inbox.page.getByText('Its secrets are left out')).toBeVisible();
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({
      name: 'carol',
      displayName: 'Carol',
      core: before.Core,
    });
  });
});
