import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';
import { App } from './pages/app.ts';
import type { DeskPage } from './pages/desk.ts';

const BOB = 'sip:bob@push.test';

test.describe('the sender desk', () => {
  let app: App;
  let desk: DeskPage;
  let folder: string;

  test.beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'desk-'));
    app = await App.launch();
    await app.inbox.startSandbox();
    desk = await app.openDesk();
  });

  test.afterEach(async () => {
    await app.close();
    await rm(folder, { recursive: true });
  });

  const clipboard = () => app.electron.evaluate(({ clipboard: board }) => board.readText());

  async function findings(page: Page): Promise<readonly string[]> {
    const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  }

  async function shot(name: string): Promise<void> {
    const to = process.env['PUSH_TERMINAL_SHOTS'];
    if (to !== undefined) await desk.page.screenshot({ path: join(to, `${name}.png`) });
  }

  test('who, what and what came back: every kind of push to chosen terminals', async () => {
    const { page } = desk;
    await expect(page.getByText(/third-party registrations received: [1-9]/)).toBeVisible();
    await expect(page.getByRole('contentinfo')).toContainText(/MSRP relay 127\.0\.0\.1:\d+/);
    await desk.toUser(BOB);
    await desk.pushMessage('to all of Bob');
    await expect(desk.result('to all of Bob')).toContainText('Delivered');

    await page.getByRole('radio', { name: 'The first that takes it' }).check();
    await desk.pushMessage('to one of Bob');
    await expect(desk.result('to one of Bob')).toContainText('Delivered');
    await expect(desk.result('to one of Bob')).toContainText('→ Bob · ');
    await expect(page.getByRole('contentinfo')).toContainText('2 pushes this session');
    await expect(page.getByTestId('command')).toContainText('--first');

    await desk.toTerminal('Bob · desk');
    await expect(page.getByTestId('command')).toContainText("--to 'sip:bob@push.test;gr=");
    await desk.choose('Options');
    await desk.push();
    const abilities = desk.result('OPTIONS');
    await expect(abilities).toContainText('Answered');
    await expect(abilities).toContainText('mms.ua, wml.ua');

    await desk.choose('Notify');
    await desk.push();
    await expect(desk.result('has not subscribed')).toContainText('Failed · could not be delivered');

    await desk.choose('Refer');
    await desk.push();
    await expect(desk.result('subscribe to sip:psa@push.test')).toContainText('Waiting for the user');

    await desk.choose('Message');
    await page.getByLabel('Fault').selectOption('unknown-application');
    await desk.push();
    await expect(desk.result('403 · rejected, no retry')).toBeVisible();

    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.getByText('Services and caller preferences').click();
      expect(await findings(page)).toEqual([]);
      await shot(`desk-${colorScheme}`);
    }
  });

  test('a message by reference, a file through the relay in CPIM, and both as commands', async () => {
    const { page } = desk;
    await desk.toTerminal('Bob · phone');
    await page.getByRole('checkbox', { name: 'By reference (RFC 4483)' }).check();
    await desk.pushMessage('only a reference');
    const referred = desk.result('only a reference');
    await expect(referred).toContainText('the content is not fetched yet');
    await app.inbox.rows().first().click();
    await app.inbox.detail
      .getByRole('button', { name: /^(Allow|Fetch)/ })
      .first()
      .click();
    await expect(referred).toContainText('accepted, content fetched');

    const path = join(folder, "Bob's holiday.bin");
    await writeFile(path, Buffer.alloc(200_000, 'x'));
    await desk.choose('Files');
    await page.getByRole('checkbox', { name: 'Wrap in CPIM' }).check();
    await page.getByRole('checkbox', { name: 'Through an MSRP relay' }).check();
    await page.getByText('Chunks, failure reports and icon').click();
    await page.getByLabel('Chunk size in bytes').fill('1000');
    await page.getByLabel('Failure-Report').selectOption('yes');
    await desk.pushFiles([path]);
    const offered = desk.result("Bob's holiday.bin");
    await expect(offered).toContainText('Waiting for the user');
    await shot('desk-files');
    await app.inbox.open("Bob's holiday.bin");
    await app.inbox.accept('selected');
    await expect(offered).toContainText('Delivered, report received');

    await page.getByRole('button', { name: 'Copy as command' }).click();
    await expect.poll(clipboard).toMatch(/^push-terminal push files --core /);
    const command = await clipboard();
    expect(command).toMatch(/--auth psa:[0-9a-f]{24} /);
    expect(command).toContain(`'${path.replace("'", `'\\''`)}'`);
    expect(command).toContain("--report --cpim --relay 'msrp://127.0.0.1:");
    expect(command).toContain('--chunk 1000 --failure-report yes');
    await expect(page.getByTestId('command')).toContainText('--auth psa:…');
  });
});
