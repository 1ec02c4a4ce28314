import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { announcedApplications } from '../../sip/feature-tags.ts';
import { parseSipMessage, type SipRequest, type SipResponse } from '../../sip/message.ts';
import { parseRegInfo, type RegInfo, type RegRegistration } from '../../sip/reginfo.ts';
import { SandboxCore } from './core.ts';
import { TestPeer } from './test-peer.ts';
import { BOB, contactParameter, HASTY, ONE, TestWorld, TWO, USERS } from './test-world.ts';

type Headers = Readonly<Record<string, string>>;

let world: TestWorld;
beforeEach(async () => {
  world = await TestWorld.open();
});
afterEach(async () => {
  await world.close();
});

describe('SUBSCRIBE to reg', () => {
  it('is challenged, answered 200 and told the full state at once', async () => {
    const { core, desk } = world;
    desk.send(subscription(desk));
    await desk.nextResponse(407);
    const { sent, ok, notify } = await subscribed(desk);
    expect(ok.header('Expires')).toBe('3761');
    expect(ok.header('Contact')).toBe(`<${core.uri}>`);
    expect(notify.uri).toBe(desk.contact);
    expect(notify.header('Subscription-State')).toBe('active;expires=3761');
    expect([notify.callId, notify.fromTag, notify.toTag]).toEqual([sent.callId, ok.toTag, sent.fromTag]);
    expect([notify.header('Event'), notify.header('Content-Type')]).toEqual([
      'reg',
      'application/reginfo+xml',
    ]);
    expect(infoOf(notify)).toEqual({
      version: 0,
      state: 'full',
      registrations: [{ aor: BOB, id: expect.any(String), state: 'init', contacts: [] }],
    });
  });

  it('tells contacts with GRUUs, instance and feature tags (RFC 5628 §5)', async () => {
    const { desk, phone } = world;
    const answer = await desk.register(ONE, 'mms.ua,wml.ua');
    const { notify } = await subscribed(phone);
    const { state, contacts } = registrationOf(notify);
    const [contact] = contacts;
    expect(state).toBe('active');
    expect(contacts).toHaveLength(1);
    expect(contact).toMatchObject({
      state: 'active',
      event: 'registered',
      uri: desk.contact,
      instance: `urn:uuid:${ONE}`,
      pubGruu: contactParameter(answer, ONE, 'pub-gruu'),
      tempGruu: contactParameter(answer, ONE, 'temp-gruu'),
      callId: answer.callId,
      cseq: answer.cseq.number,
      tempGruuFirstCseq: answer.cseq.number,
    });
    expect(contact?.expires).toBeGreaterThan(3590);
    expect(announcedApplications(contact?.parameters ?? [])).toEqual(['mms.ua', 'wml.ua']);
  });

  it('tells the newest temporary GRUU with the first CSeq, and reg-id', async () => {
    const { desk, phone } = world;
    const first = await desk.register(ONE, 'mms.ua');
    const Contact = `<${desk.contact}>;+sip.instance="<urn:uuid:${ONE}>";reg-id=1`;
    const second = await desk.register(ONE, null, { Contact });
    const { contacts } = registrationOf((await subscribed(phone)).notify);
    expect(contacts).toHaveLength(2);
    for (const contact of contacts) {
      expect(contact.tempGruuFirstCseq).toBe(first.cseq.number);
      expect(second.headers('Contact').join()).toContain(contact.tempGruu);
    }
    expect(contacts[1]?.parameters).toEqual([{ name: 'reg-id', value: '1', quoted: false }]);
    expect(new Set(contacts.map(({ id }) => id)).size).toBe(2);
  });

  it('by another user of the core is told all but temporary GRUUs', async () => {
    const { psa, desk } = world;
    await desk.register(ONE, 'mms.ua');
    const { contacts } = registrationOf((await subscribed(psa)).notify);
    expect(contacts[0]).toMatchObject({
      pubGruu: expect.any(String),
      tempGruu: null,
      tempGruuFirstCseq: null,
    });
  });

  it('by a stranger is refused, even where strangers may push', async () => {
    const { core } = world;
    const mallory = await TestPeer.connect(core, 'mallory');
    mallory.send(subscription(mallory, { From: '<sip:mallory@elsewhere.test>;tag=1' }));
    await mallory.nextResponse(407);
    mallory.close();
  });

  it.each([
    [{ Expires: '59' }, 423, 'Min-Expires', '60'],
    [{ Accept: 'application/pidf+xml' }, 406, 'Accept', 'application/reginfo+xml'],
    [{ Require: 'eventlist' }, 420, 'Unsupported', 'eventlist'],
    [{ Contact: '' }, 400, 'Contact', undefined],
    [{ From: '<sip:psa@push.test>' }, 400, 'Contact', undefined],
  ])('with %j is refused', async (headers, code, name, value) => {
    const { psa } = world;
    await psa.sendAuthenticated(subscription(psa, headers));
    expect((await psa.nextResponse(code)).header(name)).toBe(value);
  });

  it('with Expires 0 fetches the state once', async () => {
    const { psa, desk } = world;
    await desk.register(ONE, 'mms.ua');
    const { ok, notify } = await subscribed(psa, { Expires: '0', Event: 'reg;id=4' });
    expect(ok.header('Expires')).toBe('0');
    expect(notify.header('Event')).toBe('reg;id=4');
    expect(notify.header('Subscription-State')).toBe('terminated;reason=timeout');
    expect(registrationOf(notify).contacts).toHaveLength(1);
    await desk.register(TWO, 'mms.ua');
    await quiet(psa);
  });

  it('keeps the route to a subscriber behind proxies', async () => {
    const { psa } = world;
    const { ok, notify } = await subscribed(psa, { 'Record-Route': '<sip:b.test;lr>, <sip:a.test;lr>' });
    expect(ok.headers('Record-Route')).toEqual(['<sip:b.test;lr>', '<sip:a.test;lr>']);
    expect(notify.headers('Route')).toEqual(['<sip:b.test;lr>', '<sip:a.test;lr>']);
  });

  it('comes by the core when it is named as a route', async () => {
    const { core, psa } = world;
    await subscribed(psa, { Route: `<${core.uri};lr>` });
  });

  it('repeated is answered again without a second dialog', async () => {
    const { psa } = world;
    const { sent, ok } = await subscribed(psa);
    psa.send(sent);
    expect((await psa.nextResponse(200)).toTag).toBe(ok.toTag);
    await quiet(psa);
  });

  it('begun anew with the same Call-ID and tag replaces the old dialog; nobody else can', async () => {
    const { core, psa, desk } = world;
    const { sent, ok } = await subscribed(psa);
    const same = { 'Call-ID': sent.callId, From: sent.header('From') ?? '' };
    const eve = await TestPeer.connect(core, 'eve');
    await eve.sendAuthenticated(subscription(eve, same));
    await eve.nextResponse(403);
    const again = await subscribed(psa, same);
    expect(again.ok.toTag).not.toBe(ok.toTag);
    await desk.register(ONE, 'mms.ua');
    expect((await answered(psa)).fromTag).toBe(again.ok.toTag);
    await quiet(psa);
    eve.close();
  });

  it('finds no room after 100 to one AOR', async () => {
    const { psa } = world;
    for (let count = 0; count < 100; count++) await subscribed(psa);
    await psa.sendAuthenticated(subscription(psa));
    expect((await psa.nextResponse(503)).header('Retry-After')).toBe('60');
  });

  it('is reported like any exchange', async () => {
    const { core, psa } = world;
    const seen: string[] = [];
    core.onExchange(({ method, code, targets }) => seen.push(`${method} ${code} ${targets}`));
    await subscribed(psa);
    expect(seen).toEqual(['SUBSCRIBE 407 0', 'SUBSCRIBE 200 0']);
  });
});

