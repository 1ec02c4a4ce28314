// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${NAME} is the syntax under test.
import { describe, expect, it } from 'vitest';
import { domainOf, expandEnvironment, readProfile } from './profile.ts';

const MINIMAL = { name: 'bob-desk', aor: 'sip:bob@push.test', core: 'sip:127.0.0.1:5060;transport=tcp' };

describe('readProfile', () => {
  it('needs only name, aor and core, and fills in the rest', () => {
    const read = readProfile(MINIMAL);
    if (read.kind !== 'ok') throw new Error(read.problems.join());
    expect(read.profile).toMatchObject({
      expires: 3600,
      applications: ['mms.ua', 'wml.ua'],
      trust: { requireAssertedIdentity: true },
      files: { decide: 'ask', answerWithin: 60, maxBytes: 10_737_418_240 },
      msrp: { host: '127.0.0.1', port: 0 },
    });
  });

  it.each([
    ['an unknown key', { ...MINIMAL, aplications: [] }, /aplications/],
    ['an unknown key inside', { ...MINIMAL, files: { folders: 'x' } }, /files.*folders/],
    ['a missing core', { name: 'x', aor: 'sip:a@b' }, /^core: is missing$/],
    ['an AOR that is no SIP address', { ...MINIMAL, aor: 'bob' }, /^aor: must be a SIP address/],
    ['a name with a slash', { ...MINIMAL, name: '../x' }, /^name/],
    ['no application', { ...MINIMAL, applications: [] }, /^applications/],
    ['an application with a comma', { ...MINIMAL, applications: ['a,b'] }, /^applications\.0/],
    ['a port out of range', { ...MINIMAL, msrp: { port: 70000 } }, /^msrp\.port/],
    ['an instance id that is no UUID', { ...MINIMAL, instanceId: 'urn:uuid:1' }, /^instanceId/],
    ['no object', 7, /^profile/],
  ])('refuses %s and says where', (_name, value, problem) => {
    const read = readProfile(value);
    expect(read.kind === 'bad' && read.problems.join('\n')).toMatch(problem);
  });
});

describe('expandEnvironment', () => {
  it('replaces ${NAME} in every string, at any depth', () => {
    const value = { a: ['x${ONE}y'], b: { c: '${ONE}${TWO}' }, n: 1 };
    expect(expandEnvironment(value, { ONE: '1', TWO: '2' })).toEqual({ a: ['x1y'], b: { c: '12' }, n: 1 });
  });

  it('names the variable that is not set', () => {
    expect(() => expandEnvironment('${NOPE}', {})).toThrow(/NOPE/);
  });
});

describe('domainOf', () => {
  it.each([
    ['sip:bob@Push.Test', 'push.test'],
    ['sips:bob@push.test:5061;x=1', 'push.test'],
  ])('%s is in %s', (aor, domain) => {
    expect(domainOf(aor)).toBe(domain);
  });
});
