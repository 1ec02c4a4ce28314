import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HeaderFields } from '../../sip/header-fields.ts';
import { parseSipMessage, type SipRequest, SipResponse } from '../../sip/message.ts';
import { parseRegInfo, type RegContact } from '../../sip/reginfo.ts';
import type { Flow, SendResult } from './flow.ts';
import { RegWatch } from './reg-package.ts';
import { Repetitions } from './repetition.ts';
import { type SubscribeTerms, Subscription } from './subscription.ts';

const SECOND = 1000;

/** A flow that keeps what is sent. */
class TestFlow implements Flow {
  readonly id = 'f';
  readonly transport = 'TCP';
  readonly sentBy = '127.0.0.1:5060';
  readonly remoteHost = '127.0.0.1';
  readonly remotePort = 5060;
  readonly sent: SipRequest[] = [];
  isOpen = true;

  send(bytes: Buffer): SendResult {
    const parsed = parseSipMessage(bytes);
    if (parsed.kind === 'bad' || parsed.message.kind !== 'request') throw new Error('no request');
    if (this.isOpen) this.sent.push(parsed.message);
    return this.isOpen ? 'sent' : 'closed';
  }

  answeringTo(): Flow {
    return this;
  }

  close(): void {
    this.isOpen = false;
  }

  get states(): readonly string[] {
    return this.sent.map((request) => request.header('Subscription-State') ?? '');
  }
}

let flow: TestFlow;
let ends: number;
let watch: RegWatch;
let subscription: Subscription;

