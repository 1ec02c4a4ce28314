import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import type { TerminalEvent } from '../../src-main/agent/events.ts';
import type { Terminal } from '../../src-main/agent/terminal.ts';
import { App } from '../pages/app.ts';
import { Kamailio } from './kamailio.ts';
import { playSipp } from './sipp.ts';
import { World } from './world.ts';

const BOB = 'sip:bob@push.test';
const BURST = 200;
const BURST_A_SECOND = 60;

test.describe('the control around push, with a real Kamailio', () => {
  let core: Kamailio;
  let world: World;

  test.beforeEach(async () => {
    core = await Kamailio.start();
    world = await World.open();
  });

  test.afterEach(async () => {
    await world.close();
    await core.stop();
  });

  /** The presence documents that alice’s terminal was notified of about bob, newest last. */
  function documents(): readonly string[] {
    return world.events.flatMap((event) =>
      event.event === 'notified' && event.terminal === 'watcher' && event.body ? [event.body] : [],
    );
  }

  function watch(): Promise<Terminal> {
    return world.register('watcher', core.uri('tcp'), {
      aor: 'sip:alice@push.test',
      auth: { username: 'alice', password: 'secret' },
      subscriptions: [{ event: 'presence', target: BOB, accept: ['application/pidf+xml'] }],
    });
  }

  async function published(terminal: Terminal): Promise<void> {
    await expect.poll(() => terminal.publication?.state.kind).toBe('published');
  }

  test('PUBLISH: challenged, taken, and watchers see it come, change and go', async () => {
    const desk = await world.register('desk', core.uri('tcp'), { capabilities: { publish: true } });
    await published(desk);
    await watch();
    await expect.poll(() => documents().at(-1) ?? '').toContain('mms.ua,wml.ua');
    const first = documents().at(-1) ?? '';
    expect(first).toContain('<basic>open</basic>');
    expect(first).toMatch(/<contact>sip:bob@push\.test;gr=urn:uuid:/);
    expect(first).toContain('servcaps');

    const { state } = desk.publication ?? {};
    const etag = state?.kind === 'published' ? state.etag : null;
    expect(etag).not.toBeNull();
    await world.terminals.update({ ...desk.profile, applications: ['sync.ua'] });
    await expect.poll(() => documents().at(-1) ?? '').toContain('>sync.ua<');
    await expect
      .poll(() => (desk.publication?.state.kind === 'published' ? desk.publication.state.etag : etag))
      .not.toBe(etag);

    await world.terminals.remove('desk');
    await expect.poll(() => documents().at(-1) ?? 'sync.ua').not.toContain('sync.ua');
  });

  test('PUBLISH: a core that came back without its memory is told anew, after 412', async () => {
    test.setTimeout(90_000);
    const desk = await world.register('desk', core.uri('tcp'), { capabilities: { publish: true } });
    await published(desk);
    const { port } = core;
    await core.kill();
    core = await Kamailio.start({ port });
    desk.networkChanged();
    const before = world.events.length;
    const tags = () =>
      world.events
        .slice(before)
        .filter(
          (event): event is Extract<TerminalEvent, { event: 'published' }> => event.event === 'published',
        );
    await expect.poll(() => tags().length, { timeout: 60_000 }).toBeGreaterThan(0);
    await published(desk);
    await watch();
    await expect.poll(() => documents().at(-1) ?? '').toContain('mms.ua,wml.ua');
  });

  test('PUBLISH: the Registration tab tells since when, under which ETag, and until when', async () => {
    const app = await App.launch();
    const { inbox, registration } = app;
    try {
      await inbox.connect({
        Name: 'desk',
        'Address of record': BOB,
        Core: core.uri('tcp'),
        'User name': 'bob',
        Password: 'secret',
      });
      await expect(inbox.terminal('desk')).toContainText('Registered');
      await registration.open('desk');
      await expect(registration.publication).toContainText('not published');
      await registration.action('Edit profile…').click();
      const form = inbox.page.getByRole('dialog');
      await form.getByLabel('Publish capabilities').check();
      await form.getByLabel('Serve UAProf at').fill('127.0.0.1:0');
      await form.getByRole('button', { name: /^Save/ }).click();
      await expect(registration.publication).toContainText('Published since');
      await expect(registration.publication.getByRole('timer')).toContainText(/^(59|60|1:00):/);
      await expect(registration.publication).toContainText(/http:\/\/127\.0\.0\.1:\d+\/uaprof\.rdf/);
      await registration.publication.scrollIntoViewIfNeeded();
      const into = process.env['PUSH_TERMINAL_SCREENSHOTS'];
      if (into !== undefined) await inbox.page.screenshot({ path: join(into, 'publication.png') });
    } finally {
      await app.close();
    }
  });

  test('OPTIONS of SIPp: what the terminal can do', async () => {
    await world.register('desk', core.uri('tcp'));
    await playSipp('sipp/options.xml', core.port, { keys: { target: BOB } });
  });

  test(`OPTIONS ${BURST_A_SECOND} a second: all answered, and the terminal stays registered`, async () => {
    const desk = await world.register('desk', core.uri('tcp'));
    const options = { calls: BURST, rate: BURST_A_SECOND, keys: { target: BOB }, timeoutS: 30 };
    await playSipp('sipp/options.xml', core.port, options);
    expect(desk.registration.kind).toBe('registered');
  });

  for (const transport of ['tcp', 'udp'] as const) {
    test(`REFER of SIPp over ${transport}: 202, NOTIFY 100, and the failure of the SUBSCRIBE in the last`, async () => {
      await world.register('desk', core.uri('tcp'), { refer: { decide: 'allow' } });
      const keys = { target: BOB, refer_to: 'sip:psa@push.test' };
      await playSipp('sipp/refer.xml', core.port, { transport, keys });
      await expect
        .poll(async () => (await world.terminals.history.list({ limit: 10 })).records)
        .toMatchObject([{ method: 'REFER', state: 'failed', body: { kind: 'refer', result: 480 } }]);
    });
  }

  for (const [what, referTo, code] of [
    ['without Refer-To', 'X-Nothing: here', 400],
    ['for an INVITE', 'Refer-To: <sip:psa@push.test>', 603],
    ['to a web page', 'Refer-To: <https://evil.test/>', 603],
    [
      'to a stranger',
      'Refer-To: <sip:victim@evil.test;method=SUBSCRIBE?Event=ua-profile%3Bprofile-type%3Doma-app&Accept-Contact=*%3B%2Bg.oma.pusheventapp%3D%22mms.ua%22>',
      403,
    ],
  ] as const) {
    test(`REFER of SIPp ${what}: ${code}`, async () => {
      await world.register('desk', core.uri('tcp'), { refer: { decide: 'allow' } });
      await playSipp('sipp/refer-refused.xml', core.port, { keys: { target: BOB, refer_to: referTo } });
      await expect
        .poll(() => world.events.flatMap((event) => (event.event === 'refused' ? [event] : [])))
        .toMatchObject([{ method: 'REFER', code }]);
    });
  }

  test('REFER of the Push Sender Agent: the user accepts, the terminal subscribes, and a push comes by NOTIFY', async () => {
    const desk = await world.register('desk', core.uri('tcp'));
    const sender = await world.connectSender(core.uri('tcp'), true);
    const asked = sender.askToSubscribe({ to: BOB, application: 'mms.ua', waitSeconds: 20 });
    const refers = () => world.events.flatMap((event) => (event.event === 'refer' ? [event.refer] : []));
    await expect.poll(() => refers().length).toBe(1);
    desk.acceptRefer(refers()[0] ?? '');
    expect(await sender.settled(asked.id)).toMatchObject({ state: 'delivered', code: 200 });
    const pushed = sender.notify({
      to: BOB,
      application: 'mms.ua',
      contentType: 'text/plain',
      body: Buffer.from('Parcel'),
      waitSeconds: 10,
    });
    expect(await sender.settled(pushed.id)).toMatchObject({ state: 'delivered', code: 200 });
    await expect.poll(() => world.taken).toEqual(['desk']);
  });
});
