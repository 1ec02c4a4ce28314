import { describe, expect, it } from 'vitest';
import { listenInRange } from './listen-in-range.ts';
import { MsrpListener } from './listener.ts';

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
