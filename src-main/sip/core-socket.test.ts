import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { parseCoreAddress } from './core-address.ts';
import { CoreSocket, type CoreSocketOptions } from './core-socket.ts';
import { pushRequest, TestCore } from './test-core.ts';

const TLS = { ca: null, cert: null, key: null, verify: true, serverName: null };

describe('CoreSocket', () => {
  const closers: (() => unknown)[] = [];

  afterEach(async () => {
    vi.useRealTimers();
    for (const close of closers.splice(0).reverse()) await close();
  });

  async function openCore(): Promise<TestCore> {
    const core = await TestCore.open();
    closers.push(() => core.close());
    return core;
  }

  function open(cores: readonly string[], options: Partial<CoreSocketOptions> = {}) {
    const socket = new CoreSocket({ cores: cores.map(parseCoreAddress), tls: TLS, ...options });
    closers.push(() => socket.disconnect());
    const ups: (() => void)[] = [];
    let upCount = 0;
    socket.onconnect = () => {
      upCount += 1;
      for (const wake of ups.splice(0)) wake();
    };
    const down = new Promise<string>((resolve) => {
      socket.ondisconnect = (_error, _code, reason) => resolve(reason ?? '');
    });
    /** Waits until it has connected so many times. */
    const up = async (count = 1): Promise<void> => {
      while (upCount < count) await new Promise<void>((resolve) => ups.push(resolve));
    };
    socket.connect();
    return { socket, up, down };
  }

  const uri = (port: number): string => `sip:127.0.0.1:${port};transport=tcp`;

  it('says where it tried, also where there is one place only', async () => {
    const port = await freePort();
    expect(await open([uri(port)]).down).toContain(`127.0.0.1:${port} over TCP: Nobody listens there`);
  });

  it('takes the first core that answers, and says that it stands in', async () => {
    const [free, second] = [await freePort(), await openCore()];
    const { socket, up } = open([uri(free), uri(second.port)]);
    await up();
    expect(socket.core).toEqual({ text: uri(second.port), spare: true });
    expect(socket.remote).toEqual({ host: '127.0.0.1', port: second.port });
    const received = new Promise<string>((resolve) => {
      socket.ondata = resolve;
    });
    expect(socket.send(pushRequest('OPTIONS'))).toBe(true);
    await second.request('OPTIONS');
    second.send(pushRequest('MESSAGE'));
    expect(await received).toMatch(/^MESSAGE/);
  });

  it('tells why each core failed when none answers', async () => {
    const [one, two] = [await freePort(), await freePort()];
    const { down } = open([uri(one), uri(two)]);
    const reason = await down;
    expect(reason).toContain(`127.0.0.1:${one} over TCP: Nobody listens there`);
    expect(reason).toContain(`127.0.0.1:${two} over TCP: Nobody listens there`);
  });

  it('goes back to the first core once it is there, over a new flow before the old one goes', async () => {
    const port = await freePort();
    const second = await openCore();
    const { socket, up } = open([uri(port), uri(second.port)], { failBackMs: 20 });
    await up();
    expect(socket.core?.spare).toBe(true);
    const first = createServer((peer) => peer.on('error', () => {}));
    await new Promise<void>((resolve) => first.listen(port, '127.0.0.1', resolve));
    closers.push(() => first.close());
    await up(2);
    expect(socket.core).toEqual({ text: uri(port), spare: false });
    expect(socket.isConnected()).toBe(true);
  });

  it('leaves a core that does not serve for the next, and stays where there is no other', async () => {
    const [first, second] = [await openCore(), await openCore()];
    const { socket, up } = open([uri(first.port), uri(second.port)]);
    await up();
    expect(await socket.avoid(60)).toBe(true);
    await up(2);
    expect(socket.core?.text).toBe(uri(second.port));
    expect(await socket.avoid(60)).toBe(false);
    expect(socket.core?.text).toBe(uri(second.port));
  });

  it('goes where a redirection leads, and home again when that flow is lost', async () => {
    const [home, away] = [await openCore(), await openCore()];
    const { socket, up, down } = open([uri(home.port)]);
    await up();
    socket.redirect([parseCoreAddress(uri(away.port))]);
    await up(2);
    expect(socket.core?.text).toBe(uri(away.port));
    socket.send(pushRequest('OPTIONS'));
    await away.request('OPTIONS');
    away.drop();
    await down;
    socket.connect();
    await up(3);
    expect(socket.core?.text).toBe(uri(home.port));
  });

  it('asks a UDP core for an answer before it believes in it', async () => {
    const silent = createSocket('udp4');
    silent.bind(0, '127.0.0.1');
    await once(silent, 'listening');
    closers.push(() => silent.close());
    const second = await openCore();
    const { socket, up } = open([`sip:127.0.0.1:${silent.address().port};transport=udp`, uri(second.port)]);
    await up();
    expect([socket.via_transport, socket.core?.spare]).toEqual(['TCP', true]);
  });

  it('leaves a core that ends connections without a word for the next', async () => {
    const closing = createServer((peer) => peer.end());
    await new Promise<void>((resolve) => closing.listen(0, '127.0.0.1', resolve));
    closers.push(() => closing.close());
    const address = closing.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const second = await openCore();
    const { socket, up, down } = open([uri(port), uri(second.port)], { failBackMs: 20 });
    await up();
    await down;
    socket.ondisconnect = () => socket.connect();
    socket.connect();
    await up(2);
    expect(socket.core?.text).toBe(uri(second.port));
    // After a minute it is tried again, and then not for two.
    vi.useFakeTimers({ toFake: ['Date'] });
    vi.setSystemTime(Date.now() + 61_000);
    await up(4);
    vi.setSystemTime(Date.now() + 61_000);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(socket.core?.text).toBe(uri(second.port));
    socket.ondisconnect = () => {};
  });

  it('goes on to the next place when no socket takes an address', async () => {
    const second = await openCore();
    const names = { naptr: async () => [], srv: async () => [], addresses: async () => ['no address'] };
    const odd = { text: 'odd', host: 'odd.test', port: 70_000, transport: 'tcp' as const, path: '/' };
    const socket = new CoreSocket({ cores: [odd, parseCoreAddress(uri(second.port))], tls: TLS, names });
    closers.push(() => socket.disconnect());
    const up = new Promise<void>((resolve) => {
      socket.onconnect = resolve;
    });
    socket.connect();
    await up;
    expect(socket.core?.text).toBe(uri(second.port));
  });

  it.each(['while a name is looked up', 'while it connects'])(
    'connects nowhere once closed %s',
    async (when) => {
      const core = await openCore();
      let answer = (_addresses: string[]): void => {};
      const looked = new Promise<string[]>((resolve) => {
        answer = resolve;
      });
      const names = { naptr: async () => [], srv: async () => [], addresses: () => looked };
      const { socket } = open([`sip:core.test:${core.port};transport=tcp`], { names });
      if (when === 'while it connects') {
        answer(['127.0.0.1']);
        // Only microtasks: no connection is made before the event loop turns.
        for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
      }
      socket.disconnect();
      answer(['127.0.0.1']);
      const silence = new Promise((resolve) => setTimeout(resolve, 100, 'silence'));
      expect(await Promise.race([core.pings(1), silence])).toBe('silence');
    },
  );

  it('tells of a name that leads nowhere', async () => {
    const names = { naptr: async () => [], srv: async () => [], addresses: async () => [] };
    const { down } = open(['sip:nowhere.test'], { names });
    expect(await down).toBe('DNS has no address for nowhere.test; check the core in the profile.');
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
