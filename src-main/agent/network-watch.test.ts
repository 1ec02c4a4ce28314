import { describe, expect, it } from 'vitest';
import { NetworkWatch } from './network-watch.ts';

describe('NetworkWatch', () => {
  it('tells of other addresses and of a sleep, and of nothing else', () => {
    let [addresses, now, told] = ['10.0.0.1', 0, 0];
    const watch = new NetworkWatch(
      () => {
        told += 1;
      },
      { addresses: () => addresses, now: () => now },
    );
    const look = (): number => {
      watch.look();
      return told;
    };
    now += 2_000;
    expect(look()).toBe(0);
    addresses = '10.0.0.1 10.0.0.2';
    now += 2_000;
    expect(look()).toBe(1);
    now += 2_000;
    expect(look()).toBe(1);
    now += 3_600_000;
    expect(look()).toBe(2);
    addresses = '';
    now += 3_600_000;
    expect(look()).toBe(3);
    watch.close();
  });
});
