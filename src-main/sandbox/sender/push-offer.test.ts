import { describe, expect, it } from 'vitest';
import { closedBy, withClosed, withMedia } from './push-offer.ts';

const media = (id: string, port = 7000) =>
  [
    `m=message ${port} TCP/MSRP *`,
    'a=path:msrp://h:7000/a;tcp',
    'a=file-selector:size:5',
    `a=file-transfer-id:${id}`,
    '',
  ].join('\r\n');
const sdp = (version: number, ...lines: readonly string[]) =>
  `v=0\r\no=psa 5 ${version} IN IP4 h\r\ns=-\r\nt=0 0\r\n${lines.join('')}`;

describe('a push that changes what it offers', () => {
  it('closes m-lines under a raised version, once', () => {
    const closed = withClosed(sdp(1, media('a'), media('b')), new Set([1]));
    expect(closed).toBe(sdp(2, media('a'), media('b', 0)));
    expect(withClosed(closed, new Set([1]))).toBe(closed);
  });

  it('adds m-lines at the end', () => {
    expect(withMedia(sdp(1, media('a')), sdp(1, media('b')))).toBe(sdp(2, media('a'), media('b')));
  });

  it.each([
    [sdp(9, media('a'), media('b', 0)), [1]],
    [sdp(9, media('a'), media('b')), []],
    [sdp(9, media('a')), null],
    [sdp(9, media('a'), media('x', 0)), null],
    ['v=0', null],
  ])('reads what the terminal closed', (reoffer, expected) => {
    const closed = closedBy(reoffer, sdp(1, media('a'), media('b')));
    expect(closed === null ? null : [...closed]).toEqual(expected);
  });
});
