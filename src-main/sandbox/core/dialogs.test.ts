import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SipRequest, SipResponse } from '../../sip/message.ts';
import { TestPeer } from './test-peer.ts';
import { BOB, contactParameter, HASTY, ONE, TestWorld, TWO } from './test-world.ts';

let world: TestWorld;
beforeEach(async () => {
  world = await TestWorld.open();
});
afterEach(async () => {
  await world.close();
});

describe('INVITE', () => {
  it('taken by one terminal is cancelled at the other; dialog requests go both ways', async () => {
    const { psa, desk, phone } = world;
    await world.registerBoth();
    const sent = await world.invite();
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
    const { core, psa, desk, phone } = world;
    await world.registerBoth();
    const sent = await world.invite();
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
    const { psa, desk, phone } = world;
    await world.registerBoth();
    await world.invite();
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
    const { psa, desk, phone } = world;
    await world.registerBoth();
    const sent = await world.invite();
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
    const { core, psa, desk } = world;
    await desk.register(ONE, 'mms.ua');
    const sent = await world.invite();
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
    await world.close();
    world = await TestWorld.open({ timers: HASTY });
    const { psa, desk } = world;
    await desk.register(ONE, 'mms.ua');
    await world.invite();
    await desk.nextRequest('INVITE');
    await psa.nextResponse(408);
    await world.invite();
    desk.reply(await desk.nextRequest('INVITE'), 180);
    await psa.nextResponse(180);
    await desk.nextRequest('CANCEL');
    await psa.nextResponse(408);
  });

  it('is cancelled at the terminals when the sender is gone', async () => {
    const { psa, desk } = world;
    await desk.register(ONE, 'mms.ua');
    await world.invite();
    desk.reply(await desk.nextRequest('INVITE'), 180);
    await psa.nextResponse(180);
    psa.close();
    await desk.nextRequest('CANCEL');
  });

  it('keeps a dialog whose Contact is a GRUU, with and without Route (CORE-SES-02)', async () => {
    const { psa, desk } = world;
    const answer = await desk.register(ONE, 'mms.ua');
    const gruu = contactParameter(answer, ONE, 'pub-gruu');
    const sent = await world.invite(gruu);
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
    const { psa, desk, phone } = world;
    await world.registerBoth();
    await world.invite();
    const atDesk = await desk.nextRequest('INVITE');
    await phone.nextRequest('INVITE');
    phone.reply(atDesk, 200);
    desk.reply(atDesk, 180);
    await psa.nextResponse(180);
  });

  it('follows a terminal that reconnected by its GRUU; a lost contact is a failed flow', async () => {
    const { core, psa, desk } = world;
    const gruu = contactParameter(await desk.register(ONE, 'mms.ua'), ONE, 'pub-gruu');
    const sent = await world.invite();
    desk.reply(await desk.nextRequest('INVITE'), 200, { Contact: `<${gruu}>` });
    const ok = await psa.nextResponse(200);
    const gone = new Promise((resolve) => {
      core.onRegistration(resolve);
    });
    desk.close();
    await gone;
    const back = await TestPeer.connect(core, 'bob');
    await back.register(ONE, 'mms.ua');
    psa.send(psa.inDialogAsCaller('INFO', sent, ok));
    const info = await back.nextRequest('INFO');
    expect(info.uri).toBe(back.contact);
    const bye = psa.inDialogAsCaller('BYE', sent, ok);
    bye.uri = desk.contact;
    psa.send(bye);
    await psa.nextResponse(430);
    // The terminal's own requests still find the sender, which did not move.
    back.send(back.newRequest('BYE', psa.contact, { Route: info.header('Record-Route') ?? routeOf(ok) }));
    await psa.nextRequest('BYE');
    back.close();
  });

  it('passes every 2xx on, and a 503 as 500', async () => {
    const { psa, desk, phone } = world;
    await world.registerBoth();
    await world.invite();
    const atDesk = await desk.nextRequest('INVITE');
    const atPhone = await phone.nextRequest('INVITE');
    desk.reply(atDesk, 200);
    phone.reply(atPhone, 200);
    const tags = [(await psa.nextResponse(200)).toTag, (await psa.nextResponse(200)).toTag];
    expect(new Set(tags).size).toBe(2);
    await desk.register(ONE, null, { Contact: '*', Expires: '0' });
    await phone.register(TWO, 'mms.ua');
    await world.invite();
    phone.reply(await phone.nextRequest('INVITE'), 503);
    await psa.nextResponse(500);
  });

  it('that is no INVITE forms a dialog too: SUBSCRIBE and its NOTIFY', async () => {
    const { psa, desk } = world;
    await desk.register(ONE, 'mms.ua');
    const sent = await psa.sendAuthenticated(psa.newRequest('SUBSCRIBE', BOB, { Event: 'ua-profile' }));
    const subscribe = await desk.nextRequest('SUBSCRIBE');
    const accepted = desk.reply(subscribe, 200);
    await psa.nextResponse(200);
    desk.send(desk.inDialogAsCallee('NOTIFY', subscribe, accepted));
    const notify = await psa.nextRequest('NOTIFY');
    expect(notify.toTag).toBe(sent.fromTag);
    psa.reply(notify, 200);
    await desk.nextResponse(200);
  });
});

function routeOf(response: SipResponse): string {
  return response.headers('Record-Route').join(', ');
}
