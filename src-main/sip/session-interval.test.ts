import type { IncomingRequest } from 'jssip/lib/SIPMessage.js';
import SIPMessage from 'jssip/lib/SIPMessage.js';
import { describe, expect, it } from 'vitest';
import { type Agreement, agreedIn, answerInterval, intervalHeaders, minimumIn } from './session-interval.ts';

/** A message with these headers, read only for them. */
function messageWith(headers: Readonly<Record<string, string>>): IncomingRequest {
  const message: IncomingRequest = Object.create(SIPMessage.IncomingRequest.prototype);
  message.headers = {};
  for (const [name, value] of Object.entries(headers)) message.addHeader(name, value);
  return message;
}

const TIMER = { Supported: 'gruu, timer' };

describe('answerInterval (RFC 4028 §9, table 2)', () => {
  it.each<
    [string, Readonly<Record<string, string>>, Agreement | null, string | null, 'required' | 'not required']
  >([
    ['no support, nothing asked', {}, null, null, 'not required'],
    ['no support, a proxy asks', { 'Session-Expires': '600' }, us(600), '600;refresher=uas', 'not required'],
    ['no support, below the minimum: no 422', { 'Session-Expires': '60' }, null, null, 'not required'],
    ['support, nothing asked', TIMER, peer(1800), '1800;refresher=uac', 'required'],
    [
      'support, nothing asked, a high Min-SE',
      { ...TIMER, 'Min-SE': '3600' },
      peer(3600),
      '3600;refresher=uac',
      'required',
    ],
    [
      'support, refresher open',
      { ...TIMER, 'Session-Expires': '90' },
      peer(90),
      '90;refresher=uac',
      'required',
    ],
    [
      'the UAC refreshes',
      { ...TIMER, 'Session-Expires': '90;refresher=uac' },
      peer(90),
      '90;refresher=uac',
      'required',
    ],
    [
      'the UAS refreshes',
      { ...TIMER, 'Session-Expires': '90 ; Refresher = UAS' },
      us(90),
      '90;refresher=uas',
      'required',
    ],
    [
      'support by Require',
      { Require: 'timer', 'Session-Expires': '100' },
      peer(100),
      '100;refresher=uac',
      'required',
    ],
    [
      'more than a day',
      { ...TIMER, 'Session-Expires': '4294967295' },
      peer(86_400),
      '86400;refresher=uac',
      'required',
    ],
    [
      'more than a day, and no less',
      { ...TIMER, 'Session-Expires': '100000', 'Min-SE': '90000' },
      peer(90_000),
      '90000;refresher=uac',
      'required',
    ],
    [
      'malformed: as if absent',
      { ...TIMER, 'Session-Expires': 'soon' },
      peer(1800),
      '1800;refresher=uac',
      'required',
    ],
  ])('%s', (_name, headers, agreed, expires, required) => {
    const answer = answerInterval(messageWith(headers), null);
    expect(answer).toMatchObject({ kind: 'ok', agreed });
    if (answer.kind !== 'ok') return;
    expect(answer.headers.includes('Require: timer')).toBe(required === 'required');
    expect(answer.headers.find((line) => line.startsWith('Session-Expires: '))?.slice(17) ?? null).toBe(
      expires,
    );
  });

  it('refuses less than 90 seconds with 422 and Min-SE', () => {
    const answer = answerInterval(messageWith({ ...TIMER, 'Session-Expires': '89' }), null);
    expect(answer).toEqual({ kind: 'refuse', reply: { code: 422, headers: ['Min-SE: 90'] } });
  });

  it('keeps what a refresh leaves open', () => {
    expect(answerInterval(messageWith(TIMER), us(200))).toMatchObject({ agreed: us(200) });
    expect(answerInterval(messageWith({}), us(200))).toMatchObject({ agreed: null });
  });
});

describe('the timer as UAC', () => {
  it('reads what a 2xx agreed on; without Session-Expires it is off (RFC 4028 §7.2)', () => {
    expect(agreedIn(messageWith({}))).toBeNull();
    expect(agreedIn(messageWith({ 'Session-Expires': '300;refresher=uac' }))).toEqual(us(300));
    expect(agreedIn(messageWith({ 'Session-Expires': '300;refresher=uas' }))).toEqual(peer(300));
    expect(agreedIn(messageWith({ 'Session-Expires': '300' }))).toEqual(us(300));
    expect(agreedIn(messageWith({ 'Session-Expires': '5;refresher=uac' }))).toBeNull();
  });

  it('writes interval, refresher and Min-SE (RFC 4028 §7.4)', () => {
    expect(intervalHeaders(null, 90)).toEqual(['Supported: timer', 'Session-Expires: 1800']);
    expect(intervalHeaders(us(200), 90)).toContain('Session-Expires: 200;refresher=uac');
    expect(intervalHeaders(peer(200), 300).slice(1)).toEqual([
      'Session-Expires: 300;refresher=uas',
      'Min-SE: 300',
    ]);
    expect(minimumIn(messageWith({ 'Min-SE': '20' }))).toBe(90);
  });
});

function us(seconds: number): Agreement {
  return { seconds, refresher: 'us' };
}

function peer(seconds: number): Agreement {
  return { seconds, refresher: 'peer' };
}
