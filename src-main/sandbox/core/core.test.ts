import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SipRequest, SipResponse } from '../../sip/message.ts';
import { headerParameter, parseNameAddr } from '../../sip/name-addr.ts';
import { parseSipUri } from '../../sip/uri.ts';
import { SandboxCore } from './core.ts';
import { TestPeer } from './test-peer.ts';

const BOB = 'sip:bob@push.test';
const ONE = '00000000-0000-0000-0000-000000000001';
const TWO = '00000000-0000-0000-0000-000000000002';
const MMS = '*;+g.oma.pusheventapp="mms.ua"';

let core: SandboxCore;
let psa: TestPeer;
let desk: TestPeer;
let phone: TestPeer;

const users = ['bob', 'psa', 'eve'].map((name) => ({ name, password: `${name}-secret` }));

beforeEach(async () => {
  core = await SandboxCore.open({
    host: '127.0.0.1',
    port: 0,
    domain: 'push.test',
    users,
    allowAnySender: true,
    timers: { answer: 300, invite: 400, linger: 300 },
  });
  [psa, desk, phone] = await Promise.all([
    TestPeer.connect(core, 'psa'),
    TestPeer.connect(core, 'bob'),
    TestPeer.connect(core, 'bob'),
  ]);
});

afterEach(async () => {
  for (const peer of [psa, desk, phone]) peer.close();
  await core.close();
});

async function registerBoth(): Promise<{ deskAnswer: SipResponse; phoneAnswer: SipResponse }> {
  const deskAnswer = await desk.register(ONE, 'mms.ua,wml.ua');
  const phoneAnswer = await phone.register(TWO, 'mms.ua');
  return { deskAnswer, phoneAnswer };
}

/** Value of a parameter of the Contact of an instance in a 200 to REGISTER. */
function contactParameter(response: SipResponse, instance: string, name: string): string {
  const contact = response.headers('Contact').find((value) => value.includes(instance));
  return headerParameter(parseNameAddr(contact ?? '') ?? { parameters: [] }, name) ?? '';
}

function pushMessage(uri = BOB, headers: Record<string, string> = {}): SipRequest {
  return psa.newRequest('MESSAGE', uri, { 'Accept-Contact': MMS, Contact: '', ...headers }, 'push');
}

async function invite(uri = BOB, headers: Record<string, string> = {}): Promise<SipRequest> {
  const request = await psa.sendAuthenticated(
    psa.newRequest('INVITE', uri, { 'Accept-Contact': MMS, ...headers }),
  );
  await psa.nextResponse(100);
  return request;
}