describe('NOTIFY of reg', () => {
  it('follows every change of a binding', async () => {
    const { psa, desk, phone } = world;
    const first = infoOf((await subscribed(psa)).notify);
    await desk.register(ONE, 'mms.ua');
    expect(summary(await answered(psa))).toEqual(['active', `registered ${desk.contact}`]);
    await desk.register(ONE, null);
    expect(summary(await answered(psa))).toEqual(['active', `refreshed ${desk.contact}`]);
    await phone.register(TWO, 'mms.ua');
    const both = await answered(psa);
    expect(summary(both)).toEqual(['active', `refreshed ${desk.contact}`, `registered ${phone.contact}`]);
    await desk.register(ONE, null, {
      Contact: `<${desk.contact}>;+sip.instance="<urn:uuid:${ONE}>";expires=0`,
    });
    expect(summary(await answered(psa))).toEqual([
      'active',
      `registered ${phone.contact}`,
      `unregistered ${desk.contact}`,
    ]);
    const lost = phone.contact;
    phone.close();
    const last = await answered(psa);
    expect(summary(last)).toEqual(['terminated', `deactivated ${lost}`]);
    expect(infoOf(last).version).toBe(5);
    expect(registrationOf(last).id).toBe(first.registrations[0]?.id);
    expect(registrationOf(last).contacts[0]?.id).toBe(registrationOf(both).contacts[1]?.id);
    const { notify } = await subscribed(psa);
    expect(summary(notify)).toEqual(['init']);
  });

  it('is one for all changes of one request', async () => {
    const { psa, desk } = world;
    await desk.register(ONE, null, { Contact: '<sip:a@x.test>, <sip:b@x.test>' });
    await subscribed(psa);
    await desk.register(ONE, null, { Contact: '*', Expires: '0' });
    expect(summary(await answered(psa))).toEqual([
      'terminated',
      'unregistered sip:a@x.test',
      'unregistered sip:b@x.test',
    ]);
    await quiet(psa);
  });

  it('goes to every watcher of the AOR and to nobody else', async () => {
    const { core, psa, desk, phone } = world;
    const eve = await TestPeer.connect(core, 'eve');
    await subscribed(psa);
    await subscribed(phone);
    await subscribed(eve, {}, 'sip:eve@push.test');
    await desk.register(ONE, 'mms.ua');
    for (const watcher of [psa, phone]) {
      expect(summary(await answered(watcher))).toEqual(['active', `registered ${desk.contact}`]);
    }
    await quiet(eve);
    eve.close();
  });

  it('goes over the flow of the terminal that registers', async () => {
    const { desk } = world;
    await subscribed(desk);
    await desk.register(ONE, 'mms.ua');
    expect(summary(await answered(desk))).toEqual(['active', `registered ${desk.contact}`]);
  });

  it.each([481, 404, 500])('answered %i is the last', async (code) => {
    const { psa, desk } = world;
    await subscribed(psa);
    await desk.register(ONE, 'mms.ua');
    psa.reply(await psa.nextRequest('NOTIFY'), code);
    await quiet(psa);
    await desk.register(ONE, 'mms.ua');
    await quiet(psa);
  });

  it('without answer is the last', async () => {
    await world.close();
    world = await TestWorld.open({ timers: HASTY });
    const { psa, desk } = world;
    const { sent, ok } = await subscribed(psa);
    await desk.register(ONE, 'mms.ua');
    await psa.nextRequest('NOTIFY');
    await new Promise((resolve) => setTimeout(resolve, HASTY.answer + 100));
    await desk.register(ONE, null);
    psa.send(refresh(psa, sent, ok));
    await psa.nextResponse(481);
    expect(psa.unread).toEqual([]);
  });

  it('to a subscriber that is gone harms nobody', async () => {
    const { psa, desk, phone } = world;
    const { sent, ok } = await subscribed(phone);
    await subscribed(psa);
    phone.close();
    await desk.register(ONE, 'mms.ua');
    await answered(psa);
    psa.send(refresh(psa, sent, ok));
    await psa.nextResponse(481);
  });
});

