import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SipRequest } from '../../sip/message.ts';
import { TestPeer } from './test-peer.ts';
import { BOB, ONE, TestWorld, TWO } from './test-world.ts';

const PSA = 'sip:psa@push.test';
const PSA_INSTANCE = '00000000-0000-0000-0000-00000000000a';

let world: TestWorld;
beforeEach(async () => {
  world = await TestWorld.open({ registrationFilter: { server: PSA } });
});
afterEach(async () => {
  await world.close();
});

describe('third-party REGISTER (CORE-REG-02 to CORE-REG-04)', () => {
  it('tells the server of a push terminal, its refresh and its end', async () => {
    const { core, psa, desk } = world;
    await psa.register(PSA_INSTANCE, null);
    await desk.register(ONE, 'mms.ua');
    const first = await told(psa);
    expect(first.uri).toBe(psa.contact);
    expect(first.header('To')).toBe(`<${BOB}>`);
    expect(first.header('From')).toContain(`<${core.uri}>;tag=`);
    expect(first.header('Contact')).toBe(`<${core.uri}>`);
    expect(first.header('Expires')).toBe('3600');
    expect(first.body).toHaveLength(0);
    await desk.register(ONE, 'mms.ua', { Expires: '600' });
    const second = await told(psa);
    expect([second.callId, second.cseq.number]).toEqual([first.callId, first.cseq.number + 1]);
    expect(second.header('Expires')).toBe('600');
    await desk.register(ONE, 'mms.ua', { Expires: '0' });
    expect((await told(psa)).header('Expires')).toBe('0');
  });

  it('says nothing of a terminal without push, and the end when push is withdrawn (X-05)', async () => {
    const { psa, desk, phone } = world;
    await psa.register(PSA_INSTANCE, null);
    await phone.register(TWO, null);
    await desk.register(ONE, 'mms.ua');
    expect((await told(psa)).header('To')).toBe(`<${BOB}>`);
    await desk.register(ONE, null);
    expect((await told(psa)).header('Expires')).toBe('0');
  });

  it('tells of the last terminal that goes away without a word, not of the first', async () => {
    const { psa, desk, phone } = world;
    await psa.register(PSA_INSTANCE, null);
    await desk.register(ONE, 'mms.ua');
    await phone.register(TWO, 'mms.ua');
    await told(psa);
    await told(psa);
    desk.close();
    expect(Number((await told(psa)).header('Expires'))).toBeGreaterThan(0);
    phone.close();
    expect((await told(psa)).header('Expires')).toBe('0');
  });

  it('tells a server that comes late, and one that comes anew, of who is there', async () => {
    const { core, psa, desk } = world;
    await desk.register(ONE, 'mms.ua');
    await psa.register(PSA_INSTANCE, null);
    expect((await told(psa)).header('To')).toBe(`<${BOB}>`);
    const again = await TestPeer.connect(core, 'psa');
    await again.register('00000000-0000-0000-0000-00000000000b', null);
    expect((await told(again)).header('To')).toBe(`<${BOB}>`);
    again.close();
  });

  it('reports how the server answered', async () => {
    const { core, psa, desk } = world;
    const codes: number[] = [];
    const reported = new Promise<void>((resolve) => {
      core.onExchange(({ method, code }) => {
        if (method === 'REGISTER') codes.push(code);
        resolve();
      });
    });
    await psa.register(PSA_INSTANCE, null);
    await desk.register(ONE, 'mms.ua');
    psa.reply(await psa.nextRequest('REGISTER'), 403);
    await reported;
    expect(codes).toEqual([403]);
  });
});

describe('a filter', () => {
  it('for another tag takes terminals that have it', async () => {
    const other = await TestWorld.open({ registrationFilter: { server: PSA, tag: '+g.other' } });
    await other.psa.register(PSA_INSTANCE, null);
    await other.desk.register(ONE, 'mms.ua');
    const Contact = `<${other.phone.contact}>;+sip.instance="<urn:uuid:${TWO}>";+g.other`;
    await other.phone.register(TWO, null, { Contact });
    await told(other.psa);
    expect(other.psa.unread).toEqual([]);
    await other.close();
  });

  it('may embed the REGISTER, without its credentials, and the 200 (X-57)', async () => {
    const other = await TestWorld.open({ registrationFilter: { server: PSA, embed: true } });
    await other.psa.register(PSA_INSTANCE, null);
    await other.desk.register(ONE, 'mms.ua');
    const request = await told(other.psa);
    const body = request.body.toString('latin1');
    expect(request.header('Content-Type')).toMatch(/^multipart\/mixed;boundary=/);
    expect(body.match(/Content-Type: message\/sip/g)).toHaveLength(2);
    expect(body).toContain(`REGISTER sip:push.test SIP/2.0`);
    expect(body).toContain('+g.oma.pusheventapp="mms.ua"');
    expect(body).toContain('pub-gruu=');
    expect(body).not.toContain('Authorization');
    await other.close();
  });
});

/** The next third-party REGISTER, answered as a server does (PSA-REG-01). */
async function told(psa: TestPeer): Promise<SipRequest> {
  const request = await psa.nextRequest('REGISTER');
  psa.reply(request, 200, { Expires: request.header('Expires') ?? '' });
  return request;
}
