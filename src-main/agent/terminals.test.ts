import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readProfile } from './profile.ts';
import { folderName, Terminals } from './terminals.ts';

describe('the folder of a terminal', () => {
  it('is its name where that is plain', () => {
    for (const name of ['bob-desk', 'bob_2', 'constructor']) expect(folderName(name)).toBe(name);
  });

  it('is of no other terminal, on file systems that do not tell capitals either', () => {
    const names = [
      'bob',
      'Bob',
      'BOB',
      'a:b',
      'a?b',
      'a_b',
      'con',
      '_con',
      '.bob',
      'bob.',
      ' bob',
      'Bob · desk',
      'bob · desk',
      'bob-desk',
      'stra\u00dfe',
      'strasse',
      '\u00e9',
      'e\u0301',
      '..',
      'file',
      '\u202ebob',
    ];
    const folders = names.map((name) => folderName(name).normalize('NFKC').toLowerCase());
    expect(new Set(folders).size).toBe(names.length);
    for (const folder of folders) expect(folder).toMatch(/^[^./\\][^/\\]*$/);
  });
});

describe('Terminals', () => {
  it.each(['bob', 'constructor', 'toString'])(
    'keeps the instance id of a terminal called %s',
    async (name) => {
      const dataFolder = await mkdtemp(join(tmpdir(), 'terminals-'));
      const read = readProfile({ name, aor: 'sip:bob@push.test', core: 'sip:127.0.0.1:9' });
      if (read.kind === 'bad') throw new Error(read.problems.join('\n'));
      const ids: string[] = [];
      for (let start = 0; start < 2; start += 1) {
        const terminals = await Terminals.open({ dataFolder, emit: () => {} });
        ids.push((await terminals.add(read.profile)).instanceId);
        await terminals.close();
      }
      expect(ids[0]).toMatch(/^urn:uuid:[0-9a-f-]{36}$/);
      expect(ids[1]).toBe(ids[0]);
      await rm(dataFolder, { recursive: true });
    },
  );
});
