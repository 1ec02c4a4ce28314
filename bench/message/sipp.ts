import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';

/** Calls a second at which SIPp tries to go: more than it can. */
const RATE = 1_000_000;
const HOST = '127.0.0.1';
const BODY_BYTES = 200;
const POLL_MS = 20;
/** A run that takes longer, in s, has stalled. */
const MAX_RUN_S = 300;

const SENDER = `<?xml version="1.0" encoding="UTF-8"?>
<scenario name="push">
  <send><![CDATA[
MESSAGE sip:bob@push.test SIP/2.0
Via: SIP/2.0/TCP [local_ip]:[local_port];branch=[branch]
From: <sip:psa@push.test>;tag=[call_number]
To: <sip:bob@push.test>
Call-ID: [call_id]
CSeq: 1 MESSAGE
Max-Forwards: 70
P-Asserted-Identity: <sip:psa@push.test>
Accept-Contact: *;+g.oma.pusheventapp="mms.ua"
Content-Type: text/plain
Content-Length: [len]

Push [call_number] ${'.'.repeat(BODY_BYTES - 10)}]]></send>
  <recv response="200"/>
</scenario>
`;

const ANSWERER = `<?xml version="1.0" encoding="UTF-8"?>
<scenario name="answer">
  <recv request="MESSAGE"/>
  <send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:];tag=[call_number]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
</scenario>
`;

/**
 * Sends MESSAGEs of about 200 bytes, each different, over one TCP connection, at most `window` unanswered at a time.
 * Rejects unless each is answered 200.
 */
export async function sendPushes(folder: string, port: number, calls: number, window: number): Promise<void> {
  const bound = ['-timeout', `${MAX_RUN_S}s`, '-timeout_error'];
  const pace = ['-r', String(RATE), '-l', String(window), '-m', String(calls), ...bound];
  const child = await play(folder, 'sender', SENDER, [...pace, `${HOST}:${port}`]);
  let output = '';
  child.stdout?.on('data', (bytes: Buffer) => {
    output = (output + bytes.toString()).slice(-4000);
  });
  const [code]: unknown[] = await once(child, 'close');
  if (code !== 0) throw new Error(`SIPp's sender failed (${String(code)}):\n${output}`);
}

/** SIPp's own UAS, for as many calls. Resolves when it listens. */
export async function startAnswerer(folder: string, port: number, calls: number): Promise<ChildProcess> {
  const child = await play(folder, 'answerer', ANSWERER, ['-p', String(port), '-m', String(calls)]);
  child.stdout?.resume();
  while (!(await listens(port))) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  return child;
}

async function play(
  folder: string,
  name: string,
  scenario: string,
  args: readonly string[],
): Promise<ChildProcess> {
  const file = join(folder, `${name}.xml`);
  await writeFile(file, scenario);
  const common = ['-sf', file, '-i', HOST, '-t', 't1', '-nostdin', '-trace_err'];
  const child = spawn('sipp', [...common, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] });
  await once(child, 'spawn');
  return child;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: HOST, port });
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