describe('SUBSCRIBE within the dialog', () => {
  it('refreshes, and moves the subscription to its flow and Contact', async () => {
    const { desk, phone } = world;
    await desk.register(ONE, 'mms.ua');
    const { sent, ok } = await subscribed(desk, { Expires: '600' });
    // Requests of the phone, too, must count on from those of the desk.
    for (let count = 0; count < 5; count++) await quiet(phone);
    await phone.sendAuthenticated(refresh(phone, sent, ok, { Expires: '1200' }));
    expect((await phone.nextResponse(200)).header('Expires')).toBe('1200');
    const notify = await answered(phone);
    expect(notify.uri).toBe(phone.contact);
    expect(notify.header('Subscription-State')).toBe('active;expires=1200');
    expect([notify.cseq.number, infoOf(notify).version]).toEqual([2, 1]);
    const lost = desk.contact;
    desk.close();
    expect(summary(await answered(phone))).toEqual(['terminated', `deactivated ${lost}`]);
  });

  it('with Expires 0 ends it with a last NOTIFY', async () => {
    const { psa, desk } = world;
    const { sent, ok } = await subscribed(psa);
    await psa.sendAuthenticated(refresh(psa, sent, ok, { Expires: '0' }));
    await psa.nextResponse(200);
    expect((await answered(psa)).header('Subscription-State')).toBe('terminated;reason=timeout');
    await desk.register(ONE, 'mms.ua');
    await quiet(psa);
    psa.send(refresh(psa, sent, ok));
    await psa.nextResponse(481);
  });

  it.each<[string, Headers, number]>([
    ['another id', { Event: 'reg;id=2' }, 481],
    ['another event', { Event: 'winfo' }, 489],
    ['another package', { Event: 'presence' }, 481],
    ['no event', { Event: '' }, 489],
    ['another Call-ID', { 'Call-ID': 'other' }, 481],
    ['another tag of its own', { From: '<sip:psa@push.test>;tag=other' }, 481],
  ])('with %s is refused', async (_name, headers, code) => {
    const { psa } = world;
    const { sent, ok } = await subscribed(psa);
    psa.send(refresh(psa, sent, ok, headers));
    const refusal = await psa.nextResponse(code);
    expect(refusal.headers('Allow-Events')).toEqual(code === 489 ? ['reg', 'presence'] : []);
  });

  it('by somebody else, too short or out of order is refused and changes nothing', async () => {
    const { core, psa, desk } = world;
    const eve = await TestPeer.connect(core, 'eve');
    const { sent, ok } = await subscribed(psa);
    await eve.sendAuthenticated(refresh(eve, sent, ok, { Expires: '0' }));
    await eve.nextResponse(403);
    await psa.sendAuthenticated(refresh(psa, sent, ok, { Expires: '30' }));
    await psa.nextResponse(423);
    const current = await psa.sendAuthenticated(refresh(psa, sent, ok));
    await psa.nextResponse(200);
    await answered(psa);
    const stale = refresh(psa, sent, ok);
    psa.send(stale);
    const again = psa.answer(stale, await psa.nextResponse(407));
    again.fields.replace('CSeq', [current.header('CSeq') ?? '']);
    psa.send(again);
    await psa.nextResponse(500);
    await desk.register(ONE, 'mms.ua');
    await answered(psa);
    eve.close();
  });
});

