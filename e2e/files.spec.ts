import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { expect, test } from '@playwright/test';
import { App } from './pages/app.ts';
import { RealSender } from './pages/real-sender.ts';

const PICTURE = Buffer.alloc(200_000, 'ffd8ffe0', 'hex');
/** One red pixel. */
const ICON = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  'base64',
);
const SVG = '<svg xmlns="http://www.w3.org/2000/svg"><script>document.title = "owned"</script></svg>';
/** Small chunks make a transfer slow enough to be interrupted. */
const SLOW = { chunkBytes: 2048 };

test.describe('files and the person, with the real sandbox sender', () => {
  let app: App;
  let sender: RealSender;

  test.beforeEach(async () => {
    sender = await RealSender.open();
    app = await App.launch();
    await app.inbox.connect(sender.profile);
    await expect(app.inbox.terminal('bob')).toContainText('Registered');
  });

  test.afterEach(async () => {
    await app.close();
    await sender.close();
  });

  const folder = () => join(app.dataFolder, 'files', 'bob');

  async function fileOf(name: string, content: Buffer | string): Promise<string> {
    const path = join(sender.folder, name);
    await writeFile(path, content);
    return path;
  }

  test('a file that is not what was promised waits in quarantine, and is kept or removed by hand', async () => {
    const { inbox } = app;
    const path = await fileOf('holiday.jpg', 'This is no picture.');
    const pushed = sender.push([{ path }]);
    await inbox.open('holiday.jpg offered');
    await inbox.accept('all');
    const row = inbox.file('holiday.jpg');
    await expect(row).toContainText('quarantined');
    await expect(row).toContainText('The content is text/plain, but image/jpeg was promised.');
    await expect(row).toContainText(join(folder(), 'quarantine', 'holiday.jpg.quarantined-'));
    await expect(inbox.delivery).toContainText('REPORT 000 415');
    await expect(inbox.rows('holiday.jpg')).toContainText('Quarantined');
    expect((await pushed).reason).toContain('The terminal reported a failure: 415');
    expect(await readdir(folder())).toEqual(['quarantine']);
    await screenshots(app, 'files-quarantine');

    await inbox.fileAction('Keep holiday.jpg anyway').click();
    await expect(row).toContainText('kept unverified');
    await expect(inbox.rows('holiday.jpg')).toContainText('Kept');
    expect(await readFile(join(folder(), 'holiday.jpg'), 'utf8')).toBe('This is no picture.');
    await expect(inbox.fileAction('Open holiday.jpg')).toHaveCount(0);
    await expect(inbox.fileAction('Show holiday.jpg in folder')).toBeVisible();
    await screenshots(app, 'files-kept');

    void sender.push([{ path: await fileOf('other.jpg', 'No picture either.') }]);
    await inbox.open('other.jpg offered');
    await inbox.accept('all');
    await inbox.fileAction('Remove other.jpg').click();
    await expect(inbox.file('other.jpg')).toContainText('failed');
    await expect(inbox.fileAction('Remove other.jpg')).toHaveCount(0);
    expect(await readdir(join(folder(), 'quarantine'))).toEqual([]);
  });

  test('a file that is here already says so, and is taken again only on request', async () => {
    const { inbox } = app;
    const path = await fileOf('picture.jpg', PICTURE);
    const first = sender.push([{ path }]);
    await inbox.open('picture.jpg offered');
    await expect(inbox.choice('picture.jpg')).toBeChecked();
    await inbox.accept('all');
    await expect(inbox.file('picture.jpg')).toContainText('verified');
    expect((await first).state).toBe('delivered');

    const second = sender.push([{ path, name: 'same.jpg' }]);
    await inbox.open('same.jpg offered');
    await expect(inbox.offered('same.jpg')).toContainText('you have this already');
    await expect(inbox.choice('same.jpg')).not.toBeChecked();
    await screenshots(app, 'files-known');
    await inbox.offer.getByRole('button', { name: 'Keep the copy I have' }).click();
    expect(await second).toMatchObject({ state: 'rejected', code: 603 });
    await expect(inbox.file('same.jpg')).toContainText('here already');

    const third = sender.push([{ path }]);
    await inbox.open('picture.jpg offered');
    await inbox.accept('all');
    expect((await third).state).toBe('delivered');
    expect((await readdir(folder())).sort((a, b) => a.localeCompare(b))).toEqual([
      'picture (2).jpg',
      'picture.jpg',
    ]);
  });

  test('an icon is shown with its offer, and a hostile one is not', async () => {
    const { inbox } = app;
    const path = await fileOf('picture.jpg', PICTURE);
    const icon = await fileOf('icon.png', ICON);
    const hostile = await fileOf('icon.svg', SVG);
    const pushed = sender.push([
      { path, icon },
      { path, name: 'hostile.jpg', icon: hostile },
    ]);
    await inbox.open('2 files offered');
    await expect(inbox.icon('picture.jpg')).toBeVisible();
    await expect(inbox.icon('picture.jpg')).toHaveJSProperty('naturalWidth', 1);
    await expect(inbox.icon('hostile.jpg')).toHaveCount(0);
    await screenshots(app, 'files-icon');
    expect(await inbox.page.title()).toBe('Push Terminal');
    await inbox.choice('hostile.jpg').uncheck();
    await inbox.accept('selected');
    await expect(inbox.file('picture.jpg')).toContainText('verified');
    await expect(inbox.icon('picture.jpg')).toBeVisible();
    expect((await pushed).files.map(({ state }) => state)).toEqual(['reported', 'declined']);
  });

  test('rules made in the form accept, decline and ask file by file', async () => {
    const { inbox } = app;
    await inbox.editFiles('bob');
    const form = inbox.page.getByRole('dialog', { name: /bob/ });
    for (const [number, field, text] of [
      [1, 'Type', 'text/*'],
      [2, 'At most', '100 KiB'],
    ] as const) {
      await form.getByRole('button', { name: 'Add file rule' }).click();
      await form.getByLabel(`${field} of file rule ${number}`).fill(text);
    }
    await form.getByLabel('Decision of file rule 1').selectOption('Decline');
    await form.getByLabel('At least of file rule 2').fill('much');
    await form.getByRole('button', { name: 'Save' }).click();
    await expect(form.getByRole('alert').filter({ hasText: 'entry 2' })).toContainText(
      'has a size that cannot be read',
    );
    await screenshots(app, 'files-rules');
    await form.getByLabel('At least of file rule 2').fill('');
    await form.getByLabel('Answer within').fill('3');
    await form.getByRole('button', { name: 'Save' }).click();
    await expect(form).toHaveCount(0);

    const pushed = sender.push([
      { path: await fileOf('notes.txt', 'hello') },
      { path: await fileOf('small.bin', Buffer.alloc(1000)) },
      { path: await fileOf('large.bin', Buffer.alloc(200_000)) },
    ]);
    await inbox.open('3 files offered');
    await expect(inbox.offered('notes.txt')).toContainText('Declined by a rule of the profile.');
    await expect(inbox.offered('small.bin')).toContainText('by rule');
    await expect(inbox.offer.getByRole('timer')).toContainText('takes the file that a rule accepts in');
    await screenshots(app, 'files-ruled');
    // Nobody answers: what a rule accepts is taken.
    expect((await pushed).files.map(({ state }) => state)).toEqual(['declined', 'reported', 'declined']);
    await expect(inbox.file('small.bin')).toContainText('verified');
  });

  test('two offers at once: some of one are taken, the other is declined, one file is stopped in mid-flight', async () => {
    const { inbox } = app;
    const large = await fileOf('large.bin', Buffer.alloc(60_000_000, 'l'));
    const first = sender.push(
      [
        { path: large },
        { path: await fileOf('small.bin', Buffer.alloc(1000)) },
        { path: await fileOf('unwanted.bin', Buffer.alloc(1000)) },
      ],
      SLOW,
    );
    await expect(inbox.rows('3 files offered')).toHaveCount(1);
    const second = sender.push([{ path: large, name: 'second.bin' }]);
    await expect(inbox.rows('Waiting for you')).toHaveCount(2);
    await inbox.open('3 files offered');
    await inbox.choice('unwanted.bin').uncheck();
    await inbox.accept('selected');
    await expect(inbox.rows('large.bin and 2 more')).toContainText('Receiving');
    await inbox.open('second.bin offered');
    await inbox.decline();
    expect(await second).toMatchObject({ code: 603 });
    await inbox.open('large.bin and 2 more');
    await inbox.fileAction('Stop large.bin').click();
    await expect(inbox.file('large.bin')).toContainText('Stopped by the user.');
    await expect(inbox.file('small.bin')).toContainText('verified');
    await expect(inbox.file('unwanted.bin')).toContainText('declined');
    expect((await first).files.map(({ state }) => state)).toEqual(['failed', 'reported', 'declined']);
    // What was stopped by hand leaves nothing.
    await expect.poll(() => readdir(folder())).toEqual(['small.bin']);
  });

  /** Kills the app in the middle of a file and starts it again. */
  async function broken(content: Buffer): Promise<void> {
    void sender.push([{ path: await fileOf('firmware.img', content) }], SLOW);
    await app.inbox.open('firmware.img offered');
    await app.inbox.accept('all');
    await expect(app.inbox.file('firmware.img')).toContainText('receiving');
    await expect(app.inbox.file('firmware.img')).toContainText('MB of');
    await app.killAndRestart();
    await expect(app.inbox.terminal('bob')).toContainText('Registered');
    await expect(app.inbox.rows('firmware.img')).toContainText('Unfinished');
    await app.inbox.open('firmware.img');
  }

  test('a transfer that kill -9 broke is shown after the next start, and Resume fetches the rest', async () => {
    const content = Buffer.alloc(60_000_000, 'firmware ');
    await broken(content);
    const { inbox } = app;
    await expect(inbox.file('firmware.img')).toContainText('are here. Resume asks the sender for the rest');
    await screenshots(app, 'files-unfinished');
    await inbox.fileAction('Resume firmware.img').click();
    await expect(inbox.file('firmware.img')).toContainText('verified', { timeout: 20_000 });
    await expect(inbox.rows('firmware.img')).toContainText('Reported');
    await expect(inbox.delivery).toContainText('INVITE sent');
    expect((await readFile(join(folder(), 'firmware.img'))).equals(content)).toBe(true);
  });

  test('a part whose sender is gone says what to do, stays, and can be removed', async () => {
    await broken(Buffer.alloc(60_000_000, 'f'));
    const { inbox } = app;
    await sender.sender.close();
    await inbox.fileAction('Resume firmware.img').click();
    const row = inbox.file('firmware.img');
    await expect(row).toContainText(/cannot be asked for the rest: it was answered 4\d\d/);
    await expect(row).toContainText('It has to offer the file again.');
    await expect(row).toContainText('unfinished');
    await screenshots(app, 'files-unreachable');
    await inbox.fileAction('Remove firmware.img').click();
    await expect(row).toContainText('failed');
    expect(await readdir(folder())).toEqual([]);
  });

  test('a folder that is gone is said so, to the sender too', async () => {
    const { inbox } = app;
    await rm(folder(), { recursive: true });
    const pushed = sender.push([{ path: await fileOf('picture.jpg', PICTURE) }]);
    await inbox.open('picture.jpg offered');
    await inbox.accept('all');
    expect(await pushed).toMatchObject({ code: 500, state: 'rejected' });
    await expect(inbox.detail).toContainText('the folder is gone');
    await mkdir(folder());
  });
});

/** Pictures for a person to look at, where PUSH_TERMINAL_SCREENSHOTS names a folder; axe in any case. */
async function screenshots(app: App, name: string): Promise<void> {
  const { page } = app.inbox;
  const into = process.env['PUSH_TERMINAL_SCREENSHOTS'];
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme });
    const found = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
    expect(found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
    if (into === undefined) continue;
    for (const [width, height] of [
      [1360, 860],
      [1024, 700],
    ] as const) {
      await app.resize(width, height);
      await page.screenshot({ path: join(into, `${name}-${colorScheme}-${width}.png`) });
    }
  }
}