describe('registrar', () => {
  it('challenges with SHA-256 before MD5 and refuses a wrong password', async () => {
    desk.send(desk.registration());
    const challenge = await desk.nextResponse(401);
    expect(
      challenge.headers('WWW-Authenticate').map((value) => /algorithm=([\w-]+)/.exec(value)?.[1]),
    ).toEqual(['SHA-256', 'MD5']);
    const intruder = await TestPeer.connect(core, 'bob', 'wrong');
    await intruder.sendAuthenticated(intruder.registration());
    await intruder.nextResponse(401);
    expect(core.bindings()).toEqual([]);
    intruder.close();
  });

  it('gives GRUUs and echoes the feature tags of every binding (CORE-REG-05, CORE-REG-06)', async () => {
    const { phoneAnswer } = await registerBoth();
    expect(phoneAnswer.headers('Contact')).toHaveLength(2);
    expect(contactParameter(phoneAnswer, ONE, '+g.oma.pusheventapp')).toBe('mms.ua,wml.ua');
    expect(contactParameter(phoneAnswer, TWO, '+g.oma.pusheventapp')).toBe('mms.ua');
    expect(contactParameter(phoneAnswer, TWO, 'pub-gruu')).toBe(`${BOB};gr=urn:uuid:${TWO}`);
    expect(contactParameter(phoneAnswer, TWO, 'temp-gruu')).toMatch(
      /^sip:tgruu\.[0-9a-f]{32}@push\.test;gr$/,
    );
    expect(contactParameter(phoneAnswer, TWO, 'expires')).toBe('3600');
  });

  it('replaces the binding of an instance and keeps its public GRUU', async () => {
    await desk.register(ONE, 'mms.ua');
    const answer = await desk.register(ONE, 'wml.ua', { Expires: '120' });
    expect(core.bindings(BOB)).toHaveLength(1);
    expect(contactParameter(answer, ONE, 'expires')).toBe('120');
    expect(contactParameter(answer, ONE, 'pub-gruu')).toBe(`${BOB};gr=urn:uuid:${ONE}`);
  });

  it('prefers the Contact expires (X-08), refuses too short a time and cuts too long a one', async () => {
    const answer = await desk.register(ONE, null, {
      Contact: `<${desk.contact}>;expires=99`,
      Expires: '7200',
    });
    expect(answer.header('Contact')).toContain('expires=99');
    await desk.sendAuthenticated(desk.registration({ Expires: '59' }));
    expect((await desk.nextResponse(423)).header('Min-Expires')).toBe('60');
    const cut = await desk.register(ONE, null, { Contact: `<${desk.contact}>`, Expires: '4000000000' });
    expect(cut.header('Contact')).toContain('expires=604800');
  });

  it('tells withdrawal from push from leaving (X-05, X-61)', async () => {
    const events: string[] = [];
    core.onRegistration((change) => events.push(change.event));
    await desk.register(ONE, 'mms.ua');
    await desk.register(ONE, 'mms.ua');
    await desk.register(ONE, null);
    await desk.register(ONE, null, { Expires: '0' });
    expect(events).toEqual(['created', 'refreshed', 'withdrawn', 'unregistered']);
    expect(core.bindings()).toEqual([]);
  });

  it('removes all bindings for * with Expires 0, and refuses other uses of *', async () => {
    await registerBoth();
    await desk.sendAuthenticated(desk.registration({ Contact: '*', Expires: '60' }));
    await desk.nextResponse(400);
    await desk.sendAuthenticated(desk.registration({ Contact: '*', Expires: '0' }));
    expect((await desk.nextResponse(200)).header('Contact')).toBeUndefined();
    expect(core.bindings()).toEqual([]);
  });

  it('answers 420, 404, 403 and 500 where they are due', async () => {
    desk.send(desk.registration({ Require: 'pref, magic' }));
    expect((await desk.nextResponse(420)).header('Unsupported')).toBe('magic');
    desk.send(desk.registration({ To: '<sip:nobody@push.test>' }));
    await desk.nextResponse(404);
    await desk.sendAuthenticated(desk.registration({ To: '<sip:eve@push.test>' }));
    await desk.nextResponse(403);
    await desk.register(ONE, 'mms.ua');
    const late = desk.registration({
      Contact: `<${desk.contact}>;+sip.instance="<urn:uuid:${ONE}>"`,
      CSeq: '1 REGISTER',
    });
    desk.send(late);
    const again = desk.answer(late, await desk.nextResponse(401));
    again.fields.replace('CSeq', ['2 REGISTER']);
    desk.send(again);
    await desk.nextResponse(500);
  });

  it('drops the bindings of a closed flow', async () => {
    await registerBoth();
    const dropped = new Promise((resolve) => {
      core.onRegistration((change) => resolve([change.event, change.binding.instance]));
    });
    desk.close();
    expect(await dropped).toEqual(['flow-closed', `urn:uuid:${ONE}`]);
    expect(core.bindings(BOB)).toHaveLength(1);
  });
});

