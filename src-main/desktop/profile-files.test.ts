// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${NAME} is the syntax under test.
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Profile, type ProfileInput, profileSchema } from '../agent/profile.ts';
import { jsonProblem } from './json-position.ts';
import { exportProfile, importProfile, readProfileFile, writeProfileFile } from './profile-files.ts';

const CORE = 'sip:127.0.0.1:5060;transport=tcp';
const K = '465b5ce8b199b49faa5f0a2ee238a6bc';
const OPC = 'cd63cb71954a9f4e48a5994e37a02baf';

function profile(change: Partial<ProfileInput> = {}): Profile {
  return profileSchema.parse({ name: 'bob-desk', aor: 'sip:bob@push.test', core: CORE, ...change });
}

const digest = profile({ auth: { username: 'bob', password: 'geheim' } });
const sim = profile({ auth: { username: 'bob@ims.test', aka: { k: K, opc: OPC, sqn: '00000000002a' } } });

describe('an exported profile', () => {
  test('has its own settings only, in the order of the schema, and one core as one text', () => {
    expect(exportProfile(profile({ files: { decide: 'accept' } }), { secrets: false })).toBe(
      [
        '{',
        '  "name": "bob-desk",',
        '  "aor": "sip:bob@push.test",',
        `  "core": "${CORE}",`,
        '  "files": {',
        '    "decide": "accept"',
        '  }',
        '}',
        '',
      ].join('\n'),
    );
  });

  test('leaves out a group that the form gave back as it was', () => {
    const { trust, files, ...rest } = profile({});
    const same = { ...rest, trust: { ...trust, senders: undefined }, files: { ...files, folder: undefined } };
    expect(JSON.parse(exportProfile(same as unknown as Profile, { secrets: false }))).toEqual({
      name: 'bob-desk',
      aor: 'sip:bob@push.test',
      core: CORE,
    });
  });

  test('has several cores as a list', () => {
    const cores = [CORE, 'ws://127.0.0.1:8080/sip'];
    expect(JSON.parse(exportProfile(profile({ core: cores }), { secrets: false }))).toMatchObject({
      core: cores,
    });
  });

  test('has variables for its secrets, unless they are asked for', () => {
    expect(JSON.parse(exportProfile(digest, { secrets: false })).auth).toEqual({
      username: 'bob',
      password: '${BOB_DESK_PASSWORD}',
    });
    expect(JSON.parse(exportProfile(sim, { secrets: false })).auth.aka).toEqual({
      k: '${BOB_DESK_K}',
      opc: '${BOB_DESK_OPC}',
      amf: '8000',
      sqn: '00000000002a',
    });
    expect(exportProfile(digest, { secrets: true })).toContain('"geheim"');
    expect(exportProfile(sim, { secrets: true })).toContain(K);
  });

  test.each([
    ['1st desk', '${PROFILE_1ST_DESK_PASSWORD}'],
    ['Боб', '${PROFILE_PASSWORD}'],
    ['Bob · desk', '${BOB_DESK_PASSWORD}'],
  ])('called %s has a variable that the command line knows', (name, variable) => {
    expect(JSON.parse(exportProfile({ ...digest, name }, { secrets: false })).auth.password).toBe(variable);
  });

  const everything = profile({
    displayName: 'Bob ${HOME}',
    auth: { username: 'x', password: 'a$${B}${C}', realm: 'ims.test' },
    core: [CORE, 'wss://core.test:443/sip'],
    instanceId: 'urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
    expires: 60,
    applications: ['x.ua'],
    trust: { requireAssertedIdentity: false, senders: [] },
    content: { accept: ['text/plain'], indirection: 'deny', allowPrivateAddresses: true },
    files: { folder: '/tmp', decide: 'decline', answerWithin: 1, maxBytes: 1, accept: ['image/*'] },
    msrp: { host: '0.0.0.0', port: 2855, tls: true, relay: 'msrps://relay.test;tcp' },
    tls: { ca: 'ca.pem', cert: 'cert.pem', key: 'key.pem', verify: false, serverName: 'core.test' },
    ims: {
      icsi: ['urn:urn-7:a'],
      iari: ['urn:urn-7:b'],
      preferredIdentity: 'sip:b@c',
      accessNetworkInfo: 'IEEE-802.11',
    },
    keepAlive: 30,
    outbound: false,
    regEvent: false,
  });

  test.each([
    ['plain', profile()],
    ['password', digest],
    ['SIM', sim],
    ['everything', everything],
    ['named like an example', profile({ name: 'x', aor: 'sip:a@b', core: 'sip:a' })],
  ])('comes back whole with its secrets: %s', (_name, whole) => {
    expect(importProfile(exportProfile(whole, { secrets: true }), {})).toEqual({
      kind: 'ok',
      profile: whole,
      missing: [],
    });
  });

  test('comes back whole without its secrets where the variables are set', () => {
    const text = exportProfile(sim, { secrets: false });
    const read = importProfile(text, { BOB_DESK_K: K, BOB_DESK_OPC: OPC });
    expect(read).toEqual({ kind: 'ok', profile: sim, missing: [] });
  });
});

