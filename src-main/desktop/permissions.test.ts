import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PermissionStore } from './permissions.ts';

const NOTHING = { commands: false, webhooks: false };

describe('permissions', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'permissions-'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  it('allow nothing at first, and are kept', async () => {
    const store = await PermissionStore.open(folder);
    expect(store.current).toEqual(NOTHING);
    await Promise.all([
      store.change({ commands: true, webhooks: true }),
      store.change({ commands: true, webhooks: false }),
    ]);
    expect(store.current).toEqual({ commands: true, webhooks: false });
    expect((await PermissionStore.open(folder)).current).toEqual({ commands: true, webhooks: false });
  });

  it.each(['', '{', '{"commands":"yes","webhooks":true}', '[]'])('%j allows nothing', async (text) => {
    await writeFile(join(folder, 'permissions.json'), text);
    expect((await PermissionStore.open(folder)).current).toEqual(NOTHING);
  });
});
