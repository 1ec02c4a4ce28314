import { describe, expect, it } from 'vitest';
import { checkValues, problemsByField, stillMissing } from './problems.ts';
import { NEW_VALUES, type Values } from './values.ts';

function problems(change: Partial<Values>): Record<string, string> {
  const checked = checkValues({ ...NEW_VALUES, name: 'bob', aor: 'sip:bob@push.test', ...change });
  return checked.kind === 'ok' ? {} : Object.fromEntries(checked.problems);
}

describe('problems stand beside their field', () => {
  it.each<[change: Partial<Values>, found: Record<string, string>]>([
    [{}, {}],
    [{ name: '' }, { name: 'must not be empty' }],
    [{ aor: 'bob' }, { aor: 'must be a SIP address such as sip:bob@push.test' }],
    [{ applications: '' }, { applications: 'must not be empty: name at least one' }],
    [{ core: ['x'] }, { 'core.0': expect.stringContaining('must be a SIP URI') }],
    [{ core: ['sip:a', ''] }, { 'core.1': expect.stringContaining('must be a SIP URI') }],
    [{ 'files.answerWithin': '500' }, { 'files.answerWithin': 'must be from 1 to 170' }],
    [{ 'files.maxBytes': 'much' }, { 'files.maxBytes': 'must be a whole number' }],
    [
      { 'msrp.port': '1.5' },
      { 'msrp.port': expect.stringMatching(/must be a port from 0 to 65535, or a range/) },
    ],
    [{ 'auth.password': 'x' }, { 'auth.username': 'must not be empty' }],
    [
      { 'ims.icsi': 'urn:a:b no' },
      { 'ims.icsi': 'entry 2 must be a URN such as urn:urn-7:3gpp-service.ims.icsi.mmtel' },
    ],
    [
      { signIn: 'aka', 'auth.username': 'bob', 'auth.aka.k': 'xyz', operatorKey: 'op', 'auth.aka.amf': '1' },
      {
        'auth.aka.k': 'must be 32 hexadecimal digits',
        'auth.aka.op': 'must be 32 hexadecimal digits',
        'auth.aka.amf': 'must be 4 hexadecimal digits',
      },
    ],
  ])('%j', (change, found) => {
    expect(problems(change)).toEqual(found);
  });

  it('a problem of a group stands at its first field, one of nothing known at the name', () => {
    expect([...problemsByField(['auth: needs either', 'nothing: is wrong', 'core: is missing'])]).toEqual([
      ['auth.username', 'needs either'],
      ['name', 'is wrong'],
      ['core.0', 'is missing'],
    ]);
  });
});

describe('a secret that a file left out', () => {
  const missing = ['auth.password: type it in', 'auth.aka.op: type it in'];

  it('is missed until it is typed in', () => {
    expect([...stillMissing(missing, NEW_VALUES).keys()]).toEqual(['auth.password']);
    expect(stillMissing(missing, { ...NEW_VALUES, 'auth.password': 'x' }).size).toBe(0);
  });

  it('is not missed where it is not in use', () => {
    expect(stillMissing(missing, { ...NEW_VALUES, signIn: 'none' }).size).toBe(0);
    expect(stillMissing(missing, { ...NEW_VALUES, signIn: 'aka' }).size).toBe(0);
    expect(stillMissing(missing, { ...NEW_VALUES, signIn: 'aka', operatorKey: 'op' }).size).toBe(1);
  });
});
