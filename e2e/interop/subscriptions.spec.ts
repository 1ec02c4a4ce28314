import { readFile } from 'node:fs/promises';
import { expect, test } from '@playwright/test';
import type { TerminalEvent } from '../../src-main/agent/events.ts';
import type { Terminal } from '../../src-main/agent/terminal.ts';
import { parseCoreAddress } from '../../src-main/sip/core-address.ts';
import { CoreSocket } from '../../src-main/sip/core-socket.ts';
import { SipUserAgent } from '../../src-main/sip/user-agent.ts';
import { Kamailio } from './kamailio.ts';
import { World } from './world.ts';

const PSA = 'sip:psa@push.test';
const PROFILES = 'sip:profiles@push.test';

/** Publishes state of a package with the core's presence server; answers the code. */
async function publish(
  core: string,
  aor: string,
  state: { readonly event: string; readonly type: string; readonly body: string },
): Promise<number> {
  const tls = { ca: null, cert: null, key: null, verify: true, serverName: null };
  const ua = await new Promise<SipUserAgent>((resolve) => {
    const made: SipUserAgent = new SipUserAgent({
      socket: new CoreSocket({ cores: [parseCoreAddress(core)], tls }),
      aor,
      handlers: {
        connected: () => resolve(made),
        disconnected: () => {},
        ownsUri: () => false,
        request: () => {},
        cancelled: () => {},
        fault: () => {},
      },
    });
    made.start();
  });
  try {
    const outcome = await ua.request({
      method: 'PUBLISH',
      to: aor,
      headers: [`Event: ${state.event}`, 'Expires: 600', `Content-Type: ${state.type}`],
      body: state.body,
    });
    return outcome.kind === 'response' ? outcome.response.status_code : 0;
  } finally {
    ua.close();
  }
}

for (const transport of ['tcp', 'udp'] as const) {
  test.describe(`subscriptions with Kamailio over ${transport}`, () => {
    let kamailio: Kamailio;
    let world: World;

    test.beforeEach(async () => {
      kamailio = await Kamailio.start();
      world = await World.open();
    });

    test.afterEach(async () => {
      await world.close();
      await kamailio.stop();
    });

    const first = ({ subscriptions }: Terminal) => {
      const [view] = subscriptions.views;
      if (view === undefined) throw new Error('There is no subscription.');
      return view;
    };
    const pushes = () =>
      world.events.filter(
        (event): event is Extract<TerminalEvent, { event: 'push' }> => event.event === 'push',
      );

    test('its presence server notifies of ua-profile: empty at first, then what was published', async () => {
      const core = kamailio.uri(transport);
      const desk = await world.register('desk', core, {
        regEvent: false,
        trust: { senders: [PROFILES] },
        subscriptions: [{ target: PROFILES, application: 'mms.ua', expires: 300 }],
      });
      await expect.poll(() => first(desk).state).toMatchObject({ kind: 'active' });
      expect(first(desk).lastNotify).toMatchObject({ bytes: 0, code: 200 });
      const body = '<?xml version="1.0"?><profile>settings</profile>';
      const type = 'text/xml';
      expect(await publish(core, PROFILES, { event: 'ua-profile', type, body })).toBe(200);
      await expect.poll(() => pushes()).toHaveLength(1);
      const [push] = pushes();
      expect(push).toMatchObject({ method: 'NOTIFY', application: 'mms.ua', from: PROFILES });
      expect(await readFile(push?.path ?? '', 'utf8')).toContain('settings');

      // A refresh in the dialog brings the state anew; leaving brings the last NOTIFY.
      const before = first(desk).notifies;
      desk.subscriptions.refresh(first(desk).id);
      await expect.poll(() => first(desk).notifies).toBe(before + 1);
      await desk.subscriptions.stop(first(desk).id);
      await expect.poll(() => first(desk).lastNotify?.state).toMatch(/^terminated/);
    });

    test('any other package is shown as it came, and what nobody serves is refused', async () => {
      const core = kamailio.uri(transport);
      const desk = await world.register('desk', core, { regEvent: false });
      const { id } = desk.subscriptions.start({
        event: 'message-summary',
        accept: ['application/simple-message-summary'],
        expires: 30,
      });
      await expect.poll(() => first(desk).state.kind).toBe('active');
      // 30 seconds are too short for it (423).
      const { state } = first(desk);
      const left = state.kind === 'active' ? Date.parse(state.expiresAt) - Date.now() : 0;
      expect(left).toBeGreaterThan(40_000);
      const body = 'Messages-Waiting: yes\r\nVoice-Message: 2/0\r\n';
      const type = 'application/simple-message-summary';
      const published = { event: 'message-summary', type, body };
      expect(await publish(core, 'sip:bob@push.test', published)).toBe(200);
      await expect.poll(() => desk.subscriptions.notifies(id).at(-1)?.raw).toContain('Voice-Message: 2/0');
      desk.subscriptions.start({ event: 'dialog', target: PROFILES });
      await expect
        .poll(() => desk.subscriptions.views.at(-1)?.state)
        .toMatchObject({ kind: 'ended', code: 489 });
    });

    test('through it to our own notifier: enrolment, a push, terminals that leave and come back', async () => {
      const core = kamailio.uri(transport);
      const sender = await world.connectSender(kamailio.uri('tcp'), true);
      const settings = {
        regEvent: false,
        trust: { senders: [PSA] },
        subscriptions: [{ target: PSA, application: 'mms.ua' }],
      };
      const desk = await world.register('desk', core, settings);
      const phone = await world.register('phone', core, settings);
      await expect
        .poll(() => [first(desk), first(phone)].map(({ state }) => state.kind))
        .toEqual(['active', 'active']);
      const push = async (to: string) => {
        const pushed = sender.notify({
          to,
          application: 'mms.ua',
          contentType: 'text/plain',
          body: Buffer.from('by NOTIFY'),
          waitSeconds: 10,
        });
        return sender.settled(pushed.id);
      };
      expect(await push('sip:bob@push.test')).toMatchObject({
        state: 'delivered',
        reason: 'accepted by 2 terminals',
      });
      const { registration } = phone;
      const gruu = registration.kind === 'registered' ? (registration.pubGruu ?? '') : '';
      expect(await push(gruu)).toMatchObject({ reason: 'accepted' });
      await expect.poll(() => world.taken.toSorted()).toEqual(['desk', 'phone', 'phone']);
      await desk.unregister();
      expect(sender.subscriptions.length).toBe(1);
      desk.register();
      await expect.poll(() => sender.subscriptions.length).toBe(2);
      desk.subscriptions.refresh(first(desk).id);
      await expect.poll(() => first(desk).notifies).toBeGreaterThanOrEqual(3);
    });
  });
}