describe('other events', () => {
  it('at the core itself are unknown', async () => {
    const { core, psa } = world;
    for (const method of ['SUBSCRIBE', 'NOTIFY']) {
      psa.send(psa.newRequest(method, core.uri, { Event: 'presence' }));
      expect((await psa.nextResponse(489)).header('Allow-Events')).toBe('reg');
    }
    psa.send(psa.newRequest('OPTIONS', core.uri));
    expect((await psa.nextResponse(200)).header('Allow-Events')).toBe('reg');
  });

  it('and reg of GRUUs and contacts still go to terminals; an unknown user is not found', async () => {
    const { psa, desk } = world;
    const gruu = contactParameter(await desk.register(ONE, 'mms.ua'), ONE, 'pub-gruu');
    for (const [uri, event] of [
      [BOB, 'ua-profile'],
      [BOB, ''],
      [gruu, 'reg'],
      [desk.contact, 'reg'],
    ] as const) {
      await psa.sendAuthenticated(psa.newRequest('SUBSCRIBE', uri, { Event: event }));
      desk.reply(await desk.nextRequest('SUBSCRIBE'), 489);
      await psa.nextResponse(489);
    }
    await psa.sendAuthenticated(psa.newRequest('SUBSCRIBE', 'sip:nobody@push.test', { Event: 'reg' }));
    await psa.nextResponse(404);
  });
});

describe('a closing core', () => {
  it('leaves no timers and answers nobody', async () => {
    const core = await SandboxCore.open({ host: '127.0.0.1', port: 0, domain: 'push.test', users: USERS });
    const bob = await TestPeer.connect(core, 'bob');
    await subscribed(bob);
    await bob.register(ONE, 'mms.ua');
    await core.close();
    bob.close();
  });
});

