import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bindingRequest, parseStun } from '../../sip/stun.ts';
import { parseSipUri } from '../../sip/uri.ts';
import { TestPeer } from './test-peer.ts';
import { BOB, ONE, REPEATING, TestWorld } from './test-world.ts';

let world: TestWorld;
beforeEach(async () => {
  world = await TestWorld.open({ sender: 'udp', terminals: 'udp' });
});
afterEach(async () => {
  await world.close();
});

function udpPort(): number {
  return parseSipUri(world.core.uris[1] ?? '')?.port ?? 0;
}

async function repeatingWorld(): Promise<TestWorld> {
  await world.close();
  world = await TestWorld.open({ sender: 'udp', terminals: 'udp', timers: REPEATING });
  return world;
}

describe('what came again', () => {
  it('REGISTER gets the same answer, and its binding stays', async () => {
    const { core, desk } = world;
    desk.send(desk.registration());
    const challenge = await desk.nextResponse(401);
    const request = await desk.sendAuthenticated(
      desk.registration({
        Contact: `<${desk.contact}>;+sip.instance="<urn:uuid:${ONE}>"`,
        'Call-ID': 'again',
      }),
    );
    const first = await desk.nextResponse(200);
    for (let time = 0; time < 3; time++) {
      desk.send(request);
      expect((await desk.nextResponse(200)).toBytes()).toEqual(first.toBytes());
    }
    expect(challenge.toTag).toBeDefined();
    expect(core.bindings(BOB)).toHaveLength(1);
  });

  it('MESSAGE is forwarded once and answered again, also after its answer', async () => {
    const { psa, desk } = world;
    await desk.register(ONE, 'mms.ua');
    const sent = await psa.sendAuthenticated(world.pushMessage());
    const copy = await desk.nextRequest('MESSAGE');
    psa.send(sent);
    desk.reply(copy, 200);
    const first = await psa.nextResponse(200);
    psa.send(sent);
    expect((await psa.nextResponse(200)).toBytes()).toEqual(first.toBytes());
    expect(desk.unread).toEqual([]);
  });

  it('INVITE gets the latest provisional answer, then the final one', async () => {
    const { psa, desk } = world;
    await desk.register(ONE, 'mms.ua');
    const sent = await world.invite();
    psa.send(sent);
    await psa.nextResponse(100);
    const invite = await desk.nextRequest('INVITE');
    desk.reply(invite, 183);
    await psa.nextResponse(183);
    psa.send(sent);
    await psa.nextResponse(183);
    desk.reply(invite, 486);
    await psa.nextResponse(486);
    psa.send(sent);
    await psa.nextResponse(486);
  });

  it('an answer of the core is the same, tag and all', async () => {
    const { psa } = world;
    const stray = psa.newRequest('CANCEL', BOB);
    const refused = psa.newRequest('INVITE', 'sip:nobody@push.test', { 'Proxy-Require': 'magic' });
    for (const [request, code] of [
      [stray, 481],
      [refused, 420],
    ] as const) {
      psa.send(request);
      const { toTag } = await psa.nextResponse(code);
      psa.send(request);
      expect((await psa.nextResponse(code)).toTag).toBe(toTag);
    }
  });
});

describe('a registration', () => {
  it('lives until it expires, and asks for keep-alives that NATs need (RFC 5626 §4.4.2)', async () => {
    const { core, desk } = world;
    const answer = await desk.register(ONE, null, {
      Contact: `<${desk.contact}>;+sip.instance="<urn:uuid:${ONE}>";reg-id=1`,
      Supported: 'outbound',
    });
    expect(answer.header('Flow-Timer')).toBe('25');
    desk.close();
    await world.phone.register('phone', 'mms.ua');
    expect(core.bindings(BOB)).toHaveLength(2);
  });
});

