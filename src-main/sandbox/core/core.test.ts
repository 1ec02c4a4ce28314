import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseSipUri } from '../../sip/uri.ts';
import { SandboxCore } from './core.ts';
import { TestPeer } from './test-peer.ts';
import { BOB, ONE, TestWorld, USERS } from './test-world.ts';

let world: TestWorld;
beforeEach(async () => {
  world = await TestWorld.open();
});
afterEach(async () => {
  await world.close();
});

describe('the core itself', () => {
  it('answers OPTIONS, stray CANCEL and malformed requests', async () => {
    const { psa } = world;
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
    const socket = connect(parseSipUri(world.core.uri)?.port ?? 0, '127.0.0.1').setNoDelay();
    socket.write('\r\n\r\n');
    expect(String((await once(socket, 'data'))[0])).toBe('\r\n');
    socket.write('\r\n');
    await new Promise((resolve) => socket.write('', resolve));
    socket.write('\r\n');
    expect(String((await once(socket, 'data'))[0])).toBe('\r\n');
    socket.destroy();
  });

  it('reports what it answered', async () => {
    const { core, psa, desk } = world;
    const seen: string[] = [];
    const stop = core.onExchange(({ method, code, from, targets }) =>
      seen.push(`${method} ${code} ${from} ${targets}`),
    );
    await desk.register(ONE, 'mms.ua');
    await psa.sendAuthenticated(world.pushMessage());
    desk.reply(await desk.nextRequest('MESSAGE'), 200);
    await psa.nextResponse(200);
    stop();
    await psa.sendAuthenticated(world.pushMessage());
    expect(seen).toEqual(['MESSAGE 407 sip:psa@push.test 0', 'MESSAGE 200 sip:psa@push.test 1']);
  });

  it('asks everyone for credentials unless strangers are allowed', async () => {
    const strict = await SandboxCore.open({ host: '127.0.0.1', port: 0, domain: 'push.test', users: USERS });
    const stranger = await TestPeer.connect(strict, 'mallory');
    stranger.send(stranger.newRequest('MESSAGE', BOB, { From: '<sip:mallory@elsewhere.test>;tag=1' }));
    await stranger.nextResponse(407);
    stranger.close();
    await strict.close();
  });

  it('survives noise and torn messages (fixed seed)', async () => {
    const { core, psa, desk } = world;
    await desk.register(ONE, 'mms.ua');
    // Whatever the core forwards to the desk must parse there, or the peer throws.
    const From = '<sip:mallory@elsewhere.test>;tag=1';
    const good = [
      world.pushMessage(BOB, { From }),
      world.pushMessage(`${BOB};gr=urn:uuid:${ONE}`, { From, Privacy: 'id', Route: `<${core.uri};lr>` }),
      psa.newRequest('INVITE', BOB, { From }),
      psa.newRequest('ACK', BOB, { From }),
      psa.newRequest('CANCEL', BOB, { From }),
      desk.registration({ Contact: '<sip:x@y>;expires=100;q=0.5' }),
      psa.newRequest('SUBSCRIBE', BOB, { From, Event: 'reg;id=1' }),
    ].map((request) => request.toBytes().toString('latin1').split('Content-Length'));
    const alphabet = '"<>;,:=@ %*sip\r\n\t\\\0\xff01z[]/?&+';
    let seed = 21;
    const random = (below: number): number => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return (seed >> 8) % below;
    };
    for (let connection = 0; connection < 20; connection++) {
      const socket = connect(parseSipUri(core.uri)?.port ?? 0, '127.0.0.1').resume();
      // The core closes a connection whose framing is lost, perhaps while we still write.
      socket.on('error', () => {});
      const closed = new Promise((resolve) => {
        socket.on('close', resolve);
      });
      for (let round = 0; round < 150; round++) {
        const [head = '', rest = ''] = good[random(good.length)] ?? [];
        const at = random(head.length);
        const noise = alphabet[random(alphabet.length)] ?? '';
        const torn = head.slice(0, at) + noise + head.slice(at + random(3));
        socket.write(Buffer.from(`${torn}Content-Length${rest}`, 'latin1'));
      }
      socket.end();
      await closed;
    }
    psa.send(psa.newRequest('OPTIONS', core.uri));
    await psa.nextResponse(200);
  });
});
