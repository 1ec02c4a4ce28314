import { expect, it } from 'vitest';
import { colonHex } from './digest-hex.ts';

it.each(['72245fe8', '72245FE8', '72:24:5f:e8', '72:24:5F:E8'])(
  'writes %s in upper case with colons (X-22)',
  (hex) => {
    expect(colonHex(hex)).toBe('72:24:5F:E8');
  },
);
