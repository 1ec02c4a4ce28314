import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ListenTransport } from './listener.ts';
import { TestPeer } from './test-peer.ts';
import { BOB, contactParameter, ONE, TestWorld, TRANSPORTS, TWO } from './test-world.ts';

/** How the sender and the terminals reach the core. */
const WAYS: readonly (readonly [ListenTransport, ListenTransport])[] = [
  ...TRANSPORTS.map((transport) => [transport, transport] as const),
  ['tcp', 'udp'],
  ['udp', 'tcp'],
  ['tcp', 'ws'],
  ['wss', 'tls'],
  ['udp', 'wss'],
];

describe.each(WAYS)('sender over %s, terminals over %s', (sender, terminals) => {
  let world: TestWorld;
  const viaName = terminals.toUpperCase();
  const uriName = (transport: ListenTransport) => (transport === 'wss' ? 'ws' : transport);
  const portOf = (transport: ListenTransport) =>
    /:(\d+);/.exec(world.core.uris.find((uri) => uri.endsWith(`=${transport}`)) ?? '')?.[1];

  beforeEach(async () => {
    world = await TestWorld.open({ sender, terminals });
  });
  afterEach(async () => {
    await world.close();
  });

  it('registers, is refreshed and leaves', async () => {
    const { core, desk } = world;
    const answer = await desk.register(ONE, 'mms.ua');
    expect(contactParameter(answer, ONE, 'pub-gruu')).toBe(`${BOB};gr=urn:uuid:${ONE}`);
    expect(answer.header('Via')).toMatch(/;rport=\d+;received=127\.0\.0\.1$/);
    await desk.register(ONE, 'mms.ua');
    expect(core.bindings(BOB)).toHaveLength(1);
    await desk.register(ONE, 'mms.ua', { Expires: '0' });
    expect(core.bindings(BOB)).toEqual([]);
  });

  it('forwards a MESSAGE to both terminals, its bytes untouched', async () => {
    const { psa, desk, phone } = world;
    await world.registerBoth();
    const push = world.pushMessage();
    push.body = Buffer.from([0xff, 0xfe, 0, 13, 10]);
    await psa.sendAuthenticated(push);
    for (const peer of [desk, phone]) {
      const copy = await peer.nextRequest('MESSAGE');
      expect(copy.body).toEqual(push.body);
      expect(copy.header('Via')).toMatch(new RegExp(`^SIP/2.0/${viaName} 127.0.0.1:${portOf(terminals)};`));
      peer.reply(copy, 200);
    }
    await psa.nextResponse(200);
  });

  it('keeps a dialog from INVITE to BYE, each end with a route of its own transport', async () => {
    const { psa, desk } = world;
    await desk.register(ONE, 'mms.ua');
    const sent = await world.invite();
    const invite = await desk.nextRequest('INVITE');
    const routes = invite.headers('Record-Route');
    expect(routes[0]).toContain(`@127.0.0.1:${portOf(terminals)};transport=${uriName(terminals)};lr`);
    expect(routes.at(-1)).toContain(`@127.0.0.1:${portOf(sender)};transport=${uriName(sender)};lr`);
    expect(routes).toHaveLength(sender === terminals ? 1 : 2);
    desk.reply(invite, 180);
    await psa.nextResponse(180);
    const accepted = desk.reply(invite, 200);
    const ok = await psa.nextResponse(200);
    psa.send(psa.inDialogAsCaller('ACK', sent, ok));
    expect((await desk.nextRequest('ACK')).headers('Route')).toEqual([]);
    desk.send(desk.inDialogAsCallee('INFO', invite, accepted));
    const info = await psa.nextRequest('INFO');
    expect([info.uri, info.headers('Route')]).toEqual([psa.contact, []]);
    psa.reply(info, 200);
    await desk.nextResponse(200);
    psa.send(psa.inDialogAsCaller('BYE', sent, ok));
    desk.reply(await desk.nextRequest('BYE'), 200);
    await psa.nextResponse(200);
  });

  it('cancels, and acknowledges a refusal hop by hop', async () => {
    const { psa, desk, phone } = world;
    await world.registerBoth();
    const sent = await world.invite();
    const copies = [await desk.nextRequest('INVITE'), await phone.nextRequest('INVITE')] as const;
    desk.reply(copies[0], 486);
    await desk.nextRequest('ACK');
    phone.reply(copies[1], 180);
    await psa.nextResponse(180);
    psa.send(psa.cancel(sent));
    await psa.nextResponse(200);
    phone.reply(await phone.nextRequest('CANCEL'), 200);
    phone.reply(copies[1], 487);
    await phone.nextRequest('ACK');
    psa.send(psa.acknowledge(sent, await psa.nextResponse(486)));
  });
});

describe('one user', () => {
  it('has terminals on every transport, and a message reaches them all', async () => {
    const world = await TestWorld.open();
    const terminals = await Promise.all(
      TRANSPORTS.map((transport) => TestPeer.connect(world.core, 'bob', { transport })),
    );
    for (const [index, terminal] of terminals.entries()) await terminal.register(`${TWO}${index}`, 'mms.ua');
    await world.psa.sendAuthenticated(world.pushMessage());
    for (const terminal of terminals) terminal.reply(await terminal.nextRequest('MESSAGE'), 200);
    await world.psa.nextResponse(200);
    for (const terminal of terminals) terminal.close();
    await world.close();
  });
});

describe('sips', () => {
  it('reaches terminals over TLS only (RFC 3261 §26.2.2)', async () => {
    const world = await TestWorld.open({ sender: 'tls', terminals: 'tls' });
    const { core, psa, desk } = world;
    const open = await TestPeer.connect(core, 'bob');
    await open.register(ONE, 'mms.ua');
    await psa.sendAuthenticated(world.pushMessage('sips:bob@push.test'));
    await psa.nextResponse(480);
    await desk.register(TWO, 'mms.ua');
    await psa.sendAuthenticated(psa.newRequest('INVITE', 'sips:bob@push.test'));
    await psa.nextResponse(100);
    const invite = await desk.nextRequest('INVITE');
    expect(invite.header('Record-Route')).toMatch(/^<sips:/);
    desk.reply(invite, 486);
    await desk.nextRequest('ACK');
    await psa.nextResponse(486);
    expect(open.unread).toEqual([]);
    open.close();
    await world.close();
  });
});
