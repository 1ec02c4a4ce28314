import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { App } from './pages/app.ts';

const PICTURE = Buffer.alloc(3_000_000, 'ffd8ffe0', 'hex');
const SHA1 = createHash('sha1').update(PICTURE).digest('hex');

test.describe('the main job in a real window, with the sandbox', () => {
  let app: App;
  let folder: string;

  test.beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'push-terminal-files-'));
    await writeFile(join(folder, 'holiday.jpg'), PICTURE);
    await writeFile(join(folder, 'setup.exe'), 'MZ');
    app = await App.launch();
  });

  test.afterEach(async () => {
    await app.close();
    await rm(folder, { recursive: true });
  });

  test('a message to both terminals, a file to one by its GRUU, accepted by hand, reported on both sides', async () => {
    const { inbox } = app;
    await inbox.startSandbox();
    await expect(inbox.terminal('Bob · desk')).toContainText('gr=…');
    const desk = await app.openDesk();

    await desk.toUser('sip:bob@push.test');
    await desk.pushMessage('Your parcel arrives today');
    await expect(desk.result('Your parcel')).toContainText('Delivered');
    await expect(inbox.rows('Your parcel arrives today')).toHaveCount(2);
    await inbox.open('bob-phone');
    await expect(inbox.detail).toContainText('Your parcel arrives today');
    await expect(inbox.detail).toContainText('asserted by the core');

    await desk.toTerminal('Bob · desk');
    await desk.pushFiles([join(folder, 'holiday.jpg'), join(folder, 'setup.exe')]);
    await expect(desk.result('holiday.jpg')).toContainText('Waiting for the user');
    await expect(inbox.rows('files offered')).toHaveCount(1);
    await inbox.open('2 files offered');
    await expect(inbox.offer.getByRole('timer')).toContainText(/declines itself in 0:\d\d/);
    await expect(inbox.choice('holiday.jpg')).toBeChecked();
    await expect(inbox.choice('setup.exe')).not.toBeChecked();
    await inbox.accept('selected');

    const file = inbox.file('holiday.jpg');
    await expect(file).toContainText('verified');
    await expect(inbox.file('setup.exe')).toContainText('declined');
    await expect(inbox.delivery).toContainText('SHA-1 verified');
    await expect(inbox.delivery).toContainText('REPORT 000 200');
    await expect(inbox.delivery).toContainText('BYE received');
    await expect(inbox.rows('holiday.jpg')).toContainText('Reported');
    await expect(desk.result('holiday.jpg')).toContainText('Delivered, report received');
    await expect(desk.result('holiday.jpg')).toContainText('REPORT 1-3000000/3000000 · Status 000 200 OK');

    const kept = await readFile(join(app.dataFolder, 'files', 'bob-desk', 'holiday.jpg'));
    expect(createHash('sha1').update(kept).digest('hex')).toBe(SHA1);
    await inbox.show('Bob · phone');
    await expect(inbox.rows()).toHaveCount(1);
  });

  test('an offer can be declined by the user and withdrawn by the sender', async () => {
    const { inbox } = app;
    await inbox.startSandbox();
    const desk = await app.openDesk();
    await desk.toTerminal('Bob · desk');
    await desk.pushFiles([join(folder, 'holiday.jpg')]);
    await inbox.open('holiday.jpg offered');
    await inbox.decline();
    await expect(inbox.detail).toContainText('Declined by the user.');
    await expect(desk.result('holiday.jpg')).toContainText('603 · rejected, retry allowed');

    await desk.push();
    await expect(inbox.rows('Waiting for you')).toHaveCount(1);
    await inbox.open('holiday.jpg offered');
    await desk.page.getByRole('button', { name: 'Cancel' }).click();
    await expect(inbox.rows('Cancelled')).toHaveCount(1);
    await expect(inbox.detail).toContainText('The sender withdrew the offer.');
  });

  test('an unknown application is refused, and the window says why and what to do', async () => {
    const { inbox } = app;
    await inbox.startSandbox();
    const desk = await app.openDesk();
    await desk.toTerminal('Bob · phone');
    await desk.pushMessage('hello', 'unknown.ua');
    await expect(desk.result('hello')).toContainText('403 · rejected, no retry');
    await inbox.open('Refused: application');
    await expect(inbox.detail).toContainText('No application of this terminal is called unknown.ua.');
    await expect(inbox.detail).toContainText('Add the application in the Applications tab');
    await inbox.filter('Refused');
    await expect(inbox.rows()).toHaveCount(1);
    await inbox.filter('Messages');
    await expect(inbox.page.getByText('Nothing here fits')).toBeVisible();
  });

  test('search, keys and restart: history is kept', async () => {
    const { inbox } = app;
    await inbox.startSandbox();
    const desk = await app.openDesk();
    await desk.toTerminal('Bob · desk');
    await desk.pushMessage('first words');
    await expect(inbox.rows()).toHaveCount(1);
    await desk.pushMessage('second words');
    await expect(inbox.rows()).toHaveCount(2);
    await inbox.page.keyboard.press('Control+k');
    await expect(inbox.page.getByRole('searchbox')).toBeFocused();
    await inbox.search('FIRST');
    await expect(inbox.rows()).toHaveCount(1);
    await inbox.search('');
    await expect(inbox.rows()).toHaveCount(2);
    await inbox.page.getByRole('listbox', { name: 'Pushes' }).focus();
    await inbox.page.keyboard.press('ArrowDown');
    await expect(inbox.detail).toContainText('second words');
    await inbox.page.keyboard.press('ArrowDown');
    await expect(inbox.detail).toContainText('first words');
    await inbox.page.keyboard.press('Escape');
    await expect(inbox.detail).toHaveCount(0);
  });
});
