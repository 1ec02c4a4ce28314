import { describe, expect, it } from 'vitest';
import {
  assertedIdentities,
  calledParty,
  formatNameAddr,
  headerParameter,
  parseNameAddr,
  parseNameAddrList,
  splitList,
} from './name-addr.ts';

describe('parseNameAddr', () => {
  it.each([
    ['<sip:a@b>', null, 'sip:a@b', {}],
    ['sip:a@b;tag=x', null, 'sip:a@b', { tag: 'x' }],
    ['Bob Smith <sip:a@b;lr>;tag=x', 'Bob Smith', 'sip:a@b;lr', { tag: 'x' }],
    ['"B \\"o\\" <x>, b"<sip:a@b> ; q=0.5;x', 'B "o" <x>, b', 'sip:a@b', { q: '0.5', x: '' }],
    ['<sip:a@b>;+sip.instance="<urn:uuid:1>"', null, 'sip:a@b', { '+sip.instance': '<urn:uuid:1>' }],
    ['<http://push.test/a?b=c>', null, 'http://push.test/a?b=c', {}],
    ['\u00e2\u0080\u009cBob\u00e2\u0080\u009d <sip:a@b>', 'Bob', 'sip:a@b', {}],
    ['<sip:a@b>;x="y\u201d', null, 'sip:a@b', { x: 'y' }],
    ['"\u201chi\u201d" <sip:a@b>', '\u201chi\u201d', 'sip:a@b', {}],
  ] as const)('%s', (text, displayName, uri, parameters) => {
    const address = parseNameAddr(text);
    expect(address?.displayName).toBe(displayName);
    expect(address?.uri).toBe(uri);
    expect(Object.fromEntries((address?.parameters ?? []).map((one) => [one.name, one.value ?? '']))).toEqual(
      parameters,
    );
  });

  it.each([
    '',
    '<sip:user@domain.com;tag=1',
    'user@domain.com',
    '<user@domain.com>',
    '"open <sip:a@b>',
    '<sip:a@b> trailing',
    'a"b" <sip:a@b>',
    '<sip:a b@c>',
    '<sip:a@b>;tag="x',
    '<sip:a@b>;t ag=x',
    'sip:a@b, sip:c@d',
    'sip:a@b?x=y',
  ])('refuses %s', (text) => {
    expect(parseNameAddr(text)).toBeNull();
  });

  it('reads parameters by any case', () => {
    const address = parseNameAddr('<sip:a@b>;TAG=x');
    expect(address && headerParameter(address, 'tag')).toBe('x');
    expect(address && headerParameter(address, 'none')).toBeUndefined();
  });

  it.each([
    '<sip:a@b>',
    '<sip:a@b>;received=2001:db8::1;x=""',
    '"a \\"b\\" \\\\" <sip:a@b;lr>;tag=x;flag;+g.oma.pusheventapp="mms.ua,wml.ua"',
  ])('writes back %s', (text) => {
    const address = parseNameAddr(text);
    expect(address && formatNameAddr(address)).toBe(text);
  });
});

describe('lists', () => {
  it('split at commas outside quotes and brackets only', () => {
    expect(splitList('"a,b" <sip:a@b,c>;x="d,\\"e", <sip:f@g> ,, h')).toEqual([
      '"a,b" <sip:a@b,c>;x="d,\\"e"',
      '<sip:f@g>',
      'h',
    ]);
    expect(parseNameAddrList('<sip:a@b>, sip:c@d;q=1')?.map((one) => one.uri)).toEqual([
      'sip:a@b',
      'sip:c@d',
    ]);
    expect(parseNameAddrList('<sip:a@b>, <sip:c')).toBeNull();
  });
});

describe('assertedIdentities (X-09, X-37)', () => {
  it.each([
    [['<sip:psa@push.test>'], ['sip:psa@push.test']],
    [['"PSA" <sip:psa@push.test>, <tel:+1555>'], ['sip:psa@push.test', 'tel:+1555']],
    [['<sip:psa@push.test>', '<sip:second@push.test>'], ['sip:psa@push.test']],
    [['user@domain.com'], []],
    [['<http://push.test>'], []],
    [['<sip:broken'], []],
    [[], []],
  ])('%j gives %j', (values, expected) => {
    expect(assertedIdentities(values)).toEqual(expected);
  });
});

describe('calledParty (X-56)', () => {
  it.each([
    ['<sip:bob@push.test;gr=urn:uuid:1>', 'sip:bob@push.test;gr=urn:uuid:1'],
    ['sip:bob@push.test;gr=urn:uuid:1"', 'sip:bob@push.test;gr=urn:uuid:1'],
    ['sip:bob@push.test', 'sip:bob@push.test'],
    ['bob', null],
  ])('%s', (value, expected) => {
    expect(calledParty(value)).toBe(expected);
  });
});

describe('noise (fixed seed)', () => {
  it('never throws and stays quick', () => {
    const alphabet = '"\\<>;,=: \t%asip:b@\u00e2\u0080\u009d';
    let seed = 11;
    for (let round = 0; round < 5000; round++) {
      let text = '';
      for (let at = 0; at < 60; at++) {
        seed = (seed * 1103515245 + 12345) % 2147483648;
        text += alphabet[seed % alphabet.length] ?? '';
      }
      expect(() => [parseNameAddr(text), parseNameAddrList(text), calledParty(text)]).not.toThrow();
    }
    const started = performance.now();
    parseNameAddrList('"'.repeat(60_001));
    parseNameAddrList(`<${';"\\'.repeat(20_000)}`);
    expect(performance.now() - started).toBeLessThan(500);
  });
});
