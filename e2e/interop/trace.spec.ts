import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@playwright/test';
import { writeExport } from '../../src-main/trace/export/write-export.ts';
import { MSRP_CONNECTION, SIP_FLOW, sip, traceOfFilePush } from '../../src-main/trace/test-trace.ts';
import { CORES, type CoreTransport, type TestedCore } from './tested-core.ts';
import { World } from './world.ts';

const BOB = 'sip:bob@push.test';
const run = promisify(execFile);
/** Wireshark does not check these by itself. */
const CHECKED = ['ip', 'tcp', 'udp'].flatMap((protocol) => ['-o', `${protocol}.check_checksum:TRUE`]);
const WRONG =
  '_ws.malformed || tcp.analysis.flags || ip.checksum.status == 0 || tcp.checksum.status == 0 || udp.checksum.status == 0';

/** How many packets of a file tshark finds with a display filter. */
async function count(path: string, filter: string): Promise<number> {
  return (await lines(path, filter, ['frame.number'])).length;
}

async function lines(path: string, filter: string, fields: readonly string[]): Promise<readonly string[]> {
  const shown = fields.flatMap((field) => ['-e', field]);
  const { stdout } = await run('tshark', ['-r', path, ...CHECKED, '-Y', filter, '-T', 'fields', ...shown]);
  return stdout.split('\n').filter((line) => line !== '');
}

const [kamailio] = CORES;

test.describe('tshark reads what is exported', () => {
  let core: TestedCore;
  let world: World;

  test.beforeEach(async () => {
    if (kamailio === undefined) throw new Error('There is no core.');
    core = await kamailio.start();
    world = await World.open();
  });

  test.afterEach(async () => {
    await world.close();
    await core.stop();
  });

  for (const transport of ['tcp', 'udp', 'tls', 'ws'] satisfies CoreTransport[]) {
    test(`over ${transport.toUpperCase()}: every SIP and MSRP message of a message push and a file push`, async () => {
      const tls = { ca: core.certificatePath };
      await world.register('desk', core.uri(transport), { tls });
      const sender = await world.connectSender(core.uri('tcp'));
      expect(await world.message(BOB, 'hello')).toMatchObject({ code: 200 });
      await writeFile(join(world.folder, 'file.bin'), Buffer.alloc(100_000, 'content '));
      const offer = sender.files({
        to: BOB,
        application: 'mms.ua',
        files: [{ path: join(world.folder, 'file.bin') }],
        report: true,
      });
      expect(await sender.settled(offer.id)).toMatchObject({ state: 'delivered' });
      await expect.poll(() => world.events.some(({ event }) => event === 'ended')).toBe(true);
      const { trace } = world.terminals;
      trace.setRecording(false);
      const recorded = [...trace.from(1)].filter(({ kind }) => kind === 'message');
      const of = (protocol: string) => recorded.filter(({ link }) => link.protocol === protocol).length;
      expect(of('msrp')).toBeGreaterThan(3);
      for (const format of ['pcapng', 'pcap'] as const) {
        const path = join(world.folder, `trace.${format}`);
        await writeExport(trace, path, { format, scope: { kind: 'all' }, program: 'Push Terminal' });
        expect(await count(path, 'sip')).toBe(of('sip'));
        expect(await count(path, 'msrp')).toBe(of('msrp'));
        expect(await count(path, 'msrp.method == "REPORT"')).toBe(1);
        expect(await lines(path, 'sip.Method == "MESSAGE" && sip.msg_body', ['sip.Method'])).toHaveLength(1);
        expect(await lines(path, WRONG, ['frame.number'])).toEqual([]);
      }
      const pcapng = join(world.folder, 'trace.pcapng');
      const comments = await lines(pcapng, 'frame.comment', ['frame.comment']);
      expect(comments[0]).toContain(`over ${transport.toUpperCase()}`);
      if (transport === 'tls' || transport === 'ws') expect(comments[0]).toContain('Exported decrypted');
      const secrets = await readFile(pcapng, 'latin1');
      expect(secrets).toContain('response="***"');
      expect(secrets).not.toMatch(/response="[0-9a-f]/);
    });
  }

  test('over TLS on its well-known port, with messages longer than a segment and longer than what is kept', async () => {
    const trace = traceOfFilePush(
      { ...SIP_FLOW, transport: 'TLS', remote: { host: '2001:db8::1', port: 5061 } },
      { ...MSRP_CONNECTION, transport: 'TLS' },
    );
    const flow = trace.sip('bob-desk')(SIP_FLOW);
    const head = [
      'MESSAGE sip:bob@push.test SIP/2.0',
      'Call-ID: long',
      'CSeq: 1 MESSAGE',
      'Content-Type: text/plain',
    ];
    flow.message('in', sip(head, 'x'.repeat(65_200)));
    flow.message('in', sip(head, 'x'.repeat(200_000)));
    flow.message('in', sip(head, 'after it'));
    const path = join(world.folder, 'trace.pcapng');
    await writeExport(trace, path, { format: 'pcapng', scope: { kind: 'all' }, program: 'Push Terminal' });
    expect(await count(path, 'sip')).toBe(8);
    expect(await lines(path, 'sip.Method == "MESSAGE"', ['sip.Content-Length'])).toEqual([
      '65200',
      '200000',
      '8',
    ]);
    expect(await count(path, 'msrp')).toBe(5);
    expect(await lines(path, WRONG, ['frame.number'])).toEqual([]);
  });
});
