import AxeBuilder from '@axe-core/playwright';
import { expect, test } from '@playwright/test';
import { SandboxCore } from '../src-main/sandbox/core/core.ts';
import { PushSender } from '../src-main/sandbox/sender/sender.ts';
import { App } from './pages/app.ts';

const PSA = 'sip:psa@push.test';

test.describe('subscriptions', () => {
  let app: App;

  test.beforeEach(async () => {
    app = await App.launch();
  });

  test.afterEach(() => app.close());

  test('are started, refreshed, looked into, stopped and started again by hand, with the sandbox', async () => {
    const { inbox, registration } = app;
    const { page } = inbox;
    await inbox.startSandbox();
    await registration.open('Bob · desk');
    await expect(registration.subscriptions).toContainText('This terminal subscribes to nothing');
    // The sandbox's sender stands there already.
    await registration.subscribe({ Expires: '600' });
    await expect(registration.subscriptions.getByRole('button', { name: 'Subscribe…' })).toBeFocused();
    const row = registration.subscription('ua-profile');
    await expect(row).toContainText('for mms.ua');
    await expect(row).toContainText('Active');
    await expect(row.getByRole('timer')).toHaveText(/expires in (10:00|9:\d\d)/);
    await expect(row).toContainText('no content');

    await row.getByRole('button', { name: /^Details of / }).press('Enter');
    await expect(row).toContainText('profile-type=oma-app');
    await expect(row).toContainText('Subscription-State: active;expires=');
    await row.getByRole('button', { name: /^Refresh / }).press('Enter');
    await expect(row).toContainText('2 NOTIFYs');

    // Nobody knows this package, and the terminal says so.
    await registration.subscribe({ 'Event package': 'dialog', With: PSA, Application: '' });
    await expect(registration.subscription('dialog')).toContainText('Ended (489)');
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme });
      const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
      expect(violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))).toEqual([]);
      await shot(app, `subscriptions-${colorScheme}`);
    }
    await app.resize(1024, 700);
    await shot(app, 'subscriptions-small');
    await registration
      .subscription('dialog')
      .getByRole('button', { name: /^Remove / })
      .press('Enter');
    await expect(registration.subscription('dialog')).toHaveCount(0);

    await row.getByRole('button', { name: /^Stop / }).press('Enter');
    await expect(row).toContainText('Ended Unsubscribed.');
    await row.getByRole('button', { name: /^Subscribe to / }).press('Enter');
    await expect(row).toContainText('Active');

    await registration.subscriptions.getByRole('button', { name: 'Subscribe…' }).click();
    await expect(page.getByLabel('With', { exact: true })).toHaveValue(PSA);
    await shot(app, 'subscribe-dialog');
    const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
    expect(violations.map(({ id }) => id)).toEqual([]);
  });

  test('of a profile bring pushes by NOTIFY, and end with the app', async () => {
    const { inbox, registration } = app;
    const users = ['bob', 'psa'].map((name) => ({ name, password: 'secret' }));
    const core = await SandboxCore.open({ host: '127.0.0.1', port: 0, domain: 'push.test', users });
    const sender = await PushSender.open({
      core: core.uri,
      as: PSA,
      credentials: { username: 'psa', password: 'secret' },
      onResult: () => {},
      notifier: true,
    });
    const push = async (text: string) => {
      const pushed = sender.notify({
        to: 'sip:bob@push.test',
        application: 'mms.ua',
        contentType: 'text/plain',
        body: Buffer.from(text),
        waitSeconds: 20,
      });
      return (await sender.settled(pushed.id)).code;
    };
    try {
      await inbox.page.getByRole('button', { name: 'Connect to a core' }).click();
      const form = inbox.page.getByRole('dialog', { name: 'Connect to a core' });
      const add = form.getByRole('button', { name: 'Add a subscription' });
      await add.press('Enter');
      const group = form.getByRole('group', { name: 'Subscription 1' });
      await expect(group.getByLabel('Event package')).toBeFocused();
      await group.getByLabel('With').fill(PSA);
      await group.getByLabel('Application').fill('mms.ua');
      await shot(app, 'subscriptions-form');
      await form.getByRole('button', { name: 'Close' }).click();
      await inbox.page.getByRole('button', { name: 'Discard' }).click();

      await inbox.page.evaluate(
        async ([uri, target]) => {
          await window.pushTerminal.call('terminal.add', {
            name: 'carol',
            aor: 'sip:bob@push.test',
            core: uri ?? '',
            auth: { username: 'bob', password: 'secret' },
            subscriptions: [{ target, application: 'mms.ua' }],
          });
        },
        [core.uri, PSA],
      );
      await registration.open('carol');
      const row = registration.subscription('of the profile');
      await expect(row).toContainText('Active');
      expect(await push('Here by NOTIFY')).toBe(200);
      await expect(row).toContainText('text/plain · 14 B');
      await row.getByRole('button', { name: 'Open the push' }).click();
      await expect(inbox.detail.getByRole('heading', { name: 'Here by NOTIFY' })).toBeVisible();
      await inbox.tab('Headers');
      await expect(inbox.detail).toContainText('Subscription-State: active');
      await inbox.filter('Messages');
      await expect(inbox.rows('Here by NOTIFY')).toHaveCount(1);
      await shot(app, 'notify-push');

      expect(sender.subscriptions).toHaveLength(1);
      await app.close();
      expect(sender.subscriptions).toEqual([]);
    } finally {
      await sender.close();
      await core.close();
    }
  });
});

/** A picture for people, where a run asks for some. */
async function shot(app: App, name: string): Promise<void> {
  const folder = process.env['SHOTS'];
  if (folder !== undefined) await app.inbox.page.screenshot({ path: `${folder}/${name}.png` });
}
