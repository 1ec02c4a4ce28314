import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BOB, contactParameter, HASTY, ONE, TestWorld, TWO } from './test-world.ts';

let world: TestWorld;
beforeEach(async () => {
  world = await TestWorld.open();
});
afterEach(async () => {
  await world.close();
});

describe('MESSAGE', () => {
  it('reaches every terminal of the AOR and gives one 200 (CORE-MTR-01, CORE-PAG-01, CORE-PAG-02)', async () => {
    const { core, psa, desk, phone } = world;
    await world.registerBoth();
    const sent = await psa.sendAuthenticated(world.pushMessage());
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
    const { psa, desk, phone } = world;
    const { phoneAnswer } = await world.registerBoth();
    const gruu = contactParameter(phoneAnswer, TWO, kind);
    await psa.sendAuthenticated(world.pushMessage(gruu));
    const copy = await phone.nextRequest('MESSAGE');
    expect(copy.uri).toBe(phone.contact);
    expect(copy.header('P-Called-Party-ID')).toBe(`<${gruu}>`);
    phone.reply(copy, 200);
    await psa.nextResponse(200);
    expect(desk.unread).toEqual([]);
  });

  it('to an AOR goes only to terminals that serve the application', async () => {
    const { psa, desk, phone } = world;
    await world.registerBoth();
    await psa.sendAuthenticated(
      world.pushMessage(BOB, { 'Accept-Contact': '*;+g.oma.pusheventapp="x-wap-application:WML.ua"' }),
    );
    desk.reply(await desk.nextRequest('MESSAGE'), 200);
    await psa.nextResponse(200);
    expect(phone.unread).toEqual([]);
    await psa.sendAuthenticated(
      world.pushMessage(BOB, { 'Accept-Contact': '*;+g.oma.pusheventapp="none.ua"' }),
    );
    await psa.nextResponse(480);
  });

  it('is refused for no binding, no user and a GRUU that ended', async () => {
    const { psa, desk } = world;
    await psa.sendAuthenticated(world.pushMessage());
    await psa.nextResponse(480);
    await psa.sendAuthenticated(world.pushMessage('sip:nobody@push.test'));
    await psa.nextResponse(404);
    const { deskAnswer } = await world.registerBoth();
    const temporary = contactParameter(deskAnswer, ONE, 'temp-gruu');
    await desk.register(ONE, 'mms.ua', { Expires: '0' });
    await psa.sendAuthenticated(world.pushMessage(temporary));
    await psa.nextResponse(404);
    await psa.sendAuthenticated(world.pushMessage(`${BOB};gr=urn:uuid:${ONE}`));
    await psa.nextResponse(480);
  });

  it('from a stranger loses its P-Asserted-Identity', async () => {
    const { psa, desk } = world;
    await desk.register(ONE, 'mms.ua');
    psa.send(
      world.pushMessage(BOB, {
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
    const { psa, desk } = world;
    await desk.register(ONE, 'mms.ua');
    await psa.sendAuthenticated(world.pushMessage(BOB, { 'P-Asserted-Identity': '<sip:eve@push.test>' }));
    const copy = await desk.nextRequest('MESSAGE');
    expect(copy.headers('P-Asserted-Identity')).toEqual(['<sip:psa@push.test>']);
    desk.reply(copy, 200);
    await psa.nextResponse(200);
    await psa.sendAuthenticated(world.pushMessage(BOB, { Privacy: 'id' }));
    expect((await desk.nextRequest('MESSAGE')).header('P-Asserted-Identity')).toBeUndefined();
  });

  it('is never answered 408 (RFC 4320), and a flow that closes counts as unavailable', async () => {
    await world.close();
    world = await TestWorld.open({ timers: HASTY });
    const { psa, desk, phone } = world;
    await world.registerBoth();
    await psa.sendAuthenticated(world.pushMessage());
    await desk.nextRequest('MESSAGE');
    await phone.nextRequest('MESSAGE');
    phone.close();
    // The desk stays silent until its branch times out; the answer then is that of the phone.
    await psa.nextResponse(480);
  });

  it('is answered 483 and 416 by the proxy', async () => {
    const { psa } = world;
    psa.send(world.pushMessage(BOB, { 'Max-Forwards': '0' }));
    await psa.nextResponse(483);
    await psa.sendAuthenticated(world.pushMessage('tel:+1555'));
    await psa.nextResponse(416);
  });

  it('in the name of a user is challenged even where strangers are allowed', async () => {
    const { psa, desk } = world;
    await desk.register(ONE, 'mms.ua');
    psa.send(world.pushMessage(BOB, { From: '<sip:eve@push.test>;tag=1' }));
    await psa.nextResponse(407);
  });
});
