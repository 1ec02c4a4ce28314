import { describe, expect, it } from 'vitest';
import { parseSipUri, type SipUri } from '../../sip/uri.ts';
import { Gruus } from './gruu.ts';

const BOB = 'sip:bob@push.test';
const INSTANCE = 'urn:uuid:00000000-0000-0000-0000-000000000001';

function uri(text: string): SipUri {
  const parsed = parseSipUri(text);
  if (parsed === null) throw new Error(text);
  return parsed;
}

describe('Gruus', () => {
  it('makes public GRUUs that name AOR and instance, escaped', () => {
    const gruus = new Gruus('push.test');
    expect(gruus.publicGruu(BOB, INSTANCE)).toBe(`${BOB};gr=${INSTANCE}`);
    const odd = gruus.publicGruu('sip:b b@push.test', 'a;b');
    expect(odd).toBe('sip:b%20b@push.test;gr=a%3Bb');
    expect(gruus.lookUp(uri(odd), 'sip:b b@push.test')).toEqual({
      kind: 'instance',
      aor: 'sip:b b@push.test',
      instance: 'a;b',
    });
  });

  it('keeps temporary GRUUs of one Call-ID valid together and ends them with the next', () => {
    const gruus = new Gruus('push.test');
    const look = (text: string) => gruus.lookUp(uri(text), '').kind;
    const first = gruus.newTemporaryGruu(BOB, INSTANCE, 'c1', 1);
    const second = gruus.newTemporaryGruu(BOB, INSTANCE, 'c1', 2);
    expect(first).not.toBe(second);
    expect([look(first), look(second)]).toEqual(['instance', 'instance']);
    const third = gruus.newTemporaryGruu(BOB, INSTANCE, 'c2', 3);
    expect([look(first), look(second), look(third)]).toEqual(['invalid', 'invalid', 'instance']);
    gruus.forget(BOB, INSTANCE);
    expect(look(third)).toBe('invalid');
  });

  it('keeps a bounded number of them', () => {
    const gruus = new Gruus('push.test');
    const first = gruus.newTemporaryGruu(BOB, INSTANCE, 'c1', 4);
    for (let count = 0; count < 100; count++) gruus.newTemporaryGruu(BOB, INSTANCE, 'c1', 5);
    expect(gruus.lookUp(uri(first), '').kind).toBe('invalid');
  });

  it('tells the newest temporary one, and the CSeq that made the oldest still valid (RFC 5628 §5)', () => {
    const gruus = new Gruus('push.test');
    expect(gruus.temporaryGruu(BOB, INSTANCE)).toBeNull();
    gruus.newTemporaryGruu(BOB, INSTANCE, 'c1', 7);
    const second = gruus.newTemporaryGruu(BOB, INSTANCE, 'c1', 8);
    expect(gruus.temporaryGruu(BOB, INSTANCE)).toEqual({ uri: second, firstCseq: 7 });
    const third = gruus.newTemporaryGruu(BOB, INSTANCE, 'c2', 1);
    expect(gruus.temporaryGruu(BOB, INSTANCE)).toEqual({ uri: third, firstCseq: 1 });
    gruus.forget(BOB, INSTANCE);
    expect(gruus.temporaryGruu(BOB, INSTANCE)).toBeNull();
  });

  it('tells what is no GRUU', () => {
    const gruus = new Gruus('push.test');
    expect(gruus.lookUp(uri(BOB), BOB).kind).toBe('not-a-gruu');
    expect(gruus.lookUp(uri(`${BOB};gr`), BOB).kind).toBe('invalid');
  });
});
