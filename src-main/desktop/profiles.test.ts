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
  ])('come back with their passwords %s', async (_how, kept) => {
    const profiles = [profile('desk', 'secret'), profile('phone')];
    await new ProfileStore(folder, kept).save(profiles);
    expect(await new ProfileStore(folder, kept).load()).toEqual({ profiles, problems: [] });
    expect((await readFile(path(), 'utf8')).includes('secret')).toBe(kept === noBox);
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