describe('MESSAGE', () => {
  it('reaches every terminal of the AOR and gives one 200 (CORE-MTR-01, CORE-PAG-01, CORE-PAG-02)', async () => {
    await registerBoth();
    const sent = await psa.sendAuthenticated(pushMessage());
    const copies = [await desk.nextRequest('MESSAGE'), await phone.nextRequest('MESSAGE')];
    for (const [index, copy] of copies.entries()) {
      expect(copy.uri).toBe([desk, phone][index]?.contact);
      expect(copy.header('P-Asserted-Identity')).toBe('<sip:psa@push.test>');
      expect(copy.header('P-Called-Party-ID')).toBe(`<${BOB}>`);
      expect(copy.header('Max-Forwards')).toBe('69');
      expect(copy.header('Proxy-Authorization')).toBeUndefined();
      expect(copy.headers('Via')).toHaveLength(2);
      expect(copy.body.toString()).toBe('push');
    }
    const [first, second] = copies;
    if (first === undefined || second === undefined) throw new Error('no copies');
    desk.reply(first, 200, { 'P-Asserted-Identity': '<sip:liar@push.test>' });
    const answer = await psa.nextResponse(200);
    expect(answer.headers('P-Asserted-Identity')).toEqual([`<${BOB}>`]);
    expect(answer.headers('Via')).toHaveLength(1);
    expect(answer.header('Via')).toContain(sent.topVia?.sentBy);
    phone.reply(second, 200);
    psa.send(psa.newRequest('OPTIONS', core.uri));
    expect((await psa.nextResponse(200)).cseq.method).toBe('OPTIONS');
  });

  it.each(['pub-gruu', 'temp-gruu'])('to a %s reaches one terminal', async (kind) => {
    const { phoneAnswer } = await registerBoth();
    const gruu = contactParameter(phoneAnswer, TWO, kind);
    await psa.sendAuthenticated(pushMessage(gruu));
    const copy = await phone.nextRequest('MESSAGE');
    expect(copy.uri).toBe(phone.contact);
    expect(copy.header('P-Called-Party-ID')).toBe(`<${gruu}>`);
    phone.reply(copy, 200);
    await psa.nextResponse(200);
    expect(desk.unread).toEqual([]);
  });

  it('to an AOR goes only to terminals that serve the application', async () => {
    await registerBoth();
    await psa.sendAuthenticated(
      pushMessage(BOB, { 'Accept-Contact': '*;+g.oma.pusheventapp="x-wap-application:WML.ua"' }),
    );
    desk.reply(await desk.nextRequest('MESSAGE'), 200);
    await psa.nextResponse(200);
    expect(phone.unread).toEqual([]);
    await psa.sendAuthenticated(pushMessage(BOB, { 'Accept-Contact': '*;+g.oma.pusheventapp="none.ua"' }));
    await psa.nextResponse(480);
  });

  it('is refused for no binding, no user and a GRUU that ended', async () => {
    await psa.sendAuthenticated(pushMessage());
    await psa.nextResponse(480);
    await psa.sendAuthenticated(pushMessage('sip:nobody@push.test'));
    await psa.nextResponse(404);
    const { deskAnswer } = await registerBoth();
    const temporary = contactParameter(deskAnswer, ONE, 'temp-gruu');
    await desk.register(ONE, 'mms.ua', { Expires: '0' });
    await psa.sendAuthenticated(pushMessage(temporary));
    await psa.nextResponse(404);
    await psa.sendAuthenticated(pushMessage(`${BOB};gr=urn:uuid:${ONE}`));
    await psa.nextResponse(480);
  });

  it('from a stranger loses its P-Asserted-Identity', async () => {
    await desk.register(ONE, 'mms.ua');
    psa.send(
      pushMessage(BOB, {
        From: '<sip:mallory@elsewhere.test>;tag=1',
        'P-Asserted-Identity': '<sip:psa@push.test>',
        'P-Asserted-Service': 'urn:urn-7:x',
      }),
    );
    const copy = await desk.nextRequest('MESSAGE');
    expect(copy.header('P-Asserted-Identity')).toBeUndefined();
    expect(copy.header('P-Asserted-Service')).toBeUndefined();
    desk.reply(copy, 200);
    await psa.nextResponse(200);
  });

  it('from a user replaces a spoofed P-Asserted-Identity, and Privacy: id hides it', async () => {
    await desk.register(ONE, 'mms.ua');
    await psa.sendAuthenticated(pushMessage(BOB, { 'P-Asserted-Identity': '<sip:eve@push.test>' }));
    const copy = await desk.nextRequest('MESSAGE');
    expect(copy.headers('P-Asserted-Identity')).toEqual(['<sip:psa@push.test>']);
    desk.reply(copy, 200);
    await psa.nextResponse(200);
    await psa.sendAuthenticated(pushMessage(BOB, { Privacy: 'id' }));
    expect((await desk.nextRequest('MESSAGE')).header('P-Asserted-Identity')).toBeUndefined();
  });

  it('is never answered 408 (RFC 4320), and a flow that closes counts as unavailable', async () => {
    await registerBoth();
    await psa.sendAuthenticated(pushMessage());
    await desk.nextRequest('MESSAGE');
    await phone.nextRequest('MESSAGE');
    phone.close();
    // The desk stays silent until its branch times out; the answer then is that of the phone.
    await psa.nextResponse(480);
  });

  it('is answered 483 and 416 by the proxy', async () => {
    psa.send(pushMessage(BOB, { 'Max-Forwards': '0' }));
    await psa.nextResponse(483);
    await psa.sendAuthenticated(pushMessage('tel:+1555'));
    await psa.nextResponse(416);
  });
});

