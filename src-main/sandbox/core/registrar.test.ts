import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestPeer } from './test-peer.ts';
import { BOB, contactParameter, ONE, TestWorld, TWO } from './test-world.ts';

let world: TestWorld;
beforeEach(async () => {
  world = await TestWorld.open();
});
afterEach(async () => {
  await world.close();
});

describe('registrar', () => {
  it('challenges with SHA-256 before MD5 and refuses a wrong password', async () => {
    const { core, desk } = world;
    desk.send(desk.registration());
    const challenge = await desk.nextResponse(401);
    expect(
      challenge.headers('WWW-Authenticate').map((value) => /algorithm=([\w-]+)/.exec(value)?.[1]),
    ).toEqual(['SHA-256', 'MD5']);
    const intruder = await TestPeer.connect(core, 'bob', { password: 'wrong' });
    await intruder.sendAuthenticated(intruder.registration());
    await intruder.nextResponse(401);
    expect(core.bindings()).toEqual([]);
    intruder.close();
  });

  it('gives GRUUs and echoes the feature tags of every binding (CORE-REG-05, CORE-REG-06)', async () => {
    const { phoneAnswer } = await world.registerBoth();
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
    const { core, desk } = world;
    await desk.register(ONE, 'mms.ua');
    const answer = await desk.register(ONE, 'wml.ua', { Expires: '120' });
    expect(core.bindings(BOB)).toHaveLength(1);
    expect(contactParameter(answer, ONE, 'expires')).toBe('120');
    expect(contactParameter(answer, ONE, 'pub-gruu')).toBe(`${BOB};gr=urn:uuid:${ONE}`);
  });

  it('prefers the Contact expires (X-08), refuses too short a time and cuts too long a one', async () => {
    const { desk } = world;
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
    const { core, desk } = world;
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
    const { core, desk } = world;
    await world.registerBoth();
    await desk.sendAuthenticated(desk.registration({ Contact: '*', Expires: '60' }));
    await desk.nextResponse(400);
    await desk.sendAuthenticated(desk.registration({ Contact: '*', Expires: '0' }));
    expect((await desk.nextResponse(200)).header('Contact')).toBeUndefined();
    expect(core.bindings()).toEqual([]);
  });

  it('answers 420, 404, 403 and 500 where they are due', async () => {
    const { desk } = world;
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
    const { core, desk } = world;
    await world.registerBoth();
    const dropped = new Promise((resolve) => {
      core.onRegistration((change) => resolve([change.event, change.binding.instance]));
    });
    desk.close();
    expect(await dropped).toEqual(['flow-closed', `urn:uuid:${ONE}`]);
    expect(core.bindings(BOB)).toHaveLength(1);
  });

  it('keeps several flows of one instance (RFC 5626) and pushes over one of them', async () => {
    const { core, psa, desk, phone } = world;
    const flow = (peer: TestPeer, regId: number) => ({
      Contact: `<${peer.contact}>;+sip.instance="<urn:uuid:${ONE}>";reg-id=${regId};+g.oma.pusheventapp="mms.ua"`,
      Supported: 'outbound, gruu',
    });
    const answer = await desk.register(ONE, null, flow(desk, 1));
    expect([answer.header('Require'), answer.header('Flow-Timer')]).toEqual(['outbound', '120']);
    await phone.register(ONE, null, flow(phone, 2));
    expect(core.bindings(BOB).map(({ regId }) => regId)).toEqual([1, 2]);
    await psa.sendAuthenticated(world.pushMessage());
    phone.reply(await phone.nextRequest('MESSAGE'), 200);
    await psa.nextResponse(200);
    expect(desk.unread).toEqual([]);
  });

  it('refuses contacts that are none, and takes none of a bad list', async () => {
    const { core, desk } = world;
    for (const [contact, code] of [
      ['<tel:+1555>', 400],
      [`<${desk.contact}>, <sip:torn`, 400],
      [`<${desk.contact}>, <${BOB};gr=urn:uuid:1>`, 403],
      [`<${desk.contact}>, <sip:x@127.0.0.1:9>;expires=5`, 423],
    ] as const) {
      await desk.sendAuthenticated(desk.registration({ Contact: contact }));
      await desk.nextResponse(code);
    }
    expect(core.bindings()).toEqual([]);
  });

  it('lists the bindings when asked without a Contact, and keeps Path', async () => {
    const { desk } = world;
    const answer = await desk.register(ONE, 'mms.ua', { Path: '<sip:edge.push.test;lr>' });
    expect(answer.header('Path')).toBe('<sip:edge.push.test;lr>');
    await desk.sendAuthenticated(desk.registration({ Contact: '' }));
    expect((await desk.nextResponse(200)).headers('Contact')).toHaveLength(1);
    await world.psa.sendAuthenticated(world.pushMessage());
    expect((await desk.nextRequest('MESSAGE')).header('Route')).toBe('<sip:edge.push.test;lr>');
  });

  it('bounds the bindings of one user', async () => {
    const { core, desk } = world;
    const contacts = Array.from({ length: 51 }, (_, index) => `<sip:bob@127.0.0.1:${index + 1}>`);
    await desk.sendAuthenticated(desk.registration({ Contact: contacts.join(', ') }));
    await desk.nextResponse(403);
    expect(core.bindings()).toEqual([]);
  });
});
