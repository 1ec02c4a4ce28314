import { expect, test } from 'vitest';
import { commandOf } from './command.ts';
import { callOf, FIRST_DRAFT, lackOf } from './draft.ts';

const SANDBOX = { core: '127.0.0.1:5060', sender: 'sip:psa@push.test', relay: 'msrp://127.0.0.1:2855;tcp' };
const GRUU = 'sip:bob@push.test;gr=urn:uuid:1';
const FILE = { token: 'a-token', name: "My cool picture's.jpg", type: 'image/jpeg', bytes: 1 };

test('a message, with what is to be wrong with it', () => {
  const draft = { ...FIRST_DRAFT, text: "it's here", fault: 'wrong-hash' as const, require: true };
  expect(commandOf(draft, { targets: [GRUU], first: false }, SANDBOX, 'read')).toBe(
    [
      "push-terminal push message --core 'sip:127.0.0.1:5060;transport=tcp'",
      '--as sip:psa@push.test --auth psa:…',
      "--to 'sip:bob@push.test;gr=urn:uuid:1'",
      `--app mms.ua --text 'it'\\''s here' --require --fault wrong-hash`,
    ].join(' \\\n  '),
  );
});

test('files by name for reading, by mark for the clipboard', () => {
  const draft = { ...FIRST_DRAFT, kind: 'files' as const, files: [FILE], cpim: true, relay: true };
  expect(commandOf(draft, { targets: [GRUU], first: false }, SANDBOX, 'read')).toContain(
    `--app mms.ua --report --cpim --relay 'msrp://127.0.0.1:2855;tcp' \\\n  'My cool picture'\\''s.jpg'`,
  );
  const copied = commandOf(draft, { targets: [GRUU], first: false }, SANDBOX, 'copy');
  expect(copied).toContain('--auth @@auth@@');
  expect(copied.endsWith('@@a-token@@')).toBe(true);
});

test('how the bytes of files are to go', () => {
  const icon = { token: 'icon-token', name: 'bell.png', type: 'image/png', bytes: 1 };
  const more = { chunk: ' 2048 ', window: '4', failureReport: 'partial' as const, icon, asserted: true };
  const draft = { ...FIRST_DRAFT, kind: 'files' as const, files: [FILE], ...more };
  const way = { targets: [GRUU], first: false };
  const options = '--chunk 2048 --window 4 --failure-report partial --icon';
  expect(commandOf(draft, way, SANDBOX, 'read')).toContain(`${options} bell.png --asserted`);
  expect(commandOf(draft, way, SANDBOX, 'copy')).toContain(`${options} @@icon-token@@ --asserted`);
  expect(callOf(draft, GRUU).argument).toMatchObject({
    chunkBytes: 2048,
    window: 4,
    failureReport: 'partial',
    icon: 'icon-token',
    asserted: true,
  });
});

test.each([
  [{ ...FIRST_DRAFT, kind: 'files' as const, files: [FILE], chunk: '0' }, [GRUU], 'A chunk has'],
  [{ ...FIRST_DRAFT, kind: 'files' as const, files: [FILE], window: 'many' }, [GRUU], 'may wait'],
  [{ ...FIRST_DRAFT, kind: 'files' as const, files: [FILE], window: '16' }, [GRUU], null],
  [{ ...FIRST_DRAFT }, [], 'Choose who'],
  [{ ...FIRST_DRAFT, application: '' }, [GRUU], 'Name an application'],
  [{ ...FIRST_DRAFT, kind: 'files' as const }, [GRUU], 'Add a file'],
  [{ ...FIRST_DRAFT, icsi: 'mmtel' }, [GRUU], 'are URNs'],
  [{ ...FIRST_DRAFT, icsi: ' urn:a:b  urn:c:d ' }, [GRUU], null],
])('what a draft lacks (%#)', (draft, targets, lack) => {
  if (lack === null) expect(lackOf(draft, targets)).toBeNull();
  else expect(lackOf(draft, targets)).toContain(lack);
});

test('each kind has a call of its own', () => {
  expect(callOf({ ...FIRST_DRAFT, kind: 'refer', silent: true }, GRUU)).toEqual({
    name: 'sender.refer',
    argument: { to: GRUU, application: 'mms.ua', silent: true },
  });
  expect(callOf({ ...FIRST_DRAFT, icsi: 'urn:a:b', fault: 'huge-body' }, GRUU).argument).toMatchObject({
    icsi: ['urn:a:b'],
    fault: 'huge-body',
  });
});