describe('INVITE', () => {
  it('taken by one terminal is cancelled at the other; dialog requests go both ways', async () => {
    await registerBoth();
    const sent = await invite();
    const atDesk = await desk.nextRequest('INVITE');
    const atPhone = await phone.nextRequest('INVITE');
    phone.reply(atPhone, 180);
    await psa.nextResponse(180);
    const deskOk = desk.reply(atDesk, 200);
    const ok = await psa.nextResponse(200);
    expect(ok.headers('Record-Route')).toHaveLength(1);
    phone.reply(await phone.nextRequest('CANCEL'), 200);
    phone.reply(atPhone, 487);
    expect((await phone.nextRequest('ACK')).uri).toBe(phone.contact);

    psa.send(psa.inDialogAsCaller('ACK', sent, ok));
    const ack = await desk.nextRequest('ACK');
    expect(ack.uri).toBe(desk.contact);
    expect(ack.headers('Route')).toEqual([]);

    desk.send(desk.inDialogAsCallee('INFO', atDesk, deskOk));
    const info = await psa.nextRequest('INFO');
    expect(info.uri).toBe(psa.contact);
    psa.reply(info, 200);
    await desk.nextResponse(200);

    psa.send(psa.inDialogAsCaller('BYE', sent, ok));
    desk.reply(await desk.nextRequest('BYE'), 200);
    await psa.nextResponse(200);
    expect(phone.unread).toEqual([]);
  });

  it('refused by all gets the best answer, acknowledged hop by hop', async () => {
    await registerBoth();
    const sent = await invite();
    const atDesk = await desk.nextRequest('INVITE');
    const atPhone = await phone.nextRequest('INVITE');
    desk.reply(atDesk, 486);
    await desk.nextRequest('ACK');
    phone.reply(atPhone, 486);
    await phone.nextRequest('ACK');
    const busy = await psa.nextResponse(486);
    psa.send(psa.acknowledge(sent, busy));
    psa.send(psa.newRequest('OPTIONS', core.uri));
    await psa.nextResponse(200);
    expect([desk.unread, phone.unread]).toEqual([[], []]);
  });

  it('declined for all with 6xx cancels the rest', async () => {
    await registerBoth();
    await invite();
    const atDesk = await desk.nextRequest('INVITE');
    const atPhone = await phone.nextRequest('INVITE');
    phone.reply(atPhone, 100);
    desk.reply(atDesk, 603);
    await desk.nextRequest('ACK');
    phone.reply(await phone.nextRequest('CANCEL'), 200);
    phone.reply(atPhone, 487);
    await phone.nextRequest('ACK');
    await psa.nextResponse(603);
  });

  it('cancelled by the sender ends in 487 everywhere', async () => {
    await registerBoth();
    const sent = await invite();
    const copies: (readonly [TestPeer, SipRequest])[] = [
      [desk, await desk.nextRequest('INVITE')],
      [phone, await phone.nextRequest('INVITE')],
    ];
    for (const [peer, copy] of copies) {
      peer.reply(copy, 180);
      await psa.nextResponse(180);
    }
    psa.send(psa.cancel(sent));
    expect((await psa.nextResponse(200)).cseq.method).toBe('CANCEL');
    for (const [peer, copy] of copies) {
      peer.reply(await peer.nextRequest('CANCEL'), 200);
      peer.reply(copy, 487);
      await peer.nextRequest('ACK');
    }
    psa.send(psa.acknowledge(sent, await psa.nextResponse(487)));
  });

  it('waits for a provisional answer before it sends CANCEL', async () => {
    await desk.register(ONE, 'mms.ua');
    const sent = await invite();
    const copy = await desk.nextRequest('INVITE');
    psa.send(psa.cancel(sent));
    await psa.nextResponse(200);
    // Anything sent to the desk before this answer would come before it.
    desk.send(desk.newRequest('OPTIONS', core.uri));
    await desk.nextResponse(200);
    desk.reply(copy, 180);
    await desk.nextRequest('CANCEL');
    await psa.nextResponse(180);
    desk.reply(copy, 487);
    await desk.nextRequest('ACK');
    await psa.nextResponse(487);
  });

  it('without any answer ends in 408, after a provisional one in CANCEL and 408', async () => {
    await desk.register(ONE, 'mms.ua');
    await invite();
    await desk.nextRequest('INVITE');
    await psa.nextResponse(408);
    await invite();
    desk.reply(await desk.nextRequest('INVITE'), 180);
    await psa.nextResponse(180);
    await desk.nextRequest('CANCEL');
    await psa.nextResponse(408);
  });

  it('is cancelled at the terminals when the sender is gone', async () => {
    await desk.register(ONE, 'mms.ua');
    await invite();
    desk.reply(await desk.nextRequest('INVITE'), 180);
    await psa.nextResponse(180);
    psa.close();
    await desk.nextRequest('CANCEL');
  });

  it('keeps a dialog whose Contact is a GRUU, with and without Route (CORE-SES-02)', async () => {
    const answer = await desk.register(ONE, 'mms.ua');
    const gruu = contactParameter(answer, ONE, 'pub-gruu');
    const sent = await invite(gruu);
    desk.reply(await desk.nextRequest('INVITE'), 200, { Contact: `<${gruu}>` });
    const ok = await psa.nextResponse(200);
    const ack = psa.inDialogAsCaller('ACK', sent, ok);
    ack.fields.remove('Route');
    psa.send(ack);
    expect((await desk.nextRequest('ACK')).uri).toBe(desk.contact);
    psa.send(psa.inDialogAsCaller('BYE', sent, ok));
    const bye = await desk.nextRequest('BYE');
    expect(bye.uri).toBe(desk.contact);
    expect(bye.header('P-Called-Party-ID')).toBeUndefined();
    desk.reply(bye, 200);
    await psa.nextResponse(200);
  });

  it('gathers no answer from a flow the branch did not go to', async () => {
    await registerBoth();
    await invite();
    const atDesk = await desk.nextRequest('INVITE');
    await phone.nextRequest('INVITE');
    phone.reply(atDesk, 200);
    desk.reply(atDesk, 180);
    await psa.nextResponse(180);
  });
});

