// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${NAME} is the syntax under test.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEFAULT_DEVICE, domainOf, escapeVariables, expandEnvironment, readProfile } from './profile.ts';

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

  const key = '0'.repeat(32);
  const PORT_OR_RANGE = 'msrp.port: must be a port from 0 to 65535, or a range such as 30000-30100';
  it.each<[value: object, problem: string]>([
    [{ trsut: {} }, 'profile: unknown setting `trsut`; did you mean `trust`?'],
    [{ keepalive: 9 }, 'profile: unknown setting `keepalive`; did you mean `keepAlive`?'],
    [{ colour: 'red' }, 'profile: unknown setting `colour`'],
    [{ files: { folders: 'x' } }, 'files: unknown setting `folders`; did you mean `folder`?'],
    [{ tls: { veriyf: true } }, 'tls: unknown setting `veriyf`; did you mean `verify`?'],
    [{ name: 7 }, 'name: must be text, in quotes'],
    [{ name: '' }, 'name: must not be empty'],
    [{ name: 'x'.repeat(65) }, 'name: must have at most 64 characters'],
    [{ outbound: 'yes' }, 'outbound: must be true or false'],
    [{ trust: 'all' }, 'trust: must be a group of settings, in braces'],
    [{ trust: { senders: '*' } }, 'trust.senders: must be a list, in square brackets'],
    [{ applications: [] }, 'applications: must not be empty: name at least one'],
    [{ files: { decide: 'maybe' } }, 'files.decide: must be one of ask, accept, decline'],
    [{ files: { answerWithin: 171 } }, 'files.answerWithin: must be from 1 to 170'],
    [{ files: { maxBytes: 0 } }, 'files.maxBytes: must be at least 1'],
    [{ msrp: { port: 1.5 } }, PORT_OR_RANGE],
    [{ msrp: { port: Number.NaN } }, PORT_OR_RANGE],
    [{ msrp: { port: 65_536 } }, PORT_OR_RANGE],
    [{ msrp: { port: '30100-30000' } }, PORT_OR_RANGE],
    [{ msrp: { advertise: 'two words' } }, 'msrp.advertise: must be a host name or an IP address'],
    [{ msrp: { advertise: '[::1]' } }, 'msrp.advertise: must be a host name or an IP address'],
    [
      { msrp: { relay: 'relay.test' } },
      'msrp.relay: must be an MSRP URI such as msrps://relay.example.com:2855;tcp',
    ],
    [
      { handlers: [{ application: 'a', action: { kind: 'webhook', url: 'http://192.168.1.1:8080/' } }] },
      'handlers.0.action.url: must be on this machine: 127.0.0.1, [::1] or localhost',
    ],
    [{ core: [] }, 'core: must not be empty: name at least one'],
    [{ core: Array(9).fill(MINIMAL.core) }, 'core: must have at most 8 entries'],
    [{ core: [MINIMAL.core, 'here'] }, 'core.1: must be a SIP URI such as sip:127.0.0.1:5060;transport=tcp'],
    [{ core: 'here' }, 'core: must be a SIP URI such as sip:127.0.0.1:5060;transport=tcp'],
    [{ core: undefined }, 'core: is missing'],
    [{ auth: { username: 'bob' } }, 'auth: needs either a password or aka'],
    [{ auth: { username: 'bob', aka: { k: key } } }, 'auth.aka: needs either op or opc'],
    [{ auth: { username: 'bob', aka: { k: '1', op: key } } }, 'auth.aka.k: must be 32 hexadecimal digits'],
  ])('says in words a person can act on what is wrong with %j', (change, problem) => {
    expect(readProfile({ ...MINIMAL, ...change })).toEqual({ kind: 'bad', problems: [problem] });
  });

  it.each([
    ['http://127.0.0.1:8080/push', true],
    ['HTTPS://[::1]/', true],
    ['http://localhost:1/', true],
    ['http://hook.localhost./', true],
    ['http://127.1/', true],
    ['http://127.0.0.1.example.com/', false],
    ['http://localhost.example.com/', false],
    ['http://user@example.com#@127.0.0.1/', false],
    ['http://[::ffff:10.0.0.1]/', false],
    ['http://0.0.0.0/', false],
    ['http://', false],
  ])('takes a webhook at %s: %s', (url, taken) => {
    const handlers = [{ application: 'a', action: { kind: 'webhook', url } }];
    expect(readProfile({ ...MINIMAL, handlers }).kind).toBe(taken ? 'ok' : 'bad');
  });

  it('has no words of the schema library', () => {
    const read = readProfile({
      name: [],
      aor: 1,
      core: {},
      expires: '1',
      ims: { icsi: [1], iari: 'x' },
      auth: 0,
    });
    expect(read.kind === 'bad' && read.problems.join('\n')).not.toMatch(/invalid|expected|received|input/i);
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

describe('escapeVariables', () => {
  it.each(['plain', '${ONE}', '$${ONE}', 'a$$${ONE}b${TWO}', '$', '${', '$5 ${not a name}'])(
    '%s comes back as it was',
    (text) => {
      expect(expandEnvironment(escapeVariables(text), { ONE: '1' })).toBe(text);
    },
  );
});

describe('domainOf', () => {
  it.each([
    ['sip:bob@Push.Test', 'push.test'],
    ['sips:bob@push.test:5061;x=1', 'push.test'],
  ])('%s is in %s', (aor, domain) => {
    expect(domainOf(aor)).toBe(domain);
  });
});

describe('what a terminal says of itself and subscribes to', () => {
  const profile = (settings: object) =>
    readProfile({ name: 'bob', aor: 'sip:bob@push.test', core: 'sip:127.0.0.1', ...settings });

  it('has the version of the program', () => {
    const manifest: unknown = JSON.parse(
      readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'),
    );
    expect(manifest).toMatchObject({ version: DEFAULT_DEVICE.version });
  });

  it('is ua-profile with its own AOR where nothing else is said', () => {
    const read = profile({ subscriptions: [{}] });
    expect(read.kind === 'ok' && read.profile.subscriptions).toEqual([
      { event: 'ua-profile', target: null, application: null, expires: null, accept: null },
    ]);
  });

  it.each([
    [
      { subscriptions: [{ event: 'no package' }] },
      'subscriptions.0.event: must be an event package such as ua-profile',
    ],
    [
      { subscriptions: [{ target: 'bob' }] },
      'subscriptions.0.target: must be a SIP address such as sip:psa@push.test',
    ],
    [
      { subscriptions: [{ accept: ['text'] }] },
      'subscriptions.0.accept.0: must be a media type such as text/plain',
    ],
    [{ subscriptions: [{ evnt: 'reg' }] }, 'subscriptions.0: '],
    [{ device: { uaProf: 'ftp://x' } }, 'device.uaProf: must begin with http:// or https://'],
    [{ device: { model: 'Ä' } }, 'device.model: must be printable ASCII'],
  ])('%o is refused in words', (settings, problem) => {
    const read = profile(settings);
    expect(read.kind === 'bad' && read.problems[0]).toContain(problem);
  });
});
