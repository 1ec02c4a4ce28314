import { timingSafeEqual } from 'node:crypto';
import { AMF_BYTES, BLOCK_BYTES, type MilenageKey, milenage, opcOf, SQN_BYTES, xor } from './milenage.ts';

/**
 * The subscriber's side of AKA with Milenage (3GPP TS 33.102 §6.3) for HTTP Digest AKAv1 (RFC 3310).
 * Bytes of a challenge's nonce, in base64 (RFC 3310 §3.2, TS 33.102 §6.3.2):
 *
 *     RAND 16 | AUTN 16 = (SQN xor AK) 6, AMF 2, MAC-A 8 | server data, any length
 */

/** The secret that a subscriber shares with the home network. */
export type AkaKey = MilenageKey & {
  /** AMF the network sends, 2 bytes. What is checked is each AUTN's own AMF, which its MAC covers (TS 33.102 §6.3.3). */
  readonly amf: Buffer;
};

/** An AKA key as people write it: hexadecimal, with OP or with the OPc made from it. */
export type AkaKeyText = {
  readonly k: string;
  readonly op?: string;
  readonly opc?: string;
  readonly amf: string;
};

/** What the subscriber makes of a challenge. */
export type AkaAnswer =
  /** The network is genuine: RES is the digest's password, and `sqn` is the highest accepted from now on. */
  | { readonly kind: 'ok'; readonly res: Buffer; readonly sqn: bigint }
  /** The network is genuine but its SQN is not in our range: AUTS (14 bytes) tells it ours. */
  | { readonly kind: 'synchronise'; readonly auts: Buffer }
  /** AUTN was not made with this key. */
  | { readonly kind: 'wrong-mac' }
  /** The nonce is no base64 of at least RAND and AUTN. */
  | { readonly kind: 'malformed' };

/** Farthest jump of SQN that is believed, so that no network error can use the numbers up (TS 33.102 §C.2.1). */
const MAX_SQN_AHEAD = 2n ** 28n;
/** MAC-S is made over this AMF (TS 33.102 §6.3.3). */
const RESYNCHRONISATION_AMF = Buffer.alloc(AMF_BYTES);
/** RFC 3310's own examples are padded wrongly, so the padding is not checked. */
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * Checks the AUTN of a challenge and makes RES, or AUTS when its SQN is not above `highestSqn`, the highest one
 * accepted so far, or too far ahead of it (RFC 3310 §3.3 and §3.4, TS 33.102 §6.3.3). Never throws on any nonce.
 */
export function answerAka(key: AkaKey, nonce: string, highestSqn: bigint): AkaAnswer {
  const bytes = BASE64.test(nonce) ? Buffer.from(nonce, 'base64') : Buffer.alloc(0);
  if (bytes.length < 2 * BLOCK_BYTES) return { kind: 'malformed' };
  const rand = bytes.subarray(0, BLOCK_BYTES);
  const autn = bytes.subarray(BLOCK_BYTES, 2 * BLOCK_BYTES);
  const amf = autn.subarray(SQN_BYTES, SQN_BYTES + AMF_BYTES);
  // RES and AK do not depend on SQN, which only AK uncovers.
  const { res, ak } = milenage(key, rand, Buffer.alloc(SQN_BYTES), amf);
  const sqnBytes = xor(autn.subarray(0, SQN_BYTES), ak);
  const { macA } = milenage(key, rand, sqnBytes, amf);
  if (!timingSafeEqual(macA, autn.subarray(SQN_BYTES + AMF_BYTES))) return { kind: 'wrong-mac' };
  const sqn = BigInt(`0x${sqnBytes.toString('hex')}`);
  if (sqn <= highestSqn || sqn - highestSqn > MAX_SQN_AHEAD) {
    return { kind: 'synchronise', auts: autsOf(key, rand, highestSqn) };
  }
  return { kind: 'ok', res, sqn };
}

/** The 6 bytes of an SQN, most significant first (TS 33.102 §6.3.7). Bits above the 48th are cut off. */
export function sqnToBytes(sqn: bigint): Buffer {
  return Buffer.from(
    BigInt.asUintN(SQN_BYTES * 8, sqn)
      .toString(16)
      .padStart(SQN_BYTES * 2, '0'),
    'hex',
  );
}

/**
 * Reads a key from hexadecimal; spaces are ignored. OPc wins where OP is given too (TS 35.206 §4.1).
 * @throws Error with a sentence for the user when a value is missing or of a wrong length.
 */
export function akaKeyFromHex(text: AkaKeyText): AkaKey {
  const k = bytesOf('K', text.k, BLOCK_BYTES);
  const amf = bytesOf('AMF', text.amf, AMF_BYTES);
  if (text.opc !== undefined) return { k, opc: bytesOf('OPc', text.opc, BLOCK_BYTES), amf };
  if (text.op !== undefined) return { k, opc: opcOf(k, bytesOf('OP', text.op, BLOCK_BYTES)), amf };
  throw new Error('The AKA key has neither OP nor OPc; add one of them.');
}

/** AUTS = (SQN_MS xor AK*) 6 | MAC-S 8 (TS 33.102 §6.3.3). */
function autsOf(key: AkaKey, rand: Buffer, highestSqn: bigint): Buffer {
  const sqn = sqnToBytes(highestSqn);
  const { akStar, macS } = milenage(key, rand, sqn, RESYNCHRONISATION_AMF);
  return Buffer.concat([xor(sqn, akStar), macS]);
}

function bytesOf(name: string, text: string, bytes: number): Buffer {
  const digits = text.replace(/\s+/g, '');
  if (!/^[0-9a-f]*$/i.test(digits) || digits.length !== bytes * 2) {
    throw new Error(`The ${name} of the AKA key must be ${bytes * 2} hexadecimal digits (${bytes} bytes).`);
  }
  return Buffer.from(digits, 'hex');
}
