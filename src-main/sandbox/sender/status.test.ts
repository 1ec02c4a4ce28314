import { expect, test } from 'vitest';
import { statusOfMsrp, statusOfSip } from './status.ts';

test.each([
  [200, 'accepted'],
  [202, 'accepted'],
  [302, 'undeliverable'],
  [400, 'retry-allowed'],
  [403, 'no-retry'],
  [404, 'undeliverable'],
  [406, 'unsupported-type'],
  [408, 'undeliverable'],
  [413, 'no-retry'],
  [415, 'unsupported-type'],
  [420, 'no-retry'],
  [421, 'no-retry'],
  [422, 'retry-allowed'],
  [423, 'retry-allowed'],
  [480, 'retry-allowed'],
  [481, 'undeliverable'],
  [486, 'retry-allowed'],
  [488, 'unsupported-type'],
  [494, 'no-retry'],
  [499, 'retry-allowed'],
  [500, 'retry-allowed'],
  [503, 'retry-allowed'],
  [513, 'no-retry'],
  [600, 'retry-allowed'],
  [603, 'retry-allowed'],
  [604, 'no-retry'],
  [606, 'unsupported-type'],
])('SIP %s is %s (002 Appendix D, X-53)', (code, status) => {
  expect(statusOfSip(code)).toBe(status);
});

test('a 500 that says when to come again is a push discarded for want of resources', () => {
  expect(statusOfSip(500, true)).toBe('discarded');
});

test.each([
  [200, 'accepted'],
  [400, 'retry-allowed'],
  [403, 'no-retry'],
  [408, 'undeliverable'],
  [413, 'no-retry'],
  [415, 'unsupported-type'],
  [423, 'retry-allowed'],
  [481, 'undeliverable'],
  [501, 'no-retry'],
  [506, 'retry-allowed'],
])('MSRP %s is %s', (code, status) => {
  expect(statusOfMsrp(code)).toBe(status);
});
