import type { TraceLink } from './records.ts';
import { Trace } from './trace.ts';

const END = { local: { host: '10.0.0.7', port: 41022 }, remote: { host: '10.0.0.1', port: 5060 } };
/** A flow to a core over TCP. */
export const SIP_FLOW = { transport: 'TCP', ...END };
export const UDP_FLOW = { transport: 'UDP', ...END };
/** A connection that an MSRP peer opened. */
export const MSRP_CONNECTION = {
  transport: 'TCP',
  local: { host: '10.0.0.7', port: 34567 },
  remote: { host: '10.0.0.9', port: 7654 },
  opened: 'in',
} as const;
export const SIP_LINK: TraceLink = { protocol: 'sip', terminal: 'bob-desk', opened: 'out', ...SIP_FLOW };
export const CALL = 'call-1@psa.push.test';

/** A SIP message of these lines and a body, with its Content-Length. */
export function sip(lines: readonly string[], body = ''): string {
  return [...lines, `Content-Length: ${body.length}`, '', body].join('\r\n');
}

const DIALOG = [
  'Via: SIP/2.0/TCP 10.0.0.1:5060;branch=z9hG4bK-1',
  'From: <sip:psa@push.test>;tag=a',
  'To: <sip:bob@push.test>;tag=b',
  `Call-ID: ${CALL}`,
];
const OFFER = [
  'v=0',
  'o=- 1 1 IN IP4 10.0.0.9',
  's=-',
  'c=IN IP4 10.0.0.9',
  't=0 0',
  'm=message 7654 TCP/MSRP *',
  'a=sendonly',
  'a=accept-types:*',
  'a=path:msrp://10.0.0.9:7654/psa1;tcp',
  'a=file-selector:name:"picture.jpg" type:image/jpeg size:60 hash:sha-1:72:24:5F:E8:65:3D:DA:F3:71:36:2F:86:D4:71:91:3E:E4:A2:CE:2E',
  '',
].join('\r\n');
const ANSWER = OFFER.replaceAll('10.0.0.9', '10.0.0.7')
  .replaceAll('7654', '34567')
  .replace('sendonly', 'recvonly')
  .replace('psa1', 'bob1');

export const INVITE = sip(
  [
    'INVITE sip:bob@push.test SIP/2.0',
    ...DIALOG,
    'CSeq: 1 INVITE',
    'Contact: <sip:psa@10.0.0.9>',
    'Accept-Contact: *;+g.oma.pusheventapp="mms.ua"',
    'Max-Forwards: 70',
    'Content-Type: application/sdp',
  ],
  OFFER,
);
export const INVITE_200 = sip(
  [
    'SIP/2.0 200 OK',
    ...DIALOG,
    'CSeq: 1 INVITE',
    'Contact: <sip:bob@10.0.0.7>',
    'Content-Type: application/sdp',
  ],
  ANSWER,
);
export const MESSAGE_403 = sip(['SIP/2.0 403 Forbidden', ...DIALOG, 'CSeq: 9 MESSAGE']);

/** Head of one SEND of message `m1`, until its body. */
export function sendHead(transactionId: string, range: string): Buffer {
  return Buffer.from(
    [
      `MSRP ${transactionId} SEND`,
      'To-Path: msrp://10.0.0.7:34567/bob1;tcp',
      'From-Path: msrp://10.0.0.9:7654/psa1;tcp',
      'Message-ID: m1',
      `Byte-Range: ${range}`,
      'Success-Report: yes',
      'Content-Type: image/jpeg',
      '',
      '',
    ].join('\r\n'),
  );
}

/** The response to a SEND. */
export function ok(transactionId: string): Buffer {
  return Buffer.from(
    [
      `MSRP ${transactionId} 200 OK`,
      'To-Path: msrp://10.0.0.9:7654/psa1;tcp',
      'From-Path: msrp://10.0.0.7:34567/bob1;tcp',
      `-------${transactionId}$`,
      '',
    ].join('\r\n'),
  );
}

export const REPORT = Buffer.from(
  [
    'MSRP rep1 REPORT',
    'To-Path: msrp://10.0.0.9:7654/psa1;tcp',
    'From-Path: msrp://10.0.0.7:34567/bob1;tcp',
    'Message-ID: m1',
    'Byte-Range: 1-60/60',
    'Status: 000 200 OK',
    '-------rep1$',
    '',
  ].join('\r\n'),
);

/** The records of a whole file push: INVITE, 200, ACK, one SEND in two chunks, REPORT, BYE. */
export function traceOfFilePush(
  flow: Parameters<ReturnType<Trace['sip']>>[0] = SIP_FLOW,
  connection: Parameters<ReturnType<Trace['msrp']>>[0] = MSRP_CONNECTION,
): Trace {
  const trace = new Trace();
  const core = trace.sip('bob-desk')(flow);
  core.keepAlive('out', '\r\n\r\n');
  core.message('in', INVITE);
  core.message('out', INVITE_200);
  core.message('in', sip(['ACK sip:bob@10.0.0.7 SIP/2.0', ...DIALOG, 'CSeq: 1 ACK', 'Max-Forwards: 70']));
  const peer = trace.msrp('bob-desk')(connection);
  for (const [id, range, flag] of [
    ['tid1', '1-30/60', '+'],
    ['tid2', '31-60/60', '$'],
  ] as const) {
    peer.head('in', sendHead(id, range));
    peer.body('in', Buffer.alloc(30, 'x'));
    peer.end('in', flag);
    peer.message('out', ok(id));
  }
  peer.message('out', REPORT);
  core.message('in', sip(['BYE sip:bob@10.0.0.7 SIP/2.0', ...DIALOG, 'CSeq: 2 BYE', 'Max-Forwards: 70']));
  core.message('out', sip(['SIP/2.0 200 OK', ...DIALOG, 'CSeq: 2 BYE']));
  return trace;
}
