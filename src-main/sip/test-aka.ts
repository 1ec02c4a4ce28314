import { type AkaKey, akaKeyFromHex, sqnToBytes } from './aka.ts';
import { milenage, xor } from './milenage.ts';

/** The network's side of AKA, for tests. */

/** Test set 1 of 3GPP TS 35.208, with the values its challenge leads to. */
export const TEST_SET_1 = {
  key: akaKeyFromHex({
    k: '465b5ce8b199b49faa5f0a2ee238a6bc',
    op: 'cdc202d5123e20f62b6d676ac72cb318',
    amf: 'b9b9',
  }),
  rand: Buffer.from('23553cbe9637a89d218ae64dae47bf35', 'hex'),
  sqn: 0xff9bb4d0b607n,
  ak: Buffer.from('aa689c648370', 'hex'),
  macA: Buffer.from('4a9ffac354dfafb3', 'hex'),
  res: Buffer.from('a54211d5e3ba50bf', 'hex'),
} as const;

/** The nonce of a challenge: base64 of RAND, AUTN and server data (RFC 3310 §3.2). */
export function akaNonce(key: AkaKey, rand: Buffer, sqn: bigint, serverData = ''): string {
  const bytes = sqnToBytes(sqn);
  const { ak, macA } = milenage(key, rand, bytes, key.amf);
  return Buffer.concat([rand, xor(bytes, ak), key.amf, macA, Buffer.from(serverData)]).toString('base64');
}

/** The RES that the network expects for a RAND. */
export function expectedRes(key: AkaKey, rand: Buffer): Buffer {
  return milenage(key, rand, Buffer.alloc(6), key.amf).res;
}

/** The subscriber's SQN out of an `auts` parameter, or null when its MAC-S is wrong (TS 33.102 §6.3.5). */
export function readAuts(key: AkaKey, rand: Buffer, auts: string): bigint | null {
  const bytes = Buffer.from(auts, 'base64');
  const { akStar } = milenage(key, rand, Buffer.alloc(6), Buffer.alloc(2));
  const sqn = xor(bytes.subarray(0, 6), akStar);
  const { macS } = milenage(key, rand, sqn, Buffer.alloc(2));
  return bytes.length === 14 && macS.equals(bytes.subarray(6)) ? BigInt(`0x${sqn.toString('hex')}`) : null;
}
