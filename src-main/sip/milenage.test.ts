import { describe, expect, it } from 'vitest';
import { milenage, opcOf } from './milenage.ts';

/** Test sets 1 to 7 of 3GPP TS 35.208 §4. */
const TEST_SETS = [
  {
    k: '465b5ce8b199b49faa5f0a2ee238a6bc',
    rand: '23553cbe9637a89d218ae64dae47bf35',
    sqn: 'ff9bb4d0b607',
    amf: 'b9b9',
    op: 'cdc202d5123e20f62b6d676ac72cb318',
    opc: 'cd63cb71954a9f4e48a5994e37a02baf',
    macA: '4a9ffac354dfafb3',
    macS: '01cfaf9ec4e871e9',
    res: 'a54211d5e3ba50bf',
    ak: 'aa689c648370',
    ck: 'b40ba9a3c58b2a05bbf0d987b21bf8cb',
    ik: 'f769bcd751044604127672711c6d3441',
    akStar: '451e8beca43b',
  },
  {
    k: '0396eb317b6d1c36f19c1c84cd6ffd16',
    rand: 'c00d603103dcee52c4478119494202e8',
    sqn: 'fd8eef40df7d',
    amf: 'af17',
    op: 'ff53bade17df5d4e793073ce9d7579fa',
    opc: '53c15671c60a4b731c55b4a441c0bde2',
    macA: '5df5b31807e258b0',
    macS: 'a8c016e51ef4a343',
    res: 'd3a628ed988620f0',
    ak: 'c47783995f72',
    ck: '58c433ff7a7082acd424220f2b67c556',
    ik: '21a8c1f929702adb3e738488b9f5c5da',
    akStar: '30f1197061c1',
  },
  {
    k: 'fec86ba6eb707ed08905757b1bb44b8f',
    rand: '9f7c8d021accf4db213ccff0c7f71a6a',
    sqn: '9d0277595ffc',
    amf: '725c',
    op: 'dbc59adcb6f9a0ef735477b7fadf8374',
    opc: '1006020f0a478bf6b699f15c062e42b3',
    macA: '9cabc3e99baf7281',
    macS: '95814ba2b3044324',
    res: '8011c48c0c214ed2',
    ak: '33484dc2136b',
    ck: '5dbdbb2954e8f3cde665b046179a5098',
    ik: '59a92d3b476a0443487055cf88b2307b',
    akStar: 'deacdd848cc6',
  },
  {
    k: '9e5944aea94b81165c82fbf9f32db751',
    rand: 'ce83dbc54ac0274a157c17f80d017bd6',
    sqn: '0b604a81eca8',
    amf: '9e09',
    op: '223014c5806694c007ca1eeef57f004f',
    opc: 'a64a507ae1a2a98bb88eb4210135dc87',
    macA: '74a58220cba84c49',
    macS: 'ac2cc74a96871837',
    res: 'f365cd683cd92e96',
    ak: 'f0b9c08ad02e',
    ck: 'e203edb3971574f5a94b0d61b816345d',
    ik: '0c4524adeac041c4dd830d20854fc46b',
    akStar: '6085a86c6f63',
  },
  {
    k: '4ab1deb05ca6ceb051fc98e77d026a84',
    rand: '74b0cd6031a1c8339b2b6ce2b8c4a186',
    sqn: 'e880a1b580b6',
    amf: '9f07',
    op: '2d16c5cd1fdf6b22383584e3bef2a8d8',
    opc: 'dcf07cbd51855290b92a07a9891e523e',
    macA: '49e785dd12626ef2',
    macS: '9e85790336bb3fa2',
    res: '5860fc1bce351e7e',
    ak: '31e11a609118',
    ck: '7657766b373d1c2138f307e3de9242f9',
    ik: '1c42e960d89b8fa99f2744e0708ccb53',
    akStar: 'fe2555e54aa9',
  },
  {
    k: '6c38a116ac280c454f59332ee35c8c4f',
    rand: 'ee6466bc96202c5a557abbeff8babf63',
    sqn: '414b98222181',
    amf: '4464',
    op: '1ba00a1a7c6700ac8c3ff3e96ad08725',
    opc: '3803ef5363b947c6aaa225e58fae3934',
    macA: '078adfb488241a57',
    macS: '80246b8d0186bcf1',
    res: '16c8233f05a0ac28',
    ak: '45b0f69ab06c',
    ck: '3f8c7587fe8e4b233af676aede30ba3b',
    ik: 'a7466cc1e6b2a1337d49d3b66e95d7b4',
    akStar: '1f53cd2b1113',
  },
  {
    k: '2d609d4db0ac5bf0d2c0de267014de0d',
    rand: '194aa756013896b74b4a2a3b0af4539e',
    sqn: '6bf69438c2e4',
    amf: '5f67',
    op: '460a48385427aa39264aac8efc9e73e8',
    opc: 'c35a0ab0bcbfc9252caff15f24efbde0',
    macA: 'bd07d3003b9e5cc3',
    macS: 'bcb6c2fcad152250',
    res: '8c25a16cd918a1df',
    ak: '7e6455f34cf3',
    ck: '4cd0846020f8fa0731dd47cbdc6be411',
    ik: '88ab80a415f15c73711254a1d388f696',
    akStar: 'dc6dd01e8f15',
  },
] as const;

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

describe('Milenage', () => {
  it.each(TEST_SETS.map((set, index) => [index + 1, set] as const))(
    'gives every value of test set %i (TS 35.208)',
    (_number, set) => {
      const opc = opcOf(hex(set.k), hex(set.op));
      expect(opc.toString('hex')).toBe(set.opc);
      const output = milenage({ k: hex(set.k), opc }, hex(set.rand), hex(set.sqn), hex(set.amf));
      const { macA, macS, res, ck, ik, ak, akStar } = set;
      const shown = Object.fromEntries(
        Object.entries(output).map(([name, value]) => [name, value.toString('hex')]),
      );
      expect(shown).toEqual({ macA, macS, res, ck, ik, ak, akStar });
    },
  );

  it.each([
    ['K', { k: 15 }],
    ['OPc', { opc: 17 }],
    ['RAND', { rand: 0 }],
    ['SQN', { sqn: 5 }],
    ['AMF', { amf: 3 }],
  ])('refuses a %s of a wrong length', (name, lengths) => {
    const { k, opc, rand, sqn, amf } = { k: 16, opc: 16, rand: 16, sqn: 6, amf: 2, ...lengths };
    const run = () =>
      milenage(
        { k: Buffer.alloc(k), opc: Buffer.alloc(opc) },
        Buffer.alloc(rand),
        Buffer.alloc(sqn),
        Buffer.alloc(amf),
      );
    expect(run).toThrow(new RegExp(`^${name} has \\d+ bytes`));
  });
});