describe('torn header fields', () => {
  it('are refused or taken, and nothing the core sends is malformed (fixed seed)', async () => {
    const { core, psa } = world;
    const names = [
      'Event',
      'Expires',
      'Contact',
      'Accept',
      'From',
      'To',
      'Call-ID',
      'Record-Route',
      'Require',
    ];
    const alphabet = '"<>;,:=@ %*sip\t\\\0\xff01z[]/?&+';
    let state = 6665;
    const random = (below: number): number => {
      state = (state * 1103515245 + 12345) % 2147483648;
      return (state >> 8) % below;
    };
    const codes = new Map<number, number>();
    for (let round = 0; round < 400; round++) {
      const request = subscription(psa, {
        Event: 'reg;id=1',
        Expires: '600',
        Accept: 'application/reginfo+xml',
        'Record-Route': '<sip:a.test;lr>, <sip:b.test>',
        Require: 'gruu',
      });
      psa.send(request);
      const again = psa.answer(request, await psa.nextResponse(407));
      const name = names[random(names.length)] ?? '';
      const value = again.fields.all(name).join(', ');
      const at = random(value.length + 1);
      const noise = alphabet[random(alphabet.length)] ?? '';
      again.fields.replace(name, [value.slice(0, at) + noise + value.slice(at + random(3))]);
      // What is no SIP at all is for the parser, and its refusal repeats it.
      if (parseSipMessage(again.toBytes()).kind === 'bad') continue;
      psa.send(again);
      psa.send(psa.newRequest('OPTIONS', core.uri, { 'Call-ID': `after-${round}` }));
      for (let message = await psa.next(); message.callId !== `after-${round}`; message = await psa.next()) {
        if (message.kind === 'request') psa.reply(message, round % 2 === 0 ? 200 : 481);
        else codes.set(message.code, (codes.get(message.code) ?? 0) + 1);
      }
    }
    expect(codes.get(200)).toBeGreaterThan(50);
    expect([...codes.keys()]).toEqual(expect.arrayContaining([400, 406, 420]));
  });
});

function subscription(peer: TestPeer, headers: Headers = {}, uri = BOB): SipRequest {
  return peer.newRequest('SUBSCRIBE', uri, { Event: 'reg', ...headers });
}

/** Subscribes and answers the first NOTIFY. */
async function subscribed(
  peer: TestPeer,
  headers: Headers = {},
  uri = BOB,
): Promise<{ sent: SipRequest; ok: SipResponse; notify: SipRequest }> {
  const sent = await peer.sendAuthenticated(subscription(peer, headers, uri));
  const ok = await peer.nextResponse(200);
  return { sent, ok, notify: await answered(peer) };
}

/** A SUBSCRIBE within the dialog of a subscription. */
function refresh(peer: TestPeer, sent: SipRequest, ok: SipResponse, headers: Headers = {}): SipRequest {
  return peer.newRequest('SUBSCRIBE', /<([^>]*)>/.exec(ok.header('Contact') ?? '')?.[1] ?? '', {
    From: sent.header('From') ?? '',
    To: ok.header('To') ?? '',
    'Call-ID': sent.callId,
    Event: 'reg',
    ...headers,
  });
}

/** The next NOTIFY, answered 200. */
async function answered(peer: TestPeer): Promise<SipRequest> {
  const notify = await peer.nextRequest('NOTIFY');
  peer.reply(notify, 200);
  return notify;
}

/** Anything sent to the peer before this answer would come before it. */
async function quiet(peer: TestPeer): Promise<void> {
  peer.send(peer.newRequest('OPTIONS', 'sip:push.test'));
  await peer.nextResponse(200);
}

function infoOf(notify: SipRequest): RegInfo {
  const result = parseRegInfo(notify.body);
  if (result.kind === 'bad') throw new Error(result.reason);
  return result.info;
}

function registrationOf(notify: SipRequest): RegRegistration {
  const [registration] = infoOf(notify).registrations;
  if (registration === undefined) throw new Error('no registration');
  return registration;
}

/** State of the registration, then event and URI of each contact. */
function summary(notify: SipRequest): readonly string[] {
  const { state, contacts } = registrationOf(notify);
  return [state, ...contacts.map(({ event, uri }) => `${event} ${uri}`)];
}
