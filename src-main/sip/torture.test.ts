import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FOR_MMS, FROM_PSA, TestTerminal } from '../agent/test-terminal.ts';
import { pushRequest } from './test-core.ts';
import { codeOf, RawCore } from './test-raw-core.ts';
import { expand, type TortureMessage, tortureMessages } from './test-torture.ts';

/** What must come of a message: this code, nothing at all, or the end of a connection that cannot be followed. */
type Outcome = number | 'nothing' | 'close' | 'more awaited' | 'datagram';
type Expected = {
  readonly tcp: Outcome;
  /** Where UDP differs: a datagram needs no Content-Length and is over at its end. */
  readonly udp?: Outcome;
  /** Whom the terminal is registered as; nothing of the message is changed. */
  readonly aor?: string;
  readonly answer?: RegExp;
};

/**
 * By the RFC's explanations, at a user agent that serves INVITE (files only), MESSAGE and OPTIONS. The INVITEs offer
 * audio and video, so that a well-formed one gets 488, and 481 where its To has a tag.
 */
const EXPECTED: Readonly<Record<string, Expected>> = {
  wsinv: { tcp: 481, aor: 'sip:vivekg@chair-dnrc.example.com' },
  intmeth: { tcp: 501, answer: /^Allow: .*MESSAGE/m },
  esc01: { tcp: 488, aor: 'sip:sips%3Auser%40example.com@example.net' },
  escnull: { tcp: 405, answer: /^Allow: /m },
  esc02: { tcp: 501, answer: /^Allow: /m },
  lwsdisp: { tcp: 200 },
  longreq: { tcp: 488, answer: /^Via: SIP\/2\.0\/TCP sip1\.example\.com$/m },
  // Meant for UDP only: over TCP the INVITE would be one, and its Content-Length wrong.
  dblreq: { tcp: 'datagram', udp: 405 },
  semiuri: { tcp: 200, aor: 'sip:user;par=u%40example.net@example.com' },
  transports: { tcp: 200, answer: /^Via: SIP\/2\.0\/UNKNOWN t4\.example\.com;branch=z9hG4bKasd0f3en$/m },
  mpart01: { tcp: 403, aor: 'sip:kumiko@example.org', answer: /names no application/ },
  unreason: { tcp: 'nothing' },
  noreason: { tcp: 'nothing' },
  badinv01: { tcp: 400 },
  clerr: { tcp: 'more awaited', udp: 400 },
  ncl: { tcp: 'close', udp: 400 },
  scalar02: { tcp: 400, answer: /CSeq/ },
  scalarlg: { tcp: 'nothing' },
  quotbal: { tcp: 400 },
  ltgtruri: { tcp: 400 },
  lwsruri: { tcp: 400 },
  lwsstart: { tcp: 400 },
  trws: { tcp: 400 },
  // Both are allowed: 400, or to ignore the escaped header and, later, a date that nothing is done with.
  escruri: { tcp: 488 },
  baddate: { tcp: 488 },
  regbadct: { tcp: 400 },
  badaspec: { tcp: 200, aor: 'sip:user@example.org' },
  baddn: { tcp: 200, aor: 'sip:t.watson@example.org' },
  badvers: { tcp: 505, answer: /^SIP\/2\.0 505 Version Not Supported/ },
  mismatch01: { tcp: 400 },
  mismatch02: { tcp: 400 },
  bigcode: { tcp: 'nothing' },
  badbranch: { tcp: 200 },
  insuf: { tcp: 400, answer: /^CSeq: 193942 INVITE$/m },
  unkscm: { tcp: 416 },
  novelsc: { tcp: 416 },
  unksm2: { tcp: 405 },
  bext01: { tcp: 420, answer: /^Unsupported: nothingSupportsThis, nothingSupportsThisEither$/m },
  invut: { tcp: 415, answer: /^Accept: .*application\/sdp/m },
  regaut01: { tcp: 405 },
  multi01: { tcp: 400 },
  mcl01: { tcp: 'close', udp: 400 },
  bcast: { tcp: 'nothing' },
  zeromf: { tcp: 200 },
  cparam01: { tcp: 405 },
  cparam02: { tcp: 405 },
  regescrt: { tcp: 405 },
  sdp01: { tcp: 488 },
  inv2543: { tcp: 'close', udp: 488, aor: 'sip:UserB@example.com' },
};
const MESSAGES = tortureMessages();
const USER = 'sip:user@example.com';
/** Codes of procedures, which keep a row about what they refuse. */
const CODES_WITH_ROW: readonly Outcome[] = [403, 415, 488];

