import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { expect, test } from '@playwright/test';
import { SandboxCore } from '../src-main/sandbox/core/core.ts';
import { PushSender } from '../src-main/sandbox/sender/sender.ts';
import { App } from './pages/app.ts';

const BOB = 'sip:bob@push.test';
const ASK = { to: BOB, application: 'mms.ua', waitSeconds: 30 };

test.describe('a REFER in the window', () => {
  let app: App;
  let core: SandboxCore;
  let sender: PushSender;

  test.beforeEach(async () => {
    const users = ['bob', 'psa'].map((name) => ({ name, password: 'secret' }));
    core = await SandboxCore.open({ host: '127.0.0.1', port: 0, domain: 'push.test', users });
    sender = await PushSender.open({
      core: core.uri,
      as: 'sip:psa@push.test',
      credentials: { username: 'psa', password: 'secret' },
      onResult: () => {},
      notifier: true,
    });
    app = await App.launch();
    await app.inbox.connect({
      Name: 'desk',
      'Address of record': BOB,
      Core: core.uri,
      'User name': 'bob',
      Password: 'secret',
    });
    await expect(app.inbox.terminal('desk')).toContainText('Registered');
  });

  test.afterEach(async () => {
    await app.close();
    await sender.close();
    await core.close();
  });

  test('asks with a countdown; Enter subscribes, and what is pushed then comes by NOTIFY', async () => {
    const { inbox } = app;
    const asked = sender.askToSubscribe(ASK);
    const row = inbox.rows('to ua-profile');
    await expect(row).toContainText('Waiting for you');
    await inbox.filter('Needs you');
    await inbox.open('Subscribe to ua-profile?');
    await expect(inbox.refer).toContainText('The sender asks this terminal to subscribe');
    await expect(inbox.refer).toContainText('sip:psa@push.test');
    await expect(inbox.refer.getByRole('timer')).toContainText(/declines itself in 0:\d\d/);
    await screenshots(app, 'refer-waiting');
    const { violations } = await new AxeBuilder({ page: inbox.page }).setLegacyMode(true).analyze();
    expect(violations.map(({ id }) => id)).toEqual([]);

    await inbox.page.getByRole('heading', { name: 'The sender asks this terminal to subscribe' }).click();
    await inbox.page.keyboard.press('Enter');
    expect(await sender.settled(asked.id)).toMatchObject({ state: 'delivered', code: 200 });
    await expect(inbox.refer).toContainText('The sender was told 200');
    await inbox.filter('All');
    await expect(row).toContainText('Subscribed');
    await expect(inbox.delivery).toContainText('202 Accepted');
    await expect(inbox.delivery).toContainText('200 OK, terminated;reason=noresource');
    await screenshots(app, 'refer-subscribed');

    const pushed = sender.notify({
      to: BOB,
      application: 'mms.ua',
      contentType: 'text/plain',
      body: Buffer.from('Parcel'),
      waitSeconds: 10,
    });
    expect(await sender.settled(pushed.id)).toMatchObject({ state: 'delivered' });
    await expect(inbox.rows('Parcel')).toHaveCount(1);
  });

  test('Decline tells the sender 603', async () => {
    const { inbox } = app;
    const asked = sender.askToSubscribe(ASK);
    await inbox.open('Subscribe to ua-profile?');
    await inbox.refer.getByRole('button', { name: 'Decline' }).click();
    expect(await sender.settled(asked.id)).toMatchObject({ state: 'rejected', code: 603 });
    await expect(inbox.rows('Subscription to ua-profile')).toContainText('Declined');
    await expect(inbox.refer).toContainText('The sender was told 603.');
    await expect(inbox.refer.getByRole('button', { name: 'Decline' })).toHaveCount(0);
  });
});

/** For a person to look at, where PUSH_TERMINAL_SCREENSHOTS names a folder. */
async function screenshots(app: App, name: string): Promise<void> {
  const into = process.env['PUSH_TERMINAL_SCREENSHOTS'];
  if (into === undefined) return;
  const { page } = app.inbox;
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const [width, height] of [
      [1360, 860],
      [1024, 700],
    ] as const) {
      await app.resize(width, height);
      await page.screenshot({ path: join(into, `${name}-${colorScheme}-${width}.png`) });
    }
  }
}
