import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Profile, profileSchema } from '../agent/profile.ts';
import { ProfileStore, type SecretBox } from './profiles.ts';

const noBox: SecretBox = {
  isEncryptionAvailable: () => false,
  encryptString: () => {
    throw new Error('no key store');
  },
  decryptString: () => {
    throw new Error('no key store');
  },
};

/** Turns the bytes round, for an encryption. */
const box: SecretBox = {
  isEncryptionAvailable: () => true,
  encryptString: (text) => Buffer.from(text).reverse(),
  decryptString: (bytes) => Buffer.from(bytes).reverse().toString(),
};

function profile(name: string, password?: string): Profile {
  return profileSchema.parse({
    name,
    aor: 'sip:bob@push.test',
    core: 'sip:127.0.0.1:5060;transport=tcp',
    ...(password === undefined ? {} : { auth: { username: 'bob', password } }),
  });
}

const KEY = '465b5ce8b199b49faa5f0a2ee238a6bc';
const OPC = 'cd63cb71954a9f4e48a5994e37a02baf';

function simProfile(name: string): Profile {
  return profileSchema.parse({
    ...profile(name),
    auth: { username: 'bob@ims.test', aka: { k: KEY, opc: OPC, sqn: '00000000002a' } },
  });
}

describe('kept profiles', () => {
  let folder: string;
  const path = () => join(folder, 'profiles.json');

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'push-terminal-profiles-'));
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  test('are none at first', async () => {
    expect(await new ProfileStore(folder, box).load()).toEqual({ profiles: [], problems: [] });
  });

  test.each([
    ['sealed', box],
    ['as they are', noBox],
  ])('come back with their secrets %s', async (_how, kept) => {
    const profiles = [profile('desk', 'secret'), profile('empty', ''), profile('phone'), simProfile('sim')];
    await new ProfileStore(folder, kept).save(profiles);
    expect(await new ProfileStore(folder, kept).load()).toEqual({ profiles, problems: [] });
    const text = await readFile(path(), 'utf8');
    for (const secret of ['secret', KEY, OPC]) expect(text.includes(secret)).toBe(kept === noBox);
    expect(text).toContain('00000000002a');
    expect((await stat(path())).mode & 0o077).toBe(0);
  });

  test('a damaged file is put aside and named', async () => {
    await writeFile(path(), '[{"profile": ');
    const { profiles, problems } = await new ProfileStore(folder, box).load();
    const [aside = ''] = await readdir(folder);
    expect(profiles).toEqual([]);
    expect(aside).toMatch(/^profiles\.json\.damaged-\d+$/);
    expect(problems).toEqual([expect.stringContaining(aside)]);
  });

  test('a file that cannot be read stops the start instead of being replaced', async () => {
    await mkdir(path());
    await expect(new ProfileStore(folder, box).load()).rejects.toThrow('The profiles cannot be read');
  });

  test('what cannot be opened here is named, and stays in the file until it is removed', async () => {
    const sealed = new ProfileStore(folder, box);
    await sealed.save([profile('desk', 'secret'), profile('phone')]);
    const store = new ProfileStore(folder, noBox);
    const { profiles, problems } = await store.load();
    expect(profiles.map(({ name }) => name)).toEqual(['phone']);
    expect(problems).toEqual([expect.stringContaining('desk')]);
    await store.save([...profiles, profile('new')]);
    const again = await new ProfileStore(folder, box).load();
    expect(again.profiles.map(({ name }) => name)).toEqual(['phone', 'new', 'desk']);
    store.forget('desk');
    await store.save(profiles);
    expect((await new ProfileStore(folder, box).load()).profiles.map(({ name }) => name)).toEqual(['phone']);
  });

  test('a SIM key that cannot be unsealed is named, and kept', async () => {
    await new ProfileStore(folder, box).save([simProfile('sim')]);
    const store = new ProfileStore(folder, noBox);
    const { profiles, problems } = await store.load();
    expect(profiles).toEqual([]);
    expect(problems).toEqual(['The SIM key of sim cannot be unsealed on this system; add it again.']);
    await store.save([]);
    expect((await new ProfileStore(folder, box).load()).profiles).toEqual([simProfile('sim')]);
  });

  test('a seal that holds something else is named, and kept', async () => {
    await new ProfileStore(folder, box).save([simProfile('sim')]);
    const torn: SecretBox = { ...box, decryptString: () => '"garbage"' };
    const { profiles, problems } = await new ProfileStore(folder, torn).load();
    expect(profiles).toEqual([]);
    expect(problems).toEqual([expect.stringContaining('sim')]);
  });

  test.each([
    ['sealed', { kind: 'sealed', base64: Buffer.from('terces').toString('base64') }],
    ['plain', { kind: 'plain', text: 'secret' }],
  ])('what version 0.1 wrote is read, with a %s password and one core', async (_how, password) => {
    const written = {
      name: 'desk',
      aor: 'sip:bob@push.test',
      core: 'sip:127.0.0.1:5060;transport=tcp',
      auth: { username: 'bob', realm: null },
      tls: { ca: null, cert: null, key: null, verify: true },
    };
    const { auth: _auth, ...open } = { ...written, name: 'phone' };
    await writeFile(
      path(),
      JSON.stringify([
        { profile: written, password },
        { profile: open, password: null },
      ]),
    );
    expect(await new ProfileStore(folder, box).load()).toEqual({
      profiles: [profile('desk', 'secret'), profile('phone')],
      problems: [],
    });
  });

  test('a profile that no longer passes is left out and named', async () => {
    await writeFile(
      path(),
      JSON.stringify([{ profile: { ...profile('old'), colour: 'red' }, password: null }]),
    );
    const { profiles, problems } = await new ProfileStore(folder, box).load();
    expect(profiles).toEqual([]);
    expect(problems).toEqual([expect.stringMatching(/old.*colour/s)]);
  });

  test('saves at the same time follow each other', async () => {
    const store = new ProfileStore(folder, box);
    await Promise.all(['a', 'b', 'c'].map((name) => store.save([profile(name)])));
    expect((await store.load()).profiles.map(({ name }) => name)).toEqual(['c']);
  });
});
