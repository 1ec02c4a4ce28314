import { describe, expect, it } from 'vitest';
import { bindingRequest, bindingResponse, parseStun, type StunRequest } from './stun.ts';

const ID = Buffer.from('b7e7a701bc34d686fa87dfae', 'hex');

/** The sample responses of RFC 5769 §2.2 and §2.3. */
const SAMPLE_IPV4 = `0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220
  002000080001a147e112a643000800142b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96`;
const SAMPLE_IPV6 = `010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220
  002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d900080014a382954e4be67bf11784c97c8292c275bfe3ed41
  80280004c8fb0b4c`;

function bytesOf(hex: string): Buffer {
  return Buffer.from(hex.replace(/\s/g, ''), 'hex');
}

function requestOf(bytes: Buffer): StunRequest {
  const parsed = parseStun(bytes);
  if (parsed.kind !== 'request') throw new Error(parsed.kind);
  return parsed;
}

describe('STUN', () => {
  it('writes a request that it reads', () => {
    expect(bindingRequest(ID).toString('hex')).toBe(`000100002112a442${ID.toString('hex')}`);
    expect(parseStun(bindingRequest(ID))).toEqual({ kind: 'request', transactionId: ID, unknown: [] });
    expect(requestOf(bindingRequest()).transactionId).not.toEqual(requestOf(bindingRequest()).transactionId);
  });

  it.each([
    ['IPv4', SAMPLE_IPV4, '192.0.2.1'],
    ['IPv6', SAMPLE_IPV6, '2001:db8:1234:5678:11:2233:4455:6677'],
  ])('reads the %s sample of RFC 5769', (_name, sample, host) => {
    const mapped = { host, port: 32_853 };
    expect(parseStun(bytesOf(sample))).toEqual({ kind: 'success', transactionId: ID, mapped });
  });

  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::1', '::1'],
    ['::', '::'],
    ['fe80::1%eth0', 'fe80::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['1:2:3:4:5:6:7:0', '1:2:3:4:5:6:7:0'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ])('answers with the address %s', (host, shown) => {
    const answer = parseStun(bindingResponse(requestOf(bindingRequest(ID)), { host, port: 5060 }));
    expect(answer).toEqual({ kind: 'success', transactionId: ID, mapped: { host: shown, port: 5060 } });
  });

  it('reads MAPPED-ADDRESS of servers that know no other', () => {
    const answer = bytesOf('0101000c2112a442b7e7a701bc34d686fa87dfae000100080001 13c4 c0000201');
    expect(parseStun(answer)).toMatchObject({ mapped: { host: '192.0.2.1', port: 5060 } });
    expect(parseStun(bytesOf('010100002112a442b7e7a701bc34d686fa87dfae'))).toMatchObject({ mapped: null });
  });

  it('refuses a request that demands what is not understood (RFC 5389 §7.3.1)', () => {
    const request = requestOf(bytesOf('000100082112a442b7e7a701bc34d686fa87dfae0003000400000006'));
    expect(request.unknown).toEqual([3]);
    const answer = bindingResponse(request, { host: '127.0.0.1', port: 1 });
    expect(parseStun(answer)).toEqual({ kind: 'error', transactionId: ID, code: 420 });
    expect(answer.toString('hex')).toContain('000a000200030000');
  });

  it('tells SIP, keep-alives and torn STUN apart', () => {
    for (const text of ['', '\r\n\r\n', 'OPTIONS sip:a SIP/2.0\r\n\r\n']) {
      expect(parseStun(Buffer.from(text)).kind).toBe('not-stun');
    }
    expect(parseStun(bindingRequest(ID).fill(0, 4, 8)).kind).toBe('not-stun');
    expect(parseStun(Buffer.concat([bindingRequest(ID), Buffer.alloc(4)])).kind).toBe('bad');
    expect(parseStun(bytesOf('000100042112a442b7e7a701bc34d686fa87dfae00200008')).kind).toBe('bad');
    expect(parseStun(bytesOf('001100002112a442b7e7a701bc34d686fa87dfae')).kind).toBe('other');
  });

  it('survives noise (fixed seed)', () => {
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return (seed >> 8) % below;
    };
    const samples = [bindingRequest(ID), bytesOf(SAMPLE_IPV4), bytesOf(SAMPLE_IPV6)];
    for (let round = 0; round < 20_000; round++) {
      const torn = Buffer.from(samples[round % samples.length] ?? '');
      for (let change = 0; change < 3; change++) torn[random(torn.length)] = random(256);
      const cut = round % 5 === 0 ? torn.subarray(0, random(torn.length + 1)) : torn;
      const parsed = parseStun(cut);
      if (parsed.kind !== 'request') continue;
      const answer = parseStun(bindingResponse(parsed, { host: '::1', port: random(65_536) }));
      expect(answer.kind).toBe(parsed.unknown.length === 0 ? 'success' : 'error');
    }
  });
});
