import { describe, expect, it } from 'vitest';
import { MsrpListener } from './listener.ts';
import { listenInRange, parsePortRange } from './port-range.ts';

describe('parsePortRange', () => {
  it.each([
    ['30000-30100', { first: 30_000, last: 30_100 }],
    ['7-7', { first: 7, last: 7 }],
    ['1-65535', { first: 1, last: 65_535 }],
    ['2-1', null],
    ['0-5', null],
    ['1-65536', null],
    ['5', null],
    ['1-', null],
    ['a-b', null],
    [' 1-2', null],
  ])('%s', (text, range) => {
    expect(parsePortRange(text)).toEqual(range);
  });
});

describe('listenInRange', () => {
  it('takes the next port when one is in use, and fails when all are', async () => {
    const host = '127.0.0.1';
    const taken = await MsrpListener.open({ host, port: 0 });
    const range = { first: taken.port, last: Math.min(taken.port + 5, 65_535) };
    const free = await listenInRange({ host }, range);
    expect(free.port).toBeGreaterThan(taken.port);
    await expect(listenInRange({ host }, { first: taken.port, last: taken.port })).rejects.toThrow(
      'EADDRINUSE',
    );
    await Promise.all([taken.close(), free.close()]);
  });
});
