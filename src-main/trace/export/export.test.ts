import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { INVITE, MSRP_CONNECTION, SIP_FLOW, sendHead, traceOfFilePush } from '../test-trace.ts';
import { Trace } from '../trace.ts';
import type { exportRecords } from './exporter.ts';
import { ladderSvg } from './ladder-svg.ts';
import { LiveFile } from './live-file.ts';
import { checksum, endsOf, TcpStream, udpFrame } from './packets.ts';
import { pcapHead, pcapPacket } from './pcap.ts';
import { pcapngHead, pcapngPacket } from './pcapng.ts';
import { writeExport } from './write-export.ts';

const AT = 1_700_000_000_123_456;
const V4 = endsOf({ host: '10.0.0.7', port: 5062 }, { host: '10.0.0.1', port: 5060 });

describe('packets', () => {
  it.each<[what: string, frame: Buffer, hex: string]>([
    [
      'UDP over IPv4',
      udpFrame(V4, 'out', Buffer.from('abc')),
      '020000000002020000000001080045000' + '01f00004000401126c70a0000070a00000113c613c4000bffe3616263',
    ],
    [
      'the SYN of TCP over IPv4',
      new TcpStream(V4).handshake('in')[0] ?? Buffer.alloc(0),
      '0200000000010200000000020800450000280000400040' +
        '0626c90a0000010a00000713c413c6000000000000000050' +
        '02ffff7451' +
        '0000',
    ],
  ])('%s', (_what, frame, hex) => {
    expect(frame.toString('hex')).toBe(hex);
  });

  it.each([
    ['::1', '00000000000000000000000000000001'],
    ['2001:db8::7:1', '20010db8000000000000000000070001'],
    ['fe80::1%eth0', 'fe800000000000000000000000000001'],
    ['::ffff:10.0.0.1', '00000000000000000000ffff0a000001'],
    ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
  ])('writes the address %s', (host, hex) => {
    const { local, remote } = endsOf({ host, port: 1 }, { host: '10.0.0.2', port: 2 });
    expect(local.bytes.toString('hex')).toBe(hex);
    expect(remote.bytes.toString('hex')).toBe('00000000000000000000ffff0a000002');
  });

  it('takes an example address where there is none', () => {
    const { remote } = endsOf({ host: '10.0.0.1', port: 1 }, { host: 'core.push.test', port: 2 });
    expect([...remote.bytes]).toEqual([192, 0, 2, 2]);
  });

  it('sums to zero over what it wrote, of odd length too', () => {
    for (const text of ['', 'a', 'ab', 'abc'.repeat(20_000)]) {
      for (const frame of new TcpStream(V4).data('out', Buffer.from(text))) {
        const [ip, tcp] = [frame.subarray(14, 34), frame.subarray(34)];
        const length = Buffer.alloc(4);
        length.writeUInt16BE(tcp.length, 2);
        expect(checksum(ip)).toBe(0);
        expect(checksum(ip.subarray(12, 20), Buffer.from([0, 6]), length.subarray(2), tcp)).toBe(0);
      }
    }
  });

  it('goes on in the sequence numbers of each side', () => {
    const stream = new TcpStream(V4);
    const numbers = (frame: Buffer | undefined) => [frame?.readUInt32BE(38), frame?.readUInt32BE(42)];
    const first = stream.data('out', Buffer.alloc(70_000));
    expect(first).toHaveLength(2);
    expect(first.map(numbers)).toEqual([
      [1, 1],
      [65_476, 1],
    ]);
    expect(numbers(stream.data('in', Buffer.alloc(10))[0])).toEqual([1, 70_001]);
    expect(numbers(stream.data('out', Buffer.alloc(1))[0])).toEqual([70_001, 11]);
  });
});

