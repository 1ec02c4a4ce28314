import { describe, expect, it } from 'vitest';
import { nameOfPush } from './push-name.ts';

const at = '2026-11-21T12:00:01.123Z';

describe('the name of saved content', () => {
  it.each<[why: string, headers: string, type: string | null, preview: string | null, name: string]>([
    [
      'Content-Disposition',
      'Content-Disposition: attachment; filename="a b.html"',
      'text/plain',
      'x',
      'a b.html',
    ],
    [
      'Content-Disposition, folded and extended',
      "Content-Disposition: attachment;\r\n filename*=utf-8''%C3%A4.txt",
      null,
      null,
      'ä.txt',
    ],
    ['a path in it', 'Content-Disposition: x; filename="../../etc/passwd"', null, null, 'passwd'],
    ['Content-Type name', 'To: x', 'image/png; name="p.png"', null, 'p.png'],
    ['Content-Location', 'Content-Location: http://h/a/b%20c.smil?x#y', 'text/plain', null, 'b c.smil'],
    ['a bad escape', 'Content-Location: cid/%E0%A4.gif', null, null, '%E0%A4.gif'],
    ['no name in Content-Location', 'Content-Location: http://h/', 'text/plain', 'Hi', 'Hi.txt'],
    ['the first line', 'To: x', 'text/plain', 'Your parcel arrives', 'Your parcel arrives.txt'],
    ['a first line like a path', 'To: x', 'text/plain', '../../bin/sh', 'bin sh.txt'],
    ['the time', 'To: x', 'application/json', null, 'push-2026-11-21T12-00-01.json'],
    ['a suffix', 'To: x', 'application/foo+xml; a=b', null, 'push-2026-11-21T12-00-01.xml'],
    ['an unknown type', 'To: x', 'a/b', null, 'push-2026-11-21T12-00-01.bin'],
  ])('by %s', (_why, headers, type, preview, name) => {
    expect(nameOfPush({ headers: `MESSAGE sip:b SIP/2.0\r\n${headers}`, type, preview, at })).toBe(name);
  });

  it.each([
    ['dots', '.'.repeat(200_000)],
    ['extensions', 'a.'.repeat(100_000)],
  ])('does not linger over a Content-Location of %s', (_what, location) => {
    const headers = `MESSAGE sip:b SIP/2.0\r\nContent-Location: ${location}:`;
    const start = performance.now();
    expect(nameOfPush({ headers, type: null, preview: null, at })).toBe('push-2026-11-21T12-00-01.bin');
    expect(performance.now() - start).toBeLessThan(1000);
  });
});