describe('the messages of RFC 4475', () => {
  it('are all there, and as in its archive', () => {
    expect(new Set(MESSAGES.map(({ name }) => name))).toEqual(new Set(Object.keys(EXPECTED)));
    for (const { name, bytes, sha1 } of MESSAGES) {
      if (sha1 !== null) expect([name, createHash('sha1').update(bytes).digest('hex')]).toEqual([name, sha1]);
    }
  });

  it('are written in its notation', () => {
    expect(
      expand('<allOneLine>\na:\n b\n</allOneLine>\nc: 1<repeat count=2><hex>30</hex></repeat>').toString(),
    ).toBe('a: b\r\nc: 100\r\n\r\n');
  });
});

describe.each(['tcp', 'udp'] as const)('a terminal over %s', (transport) => {
  let core: RawCore;
  let test: TestTerminal;

  beforeEach(async () => {
    core = await RawCore.open(transport);
  });

  afterEach(async () => {
    await test.abandon();
    await core.close();
  });

  async function register(aor: string): Promise<void> {
    test = await TestTerminal.begin({ aor, core: core.uri, trust: { senders: ['*@*'] } });
    await test.event('registered');
  }

  /** An ordinary push, which must be answered 200 whatever came before. */
  async function pushAfter(aor: string): Promise<void> {
    const callId = `after-${core.answers.length}-${core.registrations}`;
    const headers = [FOR_MMS, FROM_PSA, 'Content-Type: text/plain'];
    core.send(pushRequest('MESSAGE', { to: aor, callId, headers, body: 'after' }));
    expect(await core.code(callId)).toBe(200);
  }

  it.each(MESSAGES.map((message) => [message.name, message] as const))('%s', async (name, message) => {
    const { tcp, udp = tcp, aor = USER, answer }: Expected = EXPECTED[name] ?? { tcp: 'nothing' };
    const outcome = transport === 'tcp' ? tcp : udp;
    await register(aor);
    if (outcome === 'datagram') return;
    core.send(message.bytes);
    if (outcome === 'more awaited') return awaitsMore(message);
    if (outcome === 'close') await core.registered(2);
    await pushAfter(aor);
    const [first] = core.answers.filter((text) => !text.includes('Call-ID: after-'));
    if (typeof outcome === 'number') {
      expect(first).toBeDefined();
      expect([codeOf(first ?? ''), first]).toEqual([outcome, first]);
    } else {
      expect(first).toBeUndefined();
    }
    if (answer !== undefined) expect(first?.replaceAll('\r\n', '\n')).toMatch(answer);
    const { total } = await test.history.counts();
    const refused = CODES_WITH_ROW.includes(outcome) ? 1 : 0;
    expect([name, total]).toEqual([name, 1 + refused]);
    expect(test.events.filter(({ event }) => event === 'error' || event === 'offer')).toEqual([]);
  });

  /** What follows counts as the rest of the body; then all goes on. */
  async function awaitsMore({ bytes }: TortureMessage): Promise<void> {
    const body = bytes.length - bytes.indexOf('\r\n\r\n') - 4;
    core.send(Buffer.alloc(9999 - body, ' '));
    await pushAfter(USER);
    expect(core.answers.map(codeOf)).toEqual([488, 200]);
  }

  it('mpart01 with an application and an asserted identity: kept to the byte', async () => {
    const [original] = MESSAGES.filter(({ name }) => name === 'mpart01');
    const text = original?.bytes.toString('latin1') ?? '';
    await register('sip:kumiko@example.org');
    core.send(
      text.replace(
        'Max-Forwards',
        `${FOR_MMS}\r\nP-Asserted-Identity: <sip:fluffy@example.org>\r\nMax-Forwards`,
      ),
    );
    const push = await test.event('push');
    expect(push).toMatchObject({ bytes: 553, from: 'sip:fluffy@example.org' });
    const record = await test.history.get(push.push);
    const kept = record === null ? null : await test.history.content(record, 10_000);
    expect(kept?.toString('latin1')).toBe(
      text.slice(text.indexOf('\r\n\r\n') + 4, text.indexOf('\r\n\r\n') + 4 + 553),
    );
  });
});
