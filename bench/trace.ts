// npm run -s bench -- trace: what recording costs, as MSRP transfers with and without it in turn, and per SIP message.
import { parseArgs } from 'node:util';
import { MsrpListener } from '../src-main/msrp/listener.ts';
import { MsrpReceiver } from '../src-main/msrp/receiver.ts';
import { MsrpSender } from '../src-main/msrp/sender.ts';
import { newSessionUri } from '../src-main/msrp/uri.ts';
import { Trace } from '../src-main/trace/trace.ts';
import { medianOf } from './median.ts';

const MEBIBYTE = 1024 * 1024;
const SIZE = 64 * MEBIBYTE;
const BLOCK = Buffer.alloc(MEBIBYTE, 'push ');
const SIP_MESSAGES = 200_000;
const SIP_FLOW = {
  transport: 'TCP',
  local: { host: '127.0.0.1', port: 41022 },
  remote: { host: '127.0.0.1', port: 5060 },
};
const PUSH = [
  'MESSAGE sip:bob@push.test SIP/2.0',
  'Via: SIP/2.0/TCP 127.0.0.1:5060;branch=z9hG4bK-1234-1-0',
  'From: <sip:psa@push.test>;tag=1',
  'To: <sip:bob@push.test>',
  'Call-ID: 1-1234@127.0.0.1',
  'CSeq: 1 MESSAGE',
  'Max-Forwards: 70',
  'P-Asserted-Identity: <sip:psa@push.test>',
  'Accept-Contact: *;+g.oma.pusheventapp="mms.ua"',
  'Content-Type: text/plain',
  'Content-Length: 200',
  '',
  '.'.repeat(200),
].join('\r\n');

/** CPU time of this process in seconds: unlike the clock it does not care who else is at work. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000_000;
}

/** CPU seconds that both ends of a transfer of 64 MiB over loopback take, the received bytes dropped. */
async function transfer(chunkSize: number, trace: Trace | null): Promise<number> {
  const tap = trace === null ? {} : { tap: trace.msrp('bob-desk') };
  const listener = await MsrpListener.open({ host: '127.0.0.1', port: 0, ...tap });
  const localUri = newSessionUri('127.0.0.1', listener.port);
  const receiver = new MsrpReceiver({
    localPath: localUri,
    remotePath: [newSessionUri('127.0.0.1', 9999)],
    acceptTypes: () => true,
    maxSize: null,
    open: () => ({
      write: () => {},
      finish: () => Promise.resolve({ kind: 'ok' }),
      abandon: () => Promise.resolve(),
    }),
    on: () => {},
  });
  listener.register(localUri.sessionId ?? '', receiver);
  const sender = new MsrpSender({
    localPath: newSessionUri('127.0.0.1', 9998),
    remotePath: [localUri],
    chunkSize,
    successReport: true,
  });
  await sender.connect();
  const started = cpuSeconds();
  const outcome = await sender.send({
    contentType: 'application/octet-stream',
    total: SIZE,
    source: blocks(),
  });
  const seconds = cpuSeconds() - started;
  if (outcome.kind !== 'delivered') throw new Error(`The transfer ended with ${outcome.kind}.`);
  sender.close();
  receiver.close();
  await listener.close();
  return seconds;
}

function* blocks(): Iterable<Buffer> {
  for (let sent = 0; sent < SIZE; sent += BLOCK.length) yield BLOCK;
}

/** Microseconds of CPU to record one SIP message of about 600 bytes. */
function sipCost(): number {
  const flow = new Trace().sip('bob-desk')(SIP_FLOW);
  const started = cpuSeconds();
  for (let count = 0; count < SIP_MESSAGES; count += 1) flow.message('in', PUSH);
  return ((cpuSeconds() - started) * 1_000_000) / SIP_MESSAGES;
}

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, runs: { type: 'string', default: '7' } },
});
const say = (text: string) => values.json || console.log(text);
sipCost();
const sip: number[] = [];
for (const [name, chunkSize] of [
  ['2 KiB', 2048],
  ['64 KiB', 65_536],
] as const) {
  const off: number[] = [];
  const on: number[] = [];
  await transfer(chunkSize, null);
  await transfer(chunkSize, new Trace());
  for (let run = 0; run < Number(values.runs); run += 1) {
    off.push(SIZE / MEBIBYTE / (await transfer(chunkSize, null)));
    on.push(SIZE / MEBIBYTE / (await transfer(chunkSize, new Trace())));
    sip.push(sipCost());
  }
  const [value, against] = [medianOf(on), medianOf(off)];
  const result = {
    name: 'trace',
    ratio: value / against,
    value,
    against,
    unit: `MiB a CPU second in chunks of ${name}`,
    runs: on.length,
  };
  if (values.json) console.log(JSON.stringify(result));
  say(
    `MSRP in chunks of ${name}: ${Math.round(value)} MiB a CPU second recorded, ${Math.round(against)} not, ratio ${(value / against).toFixed(3)}`,
  );
}
say(`SIP: ${medianOf(sip).toFixed(2)} µs to record a message of ${PUSH.length} bytes`);
