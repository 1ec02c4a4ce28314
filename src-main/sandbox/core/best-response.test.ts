import { describe, expect, it } from 'vitest';
import { SipResponse } from '../../sip/message.ts';
import { bestResponse } from './best-response.ts';

const finals = (codes: readonly number[]) => codes.map((code) => new SipResponse(code, ''));

describe('bestResponse (RFC 3261 §16.7)', () => {
  it.each([
    [[486, 486], 486],
    [[408, 486], 486],
    [[480, 486], 486],
    [[503, 404], 404],
    [[404, 302], 302],
    [[486, 603, 302], 603],
    [[486, 415], 415],
    [[500], 500],
  ])('%j gives %i', (codes, expected) => {
    expect(bestResponse(finals(codes))?.code).toBe(expected);
  });

  it('has nothing to give for nothing', () => {
    expect(bestResponse([])).toBeNull();
  });

  it('gathers the challenges of all branches', () => {
    const [first, second, third] = finals([401, 407, 404]);
    first?.fields.append('WWW-Authenticate', 'Digest realm="a"');
    second?.fields.append('Proxy-Authenticate', 'Digest realm="b"');
    const best = bestResponse([third, second, first].flatMap((one) => one ?? []));
    expect(best?.headers('WWW-Authenticate')).toEqual(['Digest realm="a"']);
    expect(best?.headers('Proxy-Authenticate')).toEqual(['Digest realm="b"']);
  });
});
