import { describe, expect, it } from 'vitest';
import { decodeGsm7 } from './gsm7.ts';

describe('decodeGsm7', () => {
  it.each([
    ['e8329bfd06', 'hello'],
    ['', ''],
    // Seven characters in seven bytes, filled up with CR, then with zeros.
    ['31d98c56b3dd1a', '1234567'],
    ['31d98c56b3dd00', '1234567'],
    // Eight characters fill seven bytes.
    ['31d98c56b3dd70', '12345678'],
    // The extension table: ESC, e is the euro sign.
    ['9b32', '€'],
    ['00', '@'],
  ])('%s is %j (3GPP 23.038)', (hex, text) => {
    expect(decodeGsm7(Buffer.from(hex, 'hex'))).toBe(text);
  });
});