describe('a subscription to reg', () => {
  it('answers again what comes again; its NOTIFYs are repeated until they are answered', async () => {
    const { core, psa } = await repeatingWorld();
    const sent = await psa.sendAuthenticated(
      psa.newRequest('SUBSCRIBE', BOB, { Event: 'reg', Expires: '0' }),
    );
    const ok = await psa.nextResponse(200);
    const udp = core.uris.find((uri) => uri.endsWith('=udp'));
    expect(ok.header('Contact')).toBe(`<${udp}>`);
    const notify = await psa.nextRequest('NOTIFY');
    expect(notify.header('Via')).toMatch(/^SIP\/2\.0\/UDP /);
    expect((await psa.nextRequest('NOTIFY')).toBytes()).toEqual(notify.toBytes());
    psa.reply(notify, 200);
    await drain(psa);
    psa.send(sent);
    expect((await psa.nextResponse(200)).toBytes()).toEqual(ok.toBytes());
    await new Promise((resolve) => setTimeout(resolve, REPEATING.t1 * 10));
    expect(psa.unread).toEqual([]);
  });
});

describe('what may be lost', () => {
  it('MESSAGE is repeated until it is answered, and no longer', async () => {
    const { psa, desk } = await repeatingWorld();
    await desk.register(ONE, 'mms.ua');
    await psa.sendAuthenticated(world.pushMessage());
    const copies = [await desk.nextRequest('MESSAGE'), await desk.nextRequest('MESSAGE')] as const;
    expect(copies[0].header('Via')).toBe(copies[1].header('Via'));
    desk.reply(copies[1], 200);
    await psa.nextResponse(200);
    await drain(desk);
    await new Promise((resolve) => setTimeout(resolve, REPEATING.t1 * 10));
    expect(desk.unread).toEqual([]);
  });

  it('INVITE is repeated until a provisional answer; CANCEL and a refusal until they are answered', async () => {
    const { psa, desk } = await repeatingWorld();
    await desk.register(ONE, 'mms.ua');
    const sent = await world.invite();
    await desk.nextRequest('INVITE');
    const invite = await desk.nextRequest('INVITE');
    desk.reply(invite, 180);
    await psa.nextResponse(180);
    psa.send(psa.cancel(sent));
    await psa.nextResponse(200);
    const cancel = await skipTo(world.desk, 'CANCEL');
    await desk.nextRequest('CANCEL');
    desk.reply(cancel, 200);
    desk.reply(invite, 487);
    await skipTo(world.desk, 'ACK');
    // The ACK was lost: the refusal comes again, and so does its ACK.
    desk.reply(invite, 487);
    await desk.nextRequest('ACK');
    await psa.nextResponse(487);
    const again = await psa.nextResponse(487);
    psa.send(psa.acknowledge(sent, again));
    await drain(psa);
    await new Promise((resolve) => setTimeout(resolve, REPEATING.t1 * 10));
    expect([psa.unread, desk.unread]).toEqual([[], []]);
  });
});

