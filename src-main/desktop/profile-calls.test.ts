import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { profileSchema } from '../agent/profile.ts';
import { type PathDialogs, profileCalls } from './profile-calls.ts';

const PROFILE = profileSchema.parse({
  name: 'bob-desk',
  aor: 'sip:bob@push.test',
  core: 'sip:127.0.0.1:5060;transport=tcp',
  auth: { username: 'bob', password: 'geheim' },
});

describe('profiles through the dialogs of the system', () => {
  let folder: string;
  const choosePath = vi.fn<PathDialogs['choosePath']>();
  const chooseSavePath = vi.fn<PathDialogs['chooseSavePath']>();
  const calls = profileCalls({
    dialogs: { choosePath, chooseSavePath },
    profileOf: () => PROFILE,
    environment: { BOB_DESK_PASSWORD: 'geheim' },
  });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'push-terminal-profile-calls-'));
    choosePath.mockReset().mockResolvedValue(null);
    chooseSavePath.mockReset().mockResolvedValue(null);
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  test('are exported without secrets where the user says, and come back', async () => {
    const path = join(folder, 'bob.json');
    chooseSavePath.mockResolvedValue(path);
    choosePath.mockResolvedValue(path);
    expect(await calls['profile.export']({ terminal: 'bob-desk', secrets: false })).toBe(path);
    expect(chooseSavePath).toHaveBeenCalledWith('Export bob-desk', 'bob-desk.json');
    expect(await readFile(path, 'utf8')).not.toContain('geheim');
    expect(await calls['profile.import'](undefined)).toEqual({ kind: 'ok', profile: PROFILE, missing: [] });
  });

  test('are exported with secrets only if so said', async () => {
    const path = join(folder, 'bob.json');
    chooseSavePath.mockResolvedValue(path);
    await calls['profile.export']({ terminal: 'bob-desk', secrets: true });
    expect(await readFile(path, 'utf8')).toContain('geheim');
  });

  test('a user who thinks better of it changes nothing', async () => {
    expect(await calls['profile.export']({ terminal: 'bob-desk', secrets: false })).toBeNull();
    expect(await calls['profile.import'](undefined)).toEqual({ kind: 'cancelled' });
    expect(await calls['profile.pickPath']({ what: 'folder', title: 'Folder for files' })).toBeNull();
    expect(choosePath).toHaveBeenLastCalledWith('folder', 'Folder for files');
  });

  test('what is no profile is said', async () => {
    const path = join(folder, 'other.json');
    await writeFile(path, 'hello');
    choosePath.mockResolvedValue(path);
    expect(await calls['profile.import'](undefined)).toMatchObject({
      kind: 'bad',
      problems: [expect.stringContaining('line 1, column 1')],
    });
  });
});
