import { createCipheriv } from 'node:crypto';

/**
 * Milenage, the example set of the 3GPP functions f1 to f5*, over AES-128 (3GPP TS 35.206).
 * Every value is a Buffer, most significant byte first.
 */

export const BLOCK_BYTES = 16;
export const SQN_BYTES = 6;
export const AMF_BYTES = 2;

/** What a subscriber's card holds: K and OPc, 16 bytes each. */
export type MilenageKey = { readonly k: Buffer; readonly opc: Buffer };

/** Outputs by their function's name in TS 35.206 §2, with what TS 33.102 calls them. */
export type MilenageOutput = {
  /** f1: MAC-A, 8 bytes. */
  readonly macA: Buffer;
  /** f1*: MAC-S, 8 bytes. */
  readonly macS: Buffer;
  /** f2: RES, 8 bytes. */
  readonly res: Buffer;
  /** f3: CK, 16 bytes. */
  readonly ck: Buffer;
  /** f4: IK, 16 bytes. */
  readonly ik: Buffer;
  /** f5: AK, 6 bytes. */
  readonly ak: Buffer;
  /** f5*: AK for resynchronisation, 6 bytes. */
  readonly akStar: Buffer;
};

/** r1 to r5 in bytes (TS 35.206 §4.1). */
const ROTATIONS = [8, 0, 4, 8, 12] as const;
/** c1 to c5: only the last byte of each differs from zero (TS 35.206 §4.1). */
const CONSTANTS = [0, 1, 2, 4, 8] as const;

/**
 * OPc of a subscriber: the operator's OP bound to K (TS 35.206 §4.1).
 * @throws RangeError when a length is wrong.
 */
export function opcOf(k: Buffer, op: Buffer): Buffer {
  checkLength('OP', op, BLOCK_BYTES);
  return xor(blockCipher(k)(op), op);
}

/**
 * All seven outputs for one RAND (16 bytes), SQN (6 bytes) and AMF (2 bytes); only f1 and f1* depend on SQN and
 * AMF (TS 35.206 §4.1).
 * @throws RangeError when a length is wrong.
 */
export function milenage(key: MilenageKey, rand: Buffer, sqn: Buffer, amf: Buffer): MilenageOutput {
  checkLength('OPc', key.opc, BLOCK_BYTES);
  checkLength('RAND', rand, BLOCK_BYTES);
  checkLength('SQN', sqn, SQN_BYTES);
  checkLength('AMF', amf, AMF_BYTES);
  const { opc } = key;
  const encrypt = blockCipher(key.k);
  const temp = encrypt(xor(rand, opc));
  const masked = xor(temp, opc);
  const in1 = Buffer.concat([sqn, amf, sqn, amf]);
  const out1 = xor(encrypt(xor(temp, turned(xor(in1, opc), 0))), opc);
  const [out2, out3, out4, out5] = ([1, 2, 3, 4] as const).map((index) =>
    xor(encrypt(turned(masked, index)), opc),
  ) as [Buffer, Buffer, Buffer, Buffer];
  return {
    macA: out1.subarray(0, 8),
    macS: out1.subarray(8),
    res: out2.subarray(8),
    ck: out3,
    ik: out4,
    ak: out2.subarray(0, SQN_BYTES),
    akStar: out5.subarray(0, SQN_BYTES),
  };
}

/** Bytes of two Buffers of one length, exclusive-or. */
export function xor(a: Buffer, b: Buffer): Buffer {
  return Buffer.from(a.map((byte, index) => byte ^ (b[index] ?? 0)));
}

/** rot(block, r) xor c of one of the five rounds: rotated towards the most significant byte. */
function turned(block: Buffer, round: 0 | 1 | 2 | 3 | 4): Buffer {
  const by = ROTATIONS[round];
  const rotated = Buffer.concat([block.subarray(by), block.subarray(0, by)]);
  rotated[BLOCK_BYTES - 1] = (rotated[BLOCK_BYTES - 1] ?? 0) ^ CONSTANTS[round];
  return rotated;
}

function blockCipher(k: Buffer): (block: Buffer) => Buffer {
  checkLength('K', k, BLOCK_BYTES);
  const cipher = createCipheriv('aes-128-ecb', k, null).setAutoPadding(false);
  return (block) => cipher.update(block);
}

function checkLength(name: string, value: Buffer, bytes: number): void {
  if (value.length !== bytes) throw new RangeError(`${name} has ${value.length} bytes, not ${bytes}.`);
}