describe('a UDP flow', () => {
  let socket: Socket;
  beforeEach(async () => {
    socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
  });
  afterEach(() => {
    socket.close();
  });

  const send = (bytes: Buffer | string) => socket.send(bytes, udpPort(), '127.0.0.1');
  const next = async (): Promise<Buffer> => {
    const [bytes] = (await once(socket, 'message')) as [Buffer];
    return bytes;
  };

  it('answers STUN with the address it sees, and no empty line', async () => {
    send('\r\n\r\n');
    send(bindingRequest(Buffer.alloc(12, 7)));
    expect(parseStun(await next())).toEqual({
      kind: 'success',
      transactionId: Buffer.alloc(12, 7),
      mapped: { host: '127.0.0.1', port: socket.address().port },
    });
  });

  it('without rport answers to the port in Via (RFC 3261 §18.2.2)', async () => {
    const { psa } = world;
    const { port } = socket.address();
    psa.send(
      psa.newRequest('OPTIONS', world.core.uri, { Via: `SIP/2.0/UDP 10.0.0.1:${port};branch=z9hG4bKx` }),
    );
    expect(String(await next())).toMatch(/^SIP\/2\.0 200 OK\r\nVia: .*;received=127\.0\.0\.1\r\n/);
    for (const sentBy of ['10.0.0.1:0', '10.0.0.1:99999']) {
      psa.send(psa.newRequest('OPTIONS', world.core.uri, { Via: `SIP/2.0/UDP ${sentBy};branch=z9hG4bKx` }));
      await psa.nextResponse(200);
    }
  });

  it('that sends the core its own request back ends it with 482', async () => {
    const { psa, desk } = world;
    await desk.register(ONE, 'mms.ua');
    await psa.sendAuthenticated(world.pushMessage());
    desk.send(await desk.nextRequest('MESSAGE'));
    // The top Via is the core's own, so the answer goes there and from there to the sender.
    await psa.nextResponse(482);
  });

  it('may answer by another port of its host, but no other flow may', async () => {
    const { core, psa, desk } = world;
    await desk.register(ONE, 'mms.ua');
    await psa.sendAuthenticated(world.pushMessage());
    const copy = await desk.nextRequest('MESSAGE');
    const overTcp = await TestPeer.connect(core, 'bob');
    overTcp.reply(copy, 500);
    overTcp.send(overTcp.newRequest('OPTIONS', core.uri));
    await overTcp.nextResponse(200);
    overTcp.close();
    const other = await TestPeer.connect(core, 'bob', { transport: 'udp' });
    other.reply(copy, 202);
    await psa.nextResponse(202);
    other.close();
  });

  it('carries what fits a datagram and refuses the rest with 513', async () => {
    await world.close();
    world = await TestWorld.open({ sender: 'tcp', terminals: 'udp' });
    const { psa, desk } = world;
    await desk.register(ONE, 'mms.ua');
    const sized = (bytes: number) => {
      const push = world.pushMessage();
      push.body = Buffer.alloc(bytes, 0x61);
      return push;
    };
    await psa.sendAuthenticated(sized(60_000));
    const copy = await desk.nextRequest('MESSAGE');
    expect(copy.body).toHaveLength(60_000);
    desk.reply(copy, 200);
    await psa.nextResponse(200);
    await psa.sendAuthenticated(sized(66_000));
    await psa.nextResponse(513);
  });

  it('survives noise (fixed seed)', async () => {
    const { psa, desk } = world;
    await desk.register(ONE, 'mms.ua');
    const good = [
      world.pushMessage(BOB, { From: '<sip:mallory@elsewhere.test>;tag=1' }),
      desk.registration(),
      psa.newRequest('INVITE', BOB, { From: '<sip:mallory@elsewhere.test>;tag=1' }),
    ].map((request) => request.toBytes());
    good.push(bindingRequest());
    let seed = 5;
    const random = (below: number): number => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return (seed >> 8) % below;
    };
    for (let round = 0; round < 1000; round++) {
      const torn = Buffer.from(good[round % good.length] ?? '');
      for (let change = 0; change < 2; change++) torn[random(torn.length)] = random(256);
      send(torn.subarray(0, random(3) === 0 ? random(torn.length) : torn.length));
      if (round % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    const options = psa.newRequest('OPTIONS', world.core.uri);
    psa.send(options);
    await psa.nextResponse(200);
  });
});

/** Reads everything that the core sent until now. */
async function drain(peer: TestPeer): Promise<void> {
  peer.send(peer.newRequest('OPTIONS', world.core.uri));
  while ((await peer.next()).cseq.method !== 'OPTIONS');
}

/** The next request of this method, past the repetitions of others before it. */
async function skipTo(peer: TestPeer, method: string) {
  for (;;) {
    const message = await peer.next();
    if (message.kind === 'request' && message.method === method) return message;
  }
}
