import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openAppSettings } from './app-settings.ts';

const NOTHING = { commands: false, webhooks: false };

describe('settings of the app', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'settings-'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  it('allow nothing and keep everything at first, and are kept', async () => {
    const { permissions, searches, retention } = await openAppSettings(folder);
    expect([permissions.current, searches.current, retention.current]).toEqual([
      NOTHING,
      [],
      { pushes: null, days: null, bytes: null },
    ]);
    const limits = { pushes: 1000, days: 7, bytes: 1_500_000_000 };
    await Promise.all([
      permissions.change({ commands: true, webhooks: true }),
      permissions.change({ commands: true, webhooks: false }),
      searches.change([{ name: 'Mine', search: 'from:psa' }]),
      retention.change(limits),
    ]);
    expect(permissions.current).toEqual({ commands: true, webhooks: false });
    const again = await openAppSettings(folder);
    expect(again.permissions.current).toEqual({ commands: true, webhooks: false });
    expect(again.searches.current).toEqual([{ name: 'Mine', search: 'from:psa' }]);
    expect(again.retention.current).toEqual(limits);
    expect((await readdir(folder)).sort()).toEqual(['permissions.json', 'retention.json', 'searches.json']);
  });

  it.each(['', '{', '{"commands":"yes","webhooks":true,"pushes":0}', '[]', '[{"name":""}]'])(
    '%j allows nothing, and removes nothing',
    async (text) => {
      for (const name of ['permissions', 'searches', 'retention'])
        await writeFile(join(folder, `${name}.json`), text);
      const { permissions, searches, retention } = await openAppSettings(folder);
      expect(permissions.current).toEqual(NOTHING);
      expect(searches.current).toEqual([]);
      expect(retention.current.pushes).toBeNull();
    },
  );
});