describe('an imported profile', () => {
  test('has empty secrets where variables are not set, and says so', () => {
    const read = importProfile(exportProfile(sim, { secrets: false }), { BOB_DESK_OPC: OPC });
    if (read.kind !== 'ok') throw new Error(read.problems.join());
    expect(read.profile.auth?.aka).toMatchObject({ k: '', opc: OPC, op: null });
    expect(read.missing).toEqual([
      'auth.aka.k: not in the file, which takes it from ${BOB_DESK_K}; type it in',
    ]);
    const other = importProfile(exportProfile(digest, { secrets: false }), {});
    expect(other).toMatchObject({ kind: 'ok', profile: { auth: { username: 'bob', password: '' } } });
  });

  test.each<[what: string, text: string, problem: string]>([
    [
      'a variable elsewhere that is not set',
      `{"name":"x","aor":"\${WHO}","core":"${CORE}"}`,
      'aor: takes its value from ${WHO}, which is not set here',
    ],
    [
      'a mistyped key',
      `{"name":"x","aor":"sip:a@b","core":"${CORE}","trsut":{}}`,
      'profile: unknown setting `trsut`; did you mean `trust`?',
    ],
    ['a list', '[]', 'profile: must be a group of settings, in braces'],
    [
      'no JSON',
      '{\n  "name": bob\n}',
      'The file is not JSON: line 2, column 11: expected a value, found “b”',
    ],
  ])('is refused in words: %s', (_what, text, problem) => {
    expect(importProfile(text, {})).toEqual({ kind: 'bad', problems: [problem] });
  });

  test('may begin with a byte order mark', () => {
    expect(importProfile(`\uFEFF${exportProfile(digest, { secrets: true })}`, {})).toMatchObject({
      kind: 'ok',
    });
  });
});

describe('where a text stops being JSON', () => {
  test.each([
    ['', 'line 1, column 1: expected a value, found the end of the file'],
    ['{"a": 1,}', 'line 1, column 9: expected a name in double quotes, found “}”'],
    ['{"a": 1\r\n "b": 2}', 'line 2, column 2: expected a comma or }, found “"”'],
    ['[1 2]', 'line 1, column 4: expected a comma or ], found “2”'],
    ['{"a" 1}', 'line 1, column 6: expected a colon, found “1”'],
    ['"a\nb"', 'line 1, column 1: this text does not end, or holds what JSON does not allow'],
    ['1 x', 'line 1, column 3: expected the end of the file, found “x”'],
    ['01', 'line 1, column 2: expected the end of the file, found “1”'],
    ['['.repeat(100_000), 'line 1, column 66: nested more than 64 deep'],
  ])('%#: %j', (text, problem) => {
    expect(jsonProblem(text)).toBe(problem);
  });

  test('agrees with the engine on what is JSON', () => {
    const pieces = [
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '1',
      '-0.5e+3',
      'true',
      'null',
      ' ',
      '\n',
      '"\\u00e4\\n"',
      '-',
    ];
    let seed = 7;
    const next = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((seed / 2_147_483_648) * below);
    };
    let good = 0;
    for (let round = 0; round < 20_000; round += 1) {
      const text = Array.from({ length: 1 + next(7) }, () => pieces[next(pieces.length)]).join('');
      expect([text, jsonProblem(text) === null]).toEqual([text, isJson(text)]);
      if (isJson(text)) good += 1;
    }
    expect(good).toBeGreaterThan(100);
  });
});

describe('a profile file', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'push-terminal-profile-files-'));
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  test('is written whole, for its owner only, and replaces what was there', async () => {
    const path = join(folder, 'bob.json');
    await writeFile(path, 'old', { mode: 0o644 });
    await writeProfileFile(path, exportProfile(digest, { secrets: true }));
    expect(await readProfileFile(path, {})).toEqual({ kind: 'ok', profile: digest, missing: [] });
    expect((await stat(path)).mode & 0o077).toBe(0);
    expect(await readdir(folder)).toEqual(['bob.json']);
  });

  test('that cannot be written is said, and nothing is left behind', async () => {
    await mkdir(join(folder, 'taken', 'inside'), { recursive: true });
    await expect(writeProfileFile(join(folder, 'taken'), 'x')).rejects.toThrow(
      'The profile could not be written',
    );
    expect(await readdir(folder)).toEqual(['taken']);
  });

  test('is not read when it is not there, or far too large', async () => {
    const large = join(folder, 'large.json');
    await writeFile(large, ' '.repeat(300 * 1024));
    expect(await readProfileFile(large, {})).toEqual({
      kind: 'bad',
      problems: ['large.json is larger than 256 KiB, so it is no profile.'],
    });
    const read = await readProfileFile(join(folder, 'none.json'), {});
    expect(read.kind === 'bad' && read.problems).toEqual([
      expect.stringContaining('none.json cannot be read'),
    ]);
    expect((await readFile(large)).length).toBe(300 * 1024);
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
