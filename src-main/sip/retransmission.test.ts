import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Retransmission } from './retransmission.ts';

function message(startLine: string, method: string, branch = 'z9hG4bK1'): string {
  return [
    startLine,
    `Via: SIP/2.0/UDP 127.0.0.1:5060;branch=${branch};rport`,
    `CSeq: 1 ${method}`,
    '',
    '',
  ].join('\r\n');
}

const REGISTER = message('REGISTER sip:push.test SIP/2.0', 'REGISTER');
const INVITE = message('INVITE sip:bob@push.test SIP/2.0', 'INVITE');
const BUSY = message('SIP/2.0 486 Busy Here', 'INVITE');

describe('Retransmission', () => {
  let sent: string[];
  let repetition: Retransmission;

  beforeEach(() => {
    vi.useFakeTimers();
    sent = [];
    repetition = new Retransmission((text) => sent.push(text));
  });

  afterEach(() => {
    repetition.close();
    vi.useRealTimers();
  });

  /** Seconds at which a message was repeated within a minute. */
  function repeatedAt(text: string): readonly number[] {
    const times: number[] = [];
    repetition.sent(text);
    for (let tick = 1; tick <= 600; tick += 1) {
      vi.advanceTimersByTime(100);
      for (const _one of sent.splice(0)) times.push(tick / 10);
    }
    return times;
  }

  it('repeats a request by Timer E: doubling up to T2, for 64·T1', () => {
    expect(repeatedAt(REGISTER)).toEqual([0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]);
  });

  it('repeats an INVITE by Timer A: doubling without end until 64·T1', () => {
    expect(repeatedAt(INVITE)).toEqual([0.5, 1.5, 3.5, 7.5, 15.5, 31.5]);
  });

  it('repeats a refusal of INVITE by Timer G, and other answers never', () => {
    expect(repeatedAt(BUSY)).toEqual([0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]);
    expect(repeatedAt(message('SIP/2.0 200 OK', 'INVITE'))).toEqual([]);
    expect(repeatedAt(message('SIP/2.0 486 Busy', 'MESSAGE'))).toEqual([]);
    expect(repeatedAt(message('ACK sip:bob@push.test SIP/2.0', 'ACK'))).toEqual([]);
  });

  it.each([
    ['a final answer to a request', REGISTER, message('SIP/2.0 401 Unauthorized', 'REGISTER')],
    ['a provisional answer to INVITE', INVITE, message('SIP/2.0 100 Trying', 'INVITE')],
    ['the ACK to a refusal', BUSY, message('ACK sip:bob@push.test SIP/2.0', 'ACK')],
  ])('ends with %s', (_name, text, end) => {
    repetition.sent(text);
    repetition.received(end);
    vi.advanceTimersByTime(60_000);
    expect(sent).toEqual([]);
  });

  it('goes on at T2 after a provisional answer to another request', () => {
    repetition.sent(REGISTER);
    vi.advanceTimersByTime(500);
    repetition.received(message('SIP/2.0 100 Trying', 'REGISTER'));
    vi.advanceTimersByTime(1000);
    sent.length = 0;
    vi.advanceTimersByTime(3900);
    expect(sent).toEqual([]);
    vi.advanceTimersByTime(200);
    expect(sent).toEqual([REGISTER]);
  });

  it('is not ended by an answer to another transaction', () => {
    repetition.sent(REGISTER);
    repetition.received(message('SIP/2.0 200 OK', 'REGISTER', 'z9hG4bKother'));
    repetition.received('nonsense');
    vi.advanceTimersByTime(600);
    expect(sent).toHaveLength(1);
  });
});