describe('capture files', () => {
  const packet = { at: AT, frame: Buffer.from('abcde'), comment: null };

  it('begins a pcapng with a section and one interface in microseconds', () => {
    expect(pcapngHead('X').toString('hex')).toBe(
      [
        '0a0d0d0a' + '28000000' + '4d3c2b1a' + '01000000' + 'ffffffffffffffff',
        '04000100' + '58000000' + '00000000' + '28000000',
        '01000000' + '34000000' + '01000000' + '00000000',
        `02000d00${Buffer.from('Push Terminal').toString('hex')}000000`,
        '09000100' + '06000000' + '00000000' + '34000000',
      ].join(''),
    );
  });

  it.each<[comment: string | null, hex: string]>([
    [
      null,
      '06000000' +
        '28000000' +
        '00000000' +
        '240a0600' +
        '40222018' +
        '05000000' +
        '05000000' +
        '6162636465000000' +
        '28000000',
    ],
    [
      'hey',
      '06000000' +
        '34000000' +
        '00000000' +
        '240a0600' +
        '40222018' +
        '05000000' +
        '05000000' +
        '6162636465000000' +
        '01000300' +
        '68657900' +
        '00000000' +
        '34000000',
    ],
  ])('writes a packet with the comment %s', (comment, hex) => {
    expect(pcapngPacket({ ...packet, comment }).toString('hex')).toBe(hex);
  });

  it('writes classic pcap', () => {
    expect(pcapHead().toString('hex')).toBe('d4c3b2a1020004000000000000000000' + '0000040001000000');
    expect(pcapPacket(packet).toString('hex')).toBe(
      '00f15365' + '40e20100' + '05000000' + '05000000' + '6162636465',
    );
  });
});

describe('exports', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'export-'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  async function written(
    trace: Trace,
    format: Parameters<typeof exportRecords>[1],
    scope: Parameters<typeof exportRecords>[2],
  ) {
    const path = join(folder, `trace.${format}`);
    const count = await writeExport(trace, path, { format, scope, program: 'X' });
    expect(await readdir(folder)).toEqual([`trace.${format}`]);
    return { count, text: await readFile(path, 'utf8') };
  }

  it('as text: a line of facts and the message', async () => {
    const { text, count } = await written(traceOfFilePush(), 'txt', { kind: 'ids', ids: [1, 9] });
    expect(count).toBe(2);
    expect(text).toMatch(
      /^# 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z TCP 10\.0\.0\.7:41022 -> 10\.0\.0\.1:5060 SIP bob-desk 4 bytes\n\[Ping\]\n\n# .* TCP 10\.0\.0\.7:34567 -> 10\.0\.0\.9:7654 MSRP bob-desk \d+ bytes\nMSRP rep1 REPORT\n/,
    );
  });

  it('as JSON lines, of one call with its MSRP', async () => {
    const trace = traceOfFilePush();
    trace
      .sip('bob-desk')(SIP_FLOW)
      .message('in', INVITE.replace('call-1@', 'other@').replace('psa1', 'psa2'));
    const { text, count } = await written(trace, 'jsonl', { kind: 'call', callId: 'call-1@psa.push.test' });
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(count).toBe(10);
    expect(lines).toHaveLength(10);
    expect(lines[0]).toMatchObject({ protocol: 'sip', method: 'INVITE', text: INVITE, elided: 0 });
    expect(lines.filter(({ protocol }) => protocol === 'msrp')).toHaveLength(5);
  });

  it('as a picture in which nothing pushed is markup', async () => {
    const trace = new Trace();
    trace.sip('<b>')(SIP_FLOW).message('in', 'MESSAGE sip:"><script>alert(1)</script>\u0001 SIP/2.0\r\n\r\n');
    const { text } = await written(trace, 'svg', { kind: 'all' });
    expect(text).toMatch(/^<svg /);
    expect(text).not.toMatch(/<script|<b>/);
    expect(text).not.toContain('\u0001');
    expect(ladderSvg([])).toContain('</svg>');
  });

  it('to a file that grows with the trace', async () => {
    const trace = traceOfFilePush();
    const path = join(folder, 'live.txt');
    const live = await LiveFile.open(trace, path, { format: 'txt', program: 'X', failed: () => {} });
    trace.msrp('bob-desk')(MSRP_CONNECTION).head('in', sendHead('x', '1-1/1'));
    trace.sip('bob-desk')(SIP_FLOW).message('in', INVITE.replace('call-1@', 'late@'));
    await live.close();
    const text = await readFile(path, 'utf8');
    expect(text.split('\n# ')).toHaveLength(12);
    expect(text).toContain('Call-ID: late@psa.push.test');
  });

  it('leaves no half file where writing fails', async () => {
    const path = join(folder, 'missing', 'trace.txt');
    await expect(
      writeExport(traceOfFilePush(), path, { format: 'txt', scope: { kind: 'all' }, program: 'X' }),
    ).rejects.toThrow('ENOENT');
    expect(await readdir(folder)).toEqual([]);
  });
});
