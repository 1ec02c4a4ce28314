import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { App } from './pages/app.ts';
import type { DeskPage } from './pages/desk.ts';
import { screenshots } from './pages/screenshots.ts';

const BOB = 'Bob · desk';

test.describe('the Applications tab, with the sandbox', () => {
  let app: App;
  let desk: DeskPage;
  let folder: string;

  test.beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'push-terminal-applications-'));
    app = await App.launch();
    await app.inbox.startSandbox();
    desk = await app.openDesk();
    await desk.toTerminal(BOB);
  });

  test.afterEach(async () => {
    await app.close();
    await rm(folder, { recursive: true });
  });

  test('a folder takes a copy of what is pushed, and the row shows name and icon', async () => {
    const { applications, inbox } = app;
    await applications.open(BOB);
    await applications.edit('mms.ua');
    await applications.fill('Name', 'Pictures');
    await applications.fill('Icon', '★');
    await applications.choose('What becomes of its pushes', 'Save a copy to a folder');
    await app.electron.evaluate(
      ({ dialog }, path) => {
        dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [path] });
      },
      join(folder, 'in'),
    );
    await applications.dialog.getByRole('button', { name: 'Choose the folder' }).click();
    await expect(applications.dialog.getByLabel('Folder', { exact: true })).toHaveValue(join(folder, 'in'));
    await applications.choose('Notification', 'Sender only');
    await applications.save();
    await expect(applications.row('mms.ua')).toContainText('Pictures');
    await expect(applications.row('mms.ua')).toContainText('Sender only');
    await screenshots(app, 'applications-folder');

    await desk.pushMessage('to the folder');
    await expect(applications.row('mms.ua')).toContainText('1 new');
    await applications.panel.getByRole('button', { name: /^Show 1 push for mms\.ua/ }).click();
    await expect(inbox.rows()).toHaveCount(1);
    await expect(inbox.rows('to the folder')).toContainText('Pictures');
    await expect(inbox.rows('to the folder')).toContainText('★');
    await inbox.open('to the folder');
    await inbox.tab('Delivery');
    await expect(inbox.delivery).toContainText('Saved to folder');
    expect(await readFile(join(folder, 'in', 'to the folder.txt'), 'utf8')).toBe('to the folder');
    await screenshots(app, 'applications-inbox');
    await inbox.page.getByRole('button', { name: 'Show all' }).click();
    await expect(inbox.page.getByText('Only for')).toHaveCount(0);
  });

  test('a command runs only after it was allowed', async () => {
    const { applications, inbox } = app;
    const out = join(folder, 'out');
    await mkdir(out);
    await applications.open(BOB);
    await applications.edit('mms.ua');
    await applications.choose('What becomes of its pushes', 'Run a command');
    await applications.fill('Program', process.execPath);
    const source = `require('node:fs').writeFileSync(process.argv[1], require('node:fs').readFileSync(0) + process.argv[2])`;
    for (const [index, argument] of ['-e', source, join(out, 'ran.txt'), ' for {application}'].entries())
      await applications.addArgument(index + 1, argument);
    await expect(applications.dialog).toContainText('Commands are turned off');
    await screenshots(app, 'applications-command');
    await applications.save();
    await expect(applications.row('mms.ua')).toContainText('turned off');

    await desk.pushMessage('first');
    await applications.page.getByRole('tab', { name: 'Inbox' }).click();
    await inbox.open('first');
    await inbox.tab('Delivery');
    await expect(inbox.delivery).toContainText('Command not run');
    await expect(inbox.delivery).toContainText('turned off');

    await applications.open(BOB);
    await applications.permission('Run commands').check();
    await expect(applications.panel).toContainText('Commands run as you');
    await expect(applications.row('mms.ua')).not.toContainText('turned off');
    await desk.pushMessage('second');
    await applications.page.getByRole('tab', { name: 'Inbox' }).click();
    await inbox.open('second');
    await inbox.tab('Delivery');
    await expect(inbox.delivery).toContainText('Command ended with 0');
    expect(await readFile(join(out, 'ran.txt'), 'utf8')).toBe('second for mms.ua');
  });

  test('rules make the next push wait, or get 403, and can be begun from a push', async () => {
    const { applications, inbox } = app;
    await applications.open(BOB);
    await applications.newRuleField('Sender').fill('sip:psa@push.test');
    await applications.newRuleField('Decision').selectOption('Ask me');
    await applications.addRule();
    await expect(applications.rules()).toHaveCount(1);
    await expect(await applications.tryIt('psa@push.test', 'mms.ua', 'text/plain')).toContainText(
      'by rule 1',
    );
    await expect(await applications.tryIt('psa@push.test', 'x.ua', 'text/plain')).toContainText(
      'does not serve',
    );
    await expect(await applications.tryIt('a@evil.test', 'mms.ua', 'text/plain')).toContainText(
      'not on the list',
    );
    await desk.pushMessage('may I?');
    await applications.page.getByRole('tab', { name: 'Inbox' }).click();
    // What waits shows nothing of its content.
    await expect(inbox.rows('Waiting for you')).toHaveCount(1);
    await inbox.open('Waiting for you');
    await screenshots(app, 'applications-link');
    await inbox.detail.getByRole('button', { name: 'Rule for this sender…' }).click();
    await expect(applications.newRuleField('Sender')).toHaveValue('sip:psa@push.test');
    await expect(applications.newRuleField('Application')).toHaveValue('mms.ua');
    await expect(applications.newRuleField('Content type')).toHaveValue('text/plain');
    await applications.newRuleField('Decision').selectOption('Deny (403)');
    await screenshots(app, 'applications-rule');
    await applications.addRule();
    await expect(applications.rules()).toHaveCount(2);
    await expect(applications.ruleField('Decision', 1)).toHaveValue('deny');
    await desk.pushMessage('denied');
    await applications.page.getByRole('tab', { name: 'Inbox' }).click();
    await expect(inbox.rows('Refused')).toContainText('403');
    await inbox.open('Refused');
    await screenshots(app, 'applications-refused');

    await applications.open(BOB);
    await applications.trust.getByRole('button', { name: 'Move rule 2 up' }).click();
    await expect(applications.ruleField('Decision', 1)).toHaveValue('ask');
    await applications.trust.getByRole('button', { name: 'Remove rule 2' }).click();
    await expect(applications.rules()).toHaveCount(1);
    await applications.ruleField('Sender', 1).fill('*@other.test');
    await applications.ruleField('Sender', 1).press('Enter');
    await desk.pushMessage('welcome');
    await applications.page.getByRole('tab', { name: 'Inbox' }).click();
    await expect(inbox.rows('welcome')).toContainText('200 OK');
  });
});
