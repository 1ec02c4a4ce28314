import { createSocket, type Socket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { type Answer, decode, encode, type Question } from 'dns-packet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCoreAddress } from './core-address.ts';
import { locate, type Names, namesFrom, systemNames } from './locate.ts';

const srv = (name: string, target: string, port: number, priority = 0, weight = 0): Answer => ({
  type: 'SRV',
  name,
  data: { target, port, priority, weight },
});
const naptr = (order: number, services: string, replacement: string): Answer => ({
  type: 'NAPTR',
  name: 'ims.test',
  data: { order, preference: 0, flags: 's', services, regexp: '', replacement },
});
const a = (name: string, data: string): Answer => ({ type: 'A', name, data });

const ZONE: readonly Answer[] = [
  naptr(20, 'SIP+D2U', '_sip._udp.ims.test'),
  naptr(10, 'SIPS+D2T', '_sips._tcp.ims.test'),
  naptr(5, 'SIP+D2S', '_sip._sctp.ims.test'),
  srv('_sips._tcp.ims.test', 'p1.ims.test', 5071, 1),
  srv('_sip._udp.ims.test', 'p2.ims.test', 5072),
  a('p1.ims.test', '192.0.2.1'),
  a('p2.ims.test', '192.0.2.2'),
  { type: 'AAAA', name: 'p2.ims.test', data: '2001:db8::2' },
  srv('_sip._tcp.plain.test', 'backup.plain.test', 5060, 20),
  srv('_sip._tcp.plain.test', 'first.plain.test', 5066, 10),
  srv('_sips._tcp.plain.test', '.', 0),
  a('backup.plain.test', '192.0.2.12'),
  a('first.plain.test', '192.0.2.11'),
  a('only-a.test', '192.0.2.20'),
  ...Array.from({ length: 40 }, (_unused, index) => a('crowd.test', `198.51.100.${index + 1}`)),
];

/** A real name server on loopback for the zone above. */
async function openNameServer(): Promise<Socket> {
  const server = createSocket('udp4');
  server.on('message', (bytes, from) => {
    const query = decode(bytes);
    const [question] = (query.questions ?? []) as readonly Question[];
    const answers = ZONE.filter(({ name, type }) => name === question?.name && type === question.type);
    const reply = encode({ type: 'response', id: query.id ?? 0, questions: query.questions ?? [], answers });
    server.send(reply, from.port, from.address);
  });
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

describe('locate (RFC 3263)', () => {
  let server: Socket;
  let names: Names;

  beforeAll(async () => {
    server = await openNameServer();
    const resolver = new Resolver({ timeout: 1_000, tries: 1 });
    resolver.setServers([`127.0.0.1:${server.address().port}`]);
    names = namesFrom(resolver);
  });

  afterAll(() => server.close());

  it.each([
    [
      'NAPTR by order, then SRV',
      'sip:ims.test',
      ['tls 192.0.2.1:5071', 'udp 192.0.2.2:5072', 'udp 2001:db8::2:5072'],
    ],
    [
      'SRV of the transport named',
      'sip:ims.test;transport=udp',
      ['udp 192.0.2.2:5072', 'udp 2001:db8::2:5072'],
    ],
    [
      'SRV by priority; a dot is no service',
      'sip:plain.test',
      ['tcp 192.0.2.11:5066', 'tcp 192.0.2.12:5060'],
    ],
    ['A where there is no SRV', 'sip:only-a.test', ['tcp 192.0.2.20:5060']],
    ['A alone where a port is named', 'sip:only-a.test:5099;transport=tls', ['tls 192.0.2.20:5099']],
    ['the address of a WebSocket', 'wss://only-a.test/sip', ['wss 192.0.2.20:443']],
    ['an IP address as it is', 'sip:[2001:db8::9];transport=udp', ['udp 2001:db8::9:5060']],
  ])('%s', async (_name, core, places) => {
    const hops = await locate(parseCoreAddress(core), names);
    expect(hops.map(({ transport, address, port }) => `${transport} ${address}:${port}`)).toEqual(places);
  });

  it('keeps the name the user wrote for certificates', async () => {
    const [hop] = await locate(parseCoreAddress('sip:ims.test'), names);
    expect(hop?.name).toBe('ims.test');
  });

  it('draws among equals by weight (RFC 2782)', async () => {
    const weighted: Names = {
      naptr: async () => [],
      srv: async (name) =>
        name.startsWith('_sip._tcp.')
          ? [
              { name: 'light', port: 1, priority: 0, weight: 1 },
              { name: 'heavy', port: 2, priority: 0, weight: 9 },
            ]
          : [],
      addresses: async () => ['192.0.2.1'],
    };
    const first = async (random: number) =>
      (await locate(parseCoreAddress('sip:x.test'), weighted, () => random))[0]?.port;
    expect([await first(0.05), await first(0.5), await first(0.99)]).toEqual([1, 2, 2]);
  });

  it('cuts a zone that names a crowd', async () => {
    expect(await locate(parseCoreAddress('sip:crowd.test:5060'), names)).toHaveLength(16);
  });

  it('follows only the first of a crowd of SRV records, and none to port 0', async () => {
    const asked: string[] = [];
    const crowd: Names = {
      naptr: async () => [],
      srv: async () =>
        Array.from({ length: 1000 }, (_unused, index) => ({
          name: `n${index}`,
          port: index === 0 ? 0 : 5060,
          priority: index,
          weight: 0,
        })),
      addresses: async (name) => {
        asked.push(name);
        return name === 'n0' ? ['192.0.2.1'] : [];
      },
    };
    await expect(locate(parseCoreAddress('sip:x.test;transport=tcp'), crowd)).rejects.toThrow('no address');
    expect(asked).not.toContain('n0');
    expect(asked.length).toBeLessThanOrEqual(16);
  });

  it('says when a name leads nowhere', async () => {
    await expect(locate(parseCoreAddress('sip:nowhere.test'), names)).rejects.toThrow(
      'DNS has no address for nowhere.test; check the core in the profile.',
    );
  });

  it('knows the names of this machine', async () => {
    const hops = await locate(parseCoreAddress('sip:localhost:5060'), systemNames);
    expect(hops.map(({ address }) => address)).toEqual(expect.arrayContaining(['127.0.0.1']));
  });
});
