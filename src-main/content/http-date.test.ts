import { describe, expect, it } from 'vitest';
import { parseHttpDate } from './http-date.ts';

describe('parseHttpDate', () => {
  it.each([
    ['RFC 1123', 'Mon, 24 Jun 2002 09:00:00 GMT', '2002-06-24T09:00:00.000Z'],
    ['RFC 4483 §5.7, with the month in full', 'Mon, 24 June 2002 09:00:00 GMT', '2002-06-24T09:00:00.000Z'],
    ['RFC 4483 §6.1, with the wrong weekday', 'Sat, 20 Jun 2002 12:00:00 GMT', '2002-06-20T12:00:00.000Z'],
    ['RFC 2046 §5.2.3, with a zone', 'Fri, 14 Jun 1991 19:13:14 -0400 (EDT)', '1991-06-14T23:13:14.000Z'],
    ['a zone east', '1 Jan 2030 00:30:00 +0100', '2029-12-31T23:30:00.000Z'],
    ['a leap day', '29 Feb 2028 00:00:00 GMT', '2028-02-29T00:00:00.000Z'],
    ['a leap second', '31 Dec 2016 23:59:60 GMT', '2017-01-01T00:00:00.000Z'],
    ['no seconds', '1 Jan 2030 10:20 gmt', '2030-01-01T10:20:00.000Z'],
  ])('%s', (_name, text, iso) => {
    expect(parseHttpDate(text)?.toISOString()).toBe(iso);
  });

  it.each([
    '',
    'tomorrow',
    '2030-01-01T00:00:00Z',
    'Mon, 24 Jun 02 09:00:00 GMT',
    '30 Feb 2028 00:00:00 GMT',
    '0 Jan 2028 00:00:00 GMT',
    '1 Foo 2028 00:00:00 GMT',
    '1 Jan 2028 24:00:00 GMT',
    '1 Jan 2028 23:00:00 PST',
    '1 Jan 2028 23:00:00',
    '1 Jan 2028 23:00:00 +9900',
    `1 Jan 2028 23:00:00 ${' '.repeat(100)}GMT`,
  ])('refuses %j', (text) => {
    expect(parseHttpDate(text)).toBeNull();
  });
});
