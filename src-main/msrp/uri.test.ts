import { describe, expect, it } from 'vitest';
import { formatPath, formatUri, newSessionId, newSessionUri, parsePath, parseUri, sameUri } from './uri.ts';

const ROUND_TRIPS = [
  'msrp://host.example.com:8493/asfd34;tcp',
  'msrps://relay.example.com:9000;tcp',
  'msrp://alice@atlanta.example.com/s1+=/x;tcp',
  'msrp://[2001:db8::1]:2855/abc;tcp',
  'msrp://127.0.0.1:2855/a.b-c_d~e;tcp;x=1;y',
  'msrp://h:1/s;TCP',
];

const REJECTED = [
  '',
  'msrp://127.0.0.1/abc;tcp',
  'msrp://[::1]/abc;tcp',
  'msrp://host:8493/abc',
  'msrp://host:0/abc;tcp',
  'msrp://host:65536/abc;tcp',
  'msrp://999.1.1.1:1/abc;tcp',
  'msrp://[nonsense]:1/abc;tcp',
  'sip:alice@example.com',
  'msrp://host:1/a b;tcp',
  'msrp://host:1/a?b;tcp',
  'msrp://hö:1/a;tcp',
  'msrp://host:1/a;tcp;',
  'msrp://host:1/a;tcp\r\nX: y',
  `msrp://host:1/${'a'.repeat(1100)};tcp`,
];

describe('parseUri', () => {
  it.each(ROUND_TRIPS)('reads and writes %s', (text) => {
    const uri = parseUri(text);
    expect(uri && formatUri(uri)).toBe(text);
  });

  it.each(REJECTED)('refuses %j', (text) => expect(parseUri(text)).toBeNull());

  it('takes an upper-case scheme', () => {
    expect(parseUri('MSRPS://host:1/a;tcp')?.scheme).toBe('msrps');
  });

  it('is not slowed down by hostile text', () => {
    const started = performance.now();
    for (const filler of ['a', '%', ';', '@', ':', '.', '/']) parseUri(`msrp://${filler.repeat(1000)}`);
    expect(performance.now() - started).toBeLessThan(200);
  });
});

describe('parsePath', () => {
  it('reads several URIs in order', () => {
    const text = 'msrp://relay:1;tcp msrp://host:2/abc;tcp';
    const path = parsePath(text);
    expect(path && formatPath(path)).toBe(text);
  });

  it.each(['', 'msrp://a:1/x;tcp  msrp://b:1/x;tcp', Array(17).fill('msrp://a:1/x;tcp').join(' ')])(
    'refuses %j',
    (text) => expect(parsePath(text)).toBeNull(),
  );
});

describe('sameUri (RFC 4975 §6.1)', () => {
  const same = (a: string, b: string) => {
    const [first, second] = [parseUri(a), parseUri(b)];
    return first !== null && second !== null && sameUri(first, second);
  };

  it.each([
    ['msrp://Host.Example.com:1/a;tcp', 'MSRP://host.example.COM:1/a;TCP'],
    ['msrp://user@host:1/a;tcp', 'msrp://host:1/a;tcp'],
    ['msrp://h%6Fst:1/a;tcp', 'msrp://host:1/a;tcp'],
    ['msrp://[2001:db8:0:0::1]:1/a;tcp', 'msrp://[2001:DB8::1]:1/a;tcp'],
    ['msrp://host:1/a;tcp;p=1', 'msrp://host:1/a;tcp'],
  ])('%s is %s', (a, b) => expect(same(a, b)).toBe(true));

  it.each([
    ['msrp://host:1/a;tcp', 'msrps://host:1/a;tcp'],
    ['msrp://host:1/a;tcp', 'msrp://host:2/a;tcp'],
    ['msrp://host:2855/a;tcp', 'msrp://host/a;tcp'],
    ['msrp://host:1/a;tcp', 'msrp://host:1/A;tcp'],
    ['msrp://host:1/a;tcp', 'msrp://host:1;tcp'],
    ['msrp://host:1/a;tcp', 'msrp://host:1/a;sctp'],
    ['msrp://host:1/a/b;tcp', 'msrp://host:1/a//b;tcp'],
  ])('%s is not %s', (a, b) => expect(same(a, b)).toBe(false));
});

describe('ids', () => {
  it('makes session ids that are long, different and legal', () => {
    const ids = new Set(Array.from({ length: 1000 }, newSessionId));
    expect(ids.size).toBe(1000);
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9\-_]{24}$/);
    expect(parseUri(formatUri(newSessionUri('::1', 5)))).not.toBeNull();
  });
});