describe('the core itself', () => {
  it('answers OPTIONS, stray CANCEL and malformed requests', async () => {
    psa.send(psa.newRequest('OPTIONS', 'sip:push.test'));
    expect((await psa.nextResponse(200)).headers('Allow')).toContain('MESSAGE');
    psa.send(psa.newRequest('CANCEL', BOB));
    await psa.nextResponse(481);
    psa.send(psa.newRequest('MESSAGE', `${BOB};gr=6bf6"`));
    await psa.nextResponse(400);
    psa.send(psa.newRequest('MESSAGE', BOB, { 'Proxy-Require': 'magic' }));
    expect((await psa.nextResponse(420)).header('Unsupported')).toBe('magic');
  });

  it('answers a ping, even one in two pieces', async () => {
    psa.socket.write('\r\n\r\n');
    expect(String((await once(psa.socket, 'data'))[0])).toBe('\r\n');
    psa.socket.write('\r\n');
    await new Promise((resolve) => psa.socket.write('', resolve));
    psa.socket.write('\r\n');
    expect(String((await once(psa.socket, 'data'))[0])).toBe('\r\n');
  });

  it('reports what it answered', async () => {
    const seen: string[] = [];
    const stop = core.onExchange(({ method, code, from, targets }) =>
      seen.push(`${method} ${code} ${from} ${targets}`),
    );
    await desk.register(ONE, 'mms.ua');
    await psa.sendAuthenticated(pushMessage());
    desk.reply(await desk.nextRequest('MESSAGE'), 200);
    await psa.nextResponse(200);
    stop();
    await psa.sendAuthenticated(pushMessage());
    expect(seen).toEqual(['MESSAGE 407 sip:psa@push.test 0', 'MESSAGE 200 sip:psa@push.test 1']);
  });

  it('asks everyone for credentials unless strangers are allowed', async () => {
    const strict = await SandboxCore.open({ host: '127.0.0.1', port: 0, domain: 'push.test', users });
    const stranger = await TestPeer.connect(strict, 'mallory');
    stranger.send(stranger.newRequest('MESSAGE', BOB, { From: '<sip:mallory@elsewhere.test>;tag=1' }));
    await stranger.nextResponse(407);
    stranger.close();
    await strict.close();
  });

  it('survives noise and torn messages (fixed seed)', async () => {
    await desk.register(ONE, 'mms.ua');
    const good = [
      pushMessage(),
      psa.newRequest('INVITE', BOB),
      desk.registration(),
      psa.newRequest('ACK', BOB),
    ];
    let seed = 21;
    const random = (below: number): number => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return (seed >> 8) % below;
    };
    for (let connection = 0; connection < 20; connection++) {
      const socket = connect(parseSipUri(core.uri)?.port ?? 0, '127.0.0.1').resume();
      for (let round = 0; round < 100; round++) {
        const bytes = good[random(good.length)]?.toBytes() ?? Buffer.alloc(0);
        for (let edit = random(4); edit > 0; edit--) bytes[random(bytes.length)] = random(256);
        socket.write(bytes);
      }
      socket.end();
      await once(socket, 'close');
    }
    psa.send(psa.newRequest('OPTIONS', core.uri));
    await psa.nextResponse(200);
  });
});
