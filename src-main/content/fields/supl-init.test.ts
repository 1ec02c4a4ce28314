import { describe, expect, it } from 'vitest';
import { suplInitFields } from './supl-init.ts';
import { typeOf } from './test-samples.ts';
import { SUPL_1, SUPL_2, SUPL_NAI, SUPL_NOTIFY } from './test-supl.ts';

const type = typeOf('application/vnd.omaloc-supl-init');

function pairs(bytes: Buffer): readonly (readonly [string, string])[] {
  return (suplInitFields(bytes, type)?.fields ?? []).map(({ name, value }) => [name, value]);
}

describe('suplInitFields', () => {
  it('reads a SUPL INIT of version 1 with all that it may have (OMA-TS-ULP §11.2)', () => {
    expect(suplInitFields(SUPL_1, type)).toMatchObject({ title: 'SUPL INIT', warnings: [] });
    expect(pairs(SUPL_1)).toEqual([
      ['version', '1.0.0'],
      ['SLP session id', '01020304'],
      ['SLP id', 'h-slp.mnc410.mcc310.pub.3gppnetwork.org'],
      ['message', 'SUPL INIT'],
      ['positioning method', 'A-GPS SET based'],
      ['notification', 'notification and verification, allowed when there is no answer'],
      ['encoding', 'UTF-8'],
      ['requestor', 'Alice'],
      ['requestor is', 'logical name'],
      ['client', 'Café'],
      ['client is', 'SIP URL'],
      ['SLP address', '192.0.2.7'],
      ['horizontal accuracy', '45.6 m'],
      ['vertical accuracy', '110 m'],
      ['oldest position', '30 s'],
      ['response within', '16 s'],
      ['SLP mode', 'proxy'],
      ['MAC', '0001020304050607'],
      ['key identity', '000102030405060708090a0b0c0d0e0f'],
    ]);
  });

  it('reads one of version 2 with its extensions as hex', () => {
    expect(suplInitFields(SUPL_2, type)).toMatchObject({ warnings: [] });
    expect(pairs(SUPL_2)).toEqual([
      ['version', '2.0.4'],
      ['SET session id', '4711'],
      ['SET id', 'IMSI 262010345678901'],
      ['SLP session id', 'a0b0c0d0'],
      ['SLP id', '2001:db8:0:0:0:0:0:1'],
      ['message', 'SUPL INIT'],
      ['positioning method', 'A-GNSS SET assisted'],
      ['notification', 'privacy override'],
      ['encoding', 'UCS-2'],
      ['requestor', 'Ωm'],
      ['notification extension', 'aabb'],
      ['SLP mode', 'non-proxy'],
      ['SUPL 2 extension', 'c0ffee'],
    ]);
  });

  it('reads the other identities and encodings', () => {
    expect(pairs(SUPL_NAI)).toEqual(
      expect.arrayContaining([
        ['SET id', 'NAI bob@example.com'],
        ['positioning method', 'no position'],
        ['requestor', 'hello'],
      ]),
    );
    expect(suplInitFields(SUPL_NOTIFY, type)?.title).toBe('SUPL NOTIFY');
    expect(pairs(SUPL_NOTIFY)).toEqual(
      expect.arrayContaining([
        ['SET id', 'MSISDN 49170123456'],
        ['content', '1234'],
      ]),
    );
  });

  it('shows what came before the end, wherever it is', () => {
    const whole = pairs(SUPL_1);
    for (let length = 6; length < SUPL_1.length; length += 1) {
      const content = suplInitFields(SUPL_1.subarray(0, length), type);
      const names =
        content?.fields.filter(({ name }) => name !== 'not decoded').map(({ name }) => name) ?? [];
      expect(names).toEqual(whole.slice(0, names.length).map(([name]) => name));
      expect(content?.warnings.join(' ')).toMatch(/says it has/);
    }
  });

  it.each([
    ['another type', SUPL_1, 'text/plain'],
    ['too few bytes', SUPL_1.subarray(0, 5), type.type],
  ])('is null for %s', (_name, bytes, name) => {
    expect(suplInitFields(bytes, typeOf(name))).toBeNull();
  });
});
