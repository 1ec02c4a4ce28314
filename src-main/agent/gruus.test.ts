import { describe, expect, it } from 'vitest';
import { parseSipUri } from '../sip/uri.ts';
import { Gruus } from './gruus.ts';

const PUBLIC = 'sip:bob@push.test;gr=urn:uuid:1';
const temporary = (n: number): string => `sip:t${n}@push.test;gr`;

function owns(gruus: Gruus, text: string): boolean {
  const uri = parseSipUri(text);
  if (uri === null) throw new Error(text);
  return gruus.owns(uri);
}

describe('Gruus', () => {
  it('owns every temporary GRUU of the registration, not only the last (RFC 5627 §4.2)', () => {
    const gruus = new Gruus();
    gruus.learn(PUBLIC, temporary(1), 1);
    gruus.learn(PUBLIC, temporary(2), 2);
    gruus.learn(PUBLIC, null, 3);
    expect([gruus.public, gruus.temporary]).toEqual([PUBLIC, temporary(2)]);
    expect([PUBLIC, temporary(1), temporary(2)].map((text) => owns(gruus, text))).toEqual([true, true, true]);
  });

  it.each([
    'sip:bob@push.test',
    'sip:bob@push.test;gr=urn:uuid:2',
    'sip:eve@push.test;gr=urn:uuid:1',
    'sip:bob@other.test;gr=urn:uuid:1',
    temporary(3),
  ])('does not own %s', (text) => {
    const gruus = new Gruus();
    gruus.learn(PUBLIC, temporary(1), 1);
    expect(owns(gruus, text)).toBe(false);
  });

  it('forgets the oldest beyond its bound, all temporary ones, or everything', () => {
    const gruus = new Gruus();
    for (let n = 0; n < 250; n += 1) gruus.learn(PUBLIC, temporary(n), n);
    expect([owns(gruus, temporary(49)), owns(gruus, temporary(50))]).toEqual([false, true]);
    gruus.dropTemporary(60);
    expect([owns(gruus, temporary(59)), owns(gruus, temporary(60))]).toEqual([false, true]);
    gruus.dropTemporary();
    expect([owns(gruus, temporary(249)), owns(gruus, PUBLIC)]).toEqual([false, true]);
    gruus.drop();
    expect([gruus.public, gruus.temporary, owns(gruus, PUBLIC)]).toEqual([null, null, false]);
  });
});
