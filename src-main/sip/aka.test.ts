import { describe, expect, it } from 'vitest';
import { seededRandom } from '../sdp/test-samples.ts';
import { akaKeyFromHex, answerAka, sqnToBytes } from './aka.ts';
import { xor } from './milenage.ts';
import { akaNonce, readAuts, TEST_SET_1 } from './test-aka.ts';

const { key, rand, sqn } = TEST_SET_1;
const K = '465b5ce8b199b49faa5f0a2ee238a6bc';
const OP = 'cdc202d5123e20f62b6d676ac72cb318';
const OPC = 'cd63cb71954a9f4e48a5994e37a02baf';
const FARTHEST = 2n ** 28n;

describe('answerAka', () => {
  it('answers the challenge of test set 1 with its RES (TS 35.208)', () => {
    const { ak, macA, res } = TEST_SET_1;
    const autn = Buffer.concat([
      xor(Buffer.from('ff9bb4d0b607', 'hex'), ak),
      Buffer.from('b9b9', 'hex'),
      macA,
    ]);
    const nonce = Buffer.concat([rand, autn]).toString('base64');
    expect(answerAka(key, nonce, sqn - 1n)).toEqual({ kind: 'ok', res, sqn });
    expect(akaNonce(key, rand, sqn)).toBe(nonce);
  });

  it.each([
    ['server data after AUTN', akaNonce(key, rand, 5n, 'anything')],
    ['no padding', akaNonce(key, rand, 5n).replace(/=+$/, '')],
    ['another AMF than the key names', akaNonce({ ...key, amf: Buffer.from('8000', 'hex') }, rand, 5n)],
  ])('takes a nonce with %s', (_name, nonce) => {
    expect(answerAka(key, nonce, 4n).kind).toBe('ok');
  });

  it.each([
    ['the next', 8n, 7n, 'ok'],
    ['the farthest', 7n + FARTHEST, 7n, 'ok'],
    ['one too far', 8n + FARTHEST, 7n, 'synchronise'],
    ['the same', 7n, 7n, 'synchronise'],
    ['an older', 6n, 7n, 'synchronise'],
    ['the last of all', 2n ** 48n - 1n, 2n ** 48n - 2n, 'ok'],
  ])('takes SQN by its range: %s', (_name, sent, highest, kind) => {
    const answer = answerAka(key, akaNonce(key, rand, sent), highest);
    expect(answer.kind).toBe(kind);
    if (answer.kind !== 'synchronise') return;
    expect(answer.auts).toHaveLength(14);
    expect(readAuts(key, rand, answer.auts.toString('base64'))).toBe(highest);
  });

  it('hides our SQN in AUTS with the f5* of test set 1 (TS 35.208)', () => {
    const answer = answerAka(key, akaNonce(key, rand, 1n), sqn);
    const concealed = xor(sqnToBytes(sqn), Buffer.from('451e8beca43b', 'hex')).toString('hex');
    expect(answer.kind === 'synchronise' && answer.auts.toString('hex', 0, 6)).toBe(concealed);
  });

  it('refuses every nonce with one bit changed in RAND or AUTN', () => {
    const good = Buffer.from(akaNonce(key, rand, 8n), 'base64');
    for (let bit = 0; bit < good.length * 8; bit += 1) {
      const bad = Buffer.from(good);
      bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(answerAka(key, bad.toString('base64'), 7n)).toEqual({ kind: 'wrong-mac' });
    }
  });

  it.each([
    ['RFC 3310 §3.2', 'MzQ0a2xrbGtmbGtsZm9wb2tsc2tqaHJzZXNy9uQyMzMzMzQK='],
    ['RFC 3310 §4', 'CjPk9mRqNuT25eRkajM09uTl9nM09uTl9nMz5OX25PZz=='],
  ])('reads the sample of %s, padded wrongly, as one of another network', (_where, nonce) => {
    expect(answerAka(key, nonce, 0n)).toEqual({ kind: 'wrong-mac' });
  });

  it.each([
    ['nothing', ''],
    ['31 bytes', Buffer.alloc(31).toString('base64')],
    ['no base64', `${'A'.repeat(43)} `],
    ['an ordinary nonce', '7c5b0e9a-1f3d-4ab2-9e1d-000000000000-7c5b0e9a'],
    ['padding inside', `${'A'.repeat(20)}==${'A'.repeat(30)}`],
  ])('says that %s is malformed', (_name, nonce) => {
    expect(answerAka(key, nonce, 0n)).toEqual({ kind: 'malformed' });
  });

  it('never throws and never accepts a random nonce (fixed seed)', () => {
    const random = seededRandom(3310);
    const text = (length: number, alphabet: number) =>
      String.fromCharCode(...Array.from({ length }, () => random(alphabet)));
    const kinds = new Set<string>();
    for (let round = 0; round < 3_000; round += 1) {
      const raw = text(random(80), 256);
      const nonce = round % 2 === 0 ? raw : Buffer.from(raw, 'latin1').toString('base64').slice(random(3));
      kinds.add(answerAka(key, nonce, BigInt(random(1000))).kind);
    }
    expect(kinds).toEqual(new Set(['malformed', 'wrong-mac']));
  });
});

describe('akaKeyFromHex', () => {
  it('takes OP or OPc, in any case and with spaces, and lets OPc win', () => {
    const opc = Buffer.from(OPC, 'hex');
    const texts = [
      { op: OP },
      { opc: OPC.toUpperCase() },
      { opc: OPC.replace(/../g, '$& ') },
      { op: K, opc: OPC },
    ];
    for (const text of texts) {
      expect(akaKeyFromHex({ k: K, amf: '8000', ...text })).toEqual({
        k: Buffer.from(K, 'hex'),
        opc,
        amf: Buffer.from('8000', 'hex'),
      });
    }
  });

  it.each([
    [{ k: K.slice(1) }, 'The K of the AKA key must be 32 hexadecimal digits (16 bytes).'],
    [{ k: K.replace('4', 'x') }, 'The K of the AKA key must be 32 hexadecimal digits (16 bytes).'],
    [{ op: '' }, 'The OP of the AKA key must be 32 hexadecimal digits (16 bytes).'],
    [{ opc: `${OPC}00` }, 'The OPc of the AKA key must be 32 hexadecimal digits (16 bytes).'],
    [{ amf: '800' }, 'The AMF of the AKA key must be 4 hexadecimal digits (2 bytes).'],
  ])('says what is wrong: %o', (change, sentence) => {
    expect(() => akaKeyFromHex({ k: K, op: OP, amf: '8000', ...change })).toThrow(sentence);
  });

  it('asks for OP or OPc', () => {
    expect(() => akaKeyFromHex({ k: K, amf: '8000' })).toThrow('neither OP nor OPc');
  });
});
