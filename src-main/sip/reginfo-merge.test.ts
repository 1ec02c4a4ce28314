import { describe, expect, it } from 'vitest';
import type { RegContact, RegInfo, RegRegistration } from './reginfo.ts';
import { mergeRegInfo } from './reginfo-merge.ts';

type Contacts = Readonly<Record<string, string>>;

/** A contact that lives unless its event is one that ends it. */
function contact(id: string, event: string): RegContact {
  return {
    id,
    state: ['expired', 'unregistered', 'deactivated'].includes(event) ? 'terminated' : 'active',
    event,
    expires: null,
    uri: `sip:${id}@b`,
    displayName: null,
    callId: null,
    cseq: null,
    instance: null,
    pubGruu: null,
    tempGruu: null,
    tempGruuFirstCseq: null,
    parameters: [],
  };
}

function registration(
  id: string,
  contacts: Contacts,
  state: RegRegistration['state'] = 'active',
): RegRegistration {
  const rows = Object.entries(contacts).map(([name, event]) => contact(name, event));
  return { id, aor: `sip:${id}@b`, state, contacts: rows };
}

function full(version: number, ...registrations: readonly RegRegistration[]): RegInfo {
  return { version, state: 'full', registrations };
}

function partial(version: number, ...registrations: readonly RegRegistration[]): RegInfo {
  return { version, state: 'partial', registrations };
}

const BEFORE = full(
  4,
  registration('a', { x: 'registered', y: 'registered' }),
  registration('b', {}, 'init'),
);

describe('mergeRegInfo', () => {
  it.each<[string, RegInfo | null, RegInfo, RegInfo, readonly string[]]>([
    ['a first full document', null, BEFORE, BEFORE, []],
    ['a first full document of any version', null, full(77), full(77), []],
    [
      'full state in place of all',
      BEFORE,
      full(5, registration('c', {})),
      full(5, registration('c', {})),
      [],
    ],
    ['full state after a jump', BEFORE, full(9), full(9), []],
    [
      'full state with a contact that ended',
      null,
      full(0, registration('a', { x: 'expired', y: 'registered' })),
      full(0, registration('a', { y: 'registered' })),
      ['x'],
    ],
    [
      'a changed, a new and an ended contact',
      BEFORE,
      partial(5, registration('a', { x: 'refreshed', y: 'unregistered', z: 'registered' })),
      full(5, registration('a', { x: 'refreshed', z: 'registered' }), registration('b', {}, 'init')),
      ['y'],
    ],
    [
      'the first contact of a registration, and a new registration',
      BEFORE,
      partial(5, registration('b', { x: 'registered' }), registration('c', { x: 'created' })),
      full(
        5,
        registration('a', { x: 'registered', y: 'registered' }),
        registration('b', { x: 'registered' }),
        registration('c', { x: 'created' }),
      ),
      [],
    ],
    [
      'a registration that ended',
      BEFORE,
      partial(5, registration('a', { x: 'deactivated' }, 'terminated')),
      full(5, registration('b', {}, 'init')),
      ['x'],
    ],
    [
      'a registration that is in its first state again',
      BEFORE,
      partial(5, registration('a', {}, 'init')),
      full(5, registration('a', {}, 'init'), registration('b', {}, 'init')),
      [],
    ],
    ['no change', BEFORE, partial(5), { ...BEFORE, version: 5 }, []],
  ])('takes %s', (_name, before, next, info, ended) => {
    const merged = mergeRegInfo(before, next);
    if (merged.kind !== 'merged') throw new Error(merged.kind);
    expect(merged.info).toEqual(info);
    expect(merged.ended.map(({ id }) => id)).toEqual(ended);
  });

  it.each<[string, RegInfo | null, RegInfo, 'stale' | 'gap']>([
    ['an older full one', BEFORE, full(3), 'stale'],
    ['the same changes again', BEFORE, partial(4), 'stale'],
    ['an older version', BEFORE, partial(3), 'stale'],
    ['changes after a jump', BEFORE, partial(6), 'gap'],
    ['changes without a table', null, partial(0), 'gap'],
    [
      'more contacts than a document may have',
      full(0, registration('a', many(2000))),
      partial(1, registration('b', { x: 'registered' })),
      'gap',
    ],
    [
      'more registrations than a document may have',
      full(0, ...Array.from({ length: 500 }, (_, at) => registration(`r${at}`, {}))),
      partial(1, registration('b', {})),
      'gap',
    ],
  ])('%s', (_name, before, next, kind) => {
    expect(mergeRegInfo(before, next)).toEqual({ kind });
  });

  it('keeps no prototype tricks', () => {
    const odd = full(0, registration('__proto__', { constructor: 'registered' }));
    expect(mergeRegInfo(null, odd)).toEqual({ kind: 'merged', info: odd, ended: [] });
  });
});

function many(count: number): Contacts {
  return Object.fromEntries(Array.from({ length: count }, (_, at) => [`c${at}`, 'registered']));
}