beforeEach(() => {
  vi.useFakeTimers();
  flow = new TestFlow();
  ends = 0;
  watch = new RegWatch(
    (ended) => ({ aor: 'sip:bob@push.test', id: '1', state: 'init', contacts: ended }),
    () => {},
  );
  subscription = new Subscription({
    dialog: {
      aor: 'sip:bob@push.test',
      user: 'bob',
      callId: 'call',
      from: '<sip:bob@push.test>;tag=core',
      to: '<sip:bob@push.test>;tag=bob',
      localTag: 'core',
      remoteTag: 'bob',
      routes: ['<sip:edge.test;lr>'],
      eventName: 'reg',
      event: 'reg;id=7',
    },
    terms: terms(flow, 600),
    watch,
    parts: {
      repetitions: new Repetitions(500),
      answerTimeout: 32 * SECOND,
    },
    onEnded: () => {
      ends += 1;
    },
  });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('Subscription', () => {
  it('sends NOTIFYs within its dialog (RFC 6665 §4.2.2)', () => {
    subscription.subscribe(terms(flow, 600));
    const [notify] = flow.sent;
    expect([...(notify?.fields ?? [])].map(({ name, value }) => `${name}: ${value}`)).toEqual([
      expect.stringMatching(/^Via: SIP\/2.0\/TCP 127.0.0.1:5060;branch=z9hG4bK/),
      'Max-Forwards: 70',
      'Route: <sip:edge.test;lr>',
      'From: <sip:bob@push.test>;tag=core',
      'To: <sip:bob@push.test>;tag=bob',
      'Call-ID: call',
      'CSeq: 1 NOTIFY',
      'Contact: <sip:127.0.0.1:5060;transport=tcp>',
      'Event: reg;id=7',
      'Subscription-State: active;expires=600',
      'Content-Type: application/reginfo+xml',
      `Content-Length: ${notify?.body.length}`,
    ]);
    expect(notify?.uri).toBe('sip:bob@127.0.0.1');
  });

  it('has one NOTIFY under way and tells later changes in the next, with the next version', () => {
    subscription.subscribe(terms(flow, 600));
    vi.advanceTimersByTime(10 * SECOND);
    watch.contactEnded(contact(1));
    subscription.notify();
    watch.contactEnded(contact(2));
    subscription.notify();
    expect(flow.sent).toHaveLength(1);
    answer(200);
    answer(200);
    expect(flow.states).toEqual(['active;expires=600', 'active;expires=590']);
    expect(flow.sent.map((request) => request.cseq.number)).toEqual([1, 2]);
    expect(flow.sent.map(contactIds)).toEqual([
      [0, []],
      [1, ['1', '2']],
    ]);
    subscription.notify();
    expect(contactIds(flow.sent[2])).toEqual([2, []]);
  });

  it('remembers a bounded number of contacts that ended', () => {
    for (let id = 0; id < 150; id++) watch.contactEnded(contact(id));
    subscription.subscribe(terms(flow, 600));
    const [, ids] = contactIds(flow.sent[0]);
    expect([ids.length, ids[0]]).toEqual([100, '50']);
  });

  it('ends with its time, unless refreshed', () => {
    subscription.subscribe(terms(flow, 600));
    answer(200);
    vi.advanceTimersByTime(599 * SECOND);
    subscription.subscribe(terms(flow, 60));
    answer(200);
    vi.advanceTimersByTime(59 * SECOND);
    expect(ends).toBe(0);
    vi.advanceTimersByTime(SECOND);
    expect(ends).toBe(1);
    expect(flow.states).toEqual(['active;expires=600', 'active;expires=60', 'terminated;reason=timeout']);
    subscription.notify();
    expect(flow.sent).toHaveLength(3);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends by a refresh with zero seconds, even while a NOTIFY is under way', () => {
    subscription.subscribe(terms(flow, 600));
    subscription.subscribe(terms(flow, 0));
    expect(flow.states.at(-1)).toBe('terminated;reason=timeout');
    expect([ends, vi.getTimerCount()]).toEqual([1, 0]);
  });

  it.each([300, 404, 408, 481, 500])('ends when a NOTIFY is answered %i', (code) => {
    subscription.subscribe(terms(flow, 600));
    answer(100);
    expect(ends).toBe(0);
    answer(code);
    expect([ends, vi.getTimerCount(), flow.sent.length]).toEqual([1, 0, 1]);
  });

  it('ends when a NOTIFY is not answered', () => {
    subscription.subscribe(terms(flow, 600));
    vi.advanceTimersByTime(32 * SECOND);
    expect(ends).toBe(1);
  });

  it('ends when a NOTIFY cannot be sent', () => {
    flow.close();
    subscription.subscribe(terms(flow, 600));
    expect([ends, vi.getTimerCount()]).toEqual([1, 0]);
  });

  it('ignores answers to other NOTIFYs and from other flows', () => {
    subscription.subscribe(terms(flow, 600));
    subscription.receive(responseTo(flow.sent[0], 481), new TestFlow());
    answer(200);
    subscription.notify();
    subscription.receive(responseTo(flow.sent[0], 481), flow);
    expect(ends).toBe(0);
  });

  it('follows its subscriber to another flow and waits for no answer on the old one', () => {
    subscription.subscribe(terms(flow, 600));
    const other = new TestFlow();
    subscription.subscribe(terms(other, 600));
    expect(other.states).toEqual(['active;expires=600']);
    subscription.receive(responseTo(other.sent[0], 200), other);
    vi.advanceTimersByTime(40 * SECOND);
    expect(ends).toBe(0);
  });

  it('leaves feature tags out of a document that would be too large', () => {
    const value = 'x'.repeat(4000);
    const parameters = Array.from({ length: 3 }, (_, at) => ({ name: `+g.${at}`, value, quoted: true }));
    for (let id = 0; id < 100; id++) watch.contactEnded({ ...contact(id), parameters });
    subscription.subscribe(terms(flow, 600));
    const [, ids] = contactIds(flow.sent[0]);
    expect(ids).toHaveLength(100);
    expect(flow.sent[0]?.body.length).toBeLessThan(100_000);
  });
});

function terms(on: Flow, seconds: number): SubscribeTerms {
  const target = 'sip:bob@127.0.0.1';
  return { flow: on, target, seconds, cseq: 1, branch: 'z9hG4bKs', answer: new SipResponse(200, 'OK') };
}

function contact(id: number): RegContact {
  return {
    id: String(id),
    state: 'terminated',
    event: 'expired',
    expires: null,
    uri: 'sip:a@b',
    displayName: null,
    callId: null,
    cseq: null,
    instance: null,
    pubGruu: null,
    tempGruu: null,
    tempGruuFirstCseq: null,
    parameters: [],
  };
}

/** Answers the last NOTIFY. */
function answer(code: number): void {
  subscription.receive(responseTo(flow.sent.at(-1), code), flow);
}

function responseTo(request: SipRequest | undefined, code: number): SipResponse {
  return new SipResponse(code, '', new HeaderFields(request?.fields ?? []));
}

/** Version of the document in a NOTIFY, and ids of its contacts. */
function contactIds(request: SipRequest | undefined): readonly [number, readonly string[]] {
  const result = parseRegInfo(request?.body ?? Buffer.alloc(0));
  if (result.kind === 'bad') throw new Error(result.reason);
  return [result.info.version, result.info.registrations[0]?.contacts.map(({ id }) => id) ?? []];
}
