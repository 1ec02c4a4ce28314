import { describe, expect, it } from 'vitest';
import { MAX_CONDITIONS, parseSearch, type SearchCondition } from './search-language.ts';
import { mangledTexts } from './test-search.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const text = (words: string, field = 'any', negated = false) => ({
  kind: 'text',
  field,
  text: words,
  negated,
});
const day = (year: number, month: number, date: number) => new Date(year, month - 1, date).getTime();

describe('parseSearch', () => {
  it.each<[string, readonly object[]]>([
    ['', []],
    ['  ', []],
    ['parcel', [text('parcel')]],
    ['parcel today', [text('parcel'), text('today')]],
    ['"your parcel" x', [text('your parcel'), text('x')]],
    ['"never ends', [text('never ends')]],
    ['-parcel', [text('parcel', 'any', true)]],
    ['-"your parcel"', [text('your parcel', 'any', true)]],
    ['- @ !', []],
    ['sip:psa@push.test', [text('sip:psa@push.test')]],
    ['http://a.test/x?y', [text('http://a.test/x?y')]],
    ['from:psa', [text('psa', 'from')]],
    ['From:"Bob B"', [text('Bob B', 'from')]],
    ['from:sip:psa@push.test', [text('sip:psa@push.test', 'from')]],
    ['-from:psa', [text('psa', 'from', true)]],
    ['from:', []],
    ['-State: x', [text('x')]],
    ['from:""', []],
    [
      'app:mms.ua type:image/png file:holiday id:abc call-id:x',
      [
        text('mms.ua', 'app'),
        text('image/png', 'type'),
        text('holiday', 'file'),
        text('abc', 'id'),
        text('x', 'id'),
      ],
    ],
    ['terminal:bob-desk', [{ kind: 'terminal', name: 'bob-desk', negated: false }]],
    [
      'method:message -method:INVITE',
      [
        { kind: 'method', method: 'MESSAGE', negated: false },
        { kind: 'method', method: 'INVITE', negated: true },
      ],
    ],
    ['method:files', [{ kind: 'method', method: 'INVITE', negated: false }]],
    ['state:refused', [{ kind: 'state', state: 'refused', negated: false }]],
    ['code:403', [{ kind: 'code', code: 403, negated: false }]],
    ['is:unread', [{ kind: 'unread', negated: false }]],
    ['is:read', [{ kind: 'unread', negated: true }]],
    ['-is:pinned', [{ kind: 'pinned', negated: true }]],
    ['after:2026-11-20', [{ kind: 'after', time: day(2026, 11, 20) }]],
    ['before:2026-11-20T10:30Z', [{ kind: 'before', time: Date.parse('2026-11-20T10:30Z') }]],
    ['after:2h', [{ kind: 'after', time: NOW - 7_200_000 }]],
    ['after:7d', [{ kind: 'after', time: NOW - 7 * 86_400_000 }]],
  ])('%s', (search, conditions) => {
    expect(parseSearch(search, NOW)).toEqual({ conditions, problems: [] });
  });

  it.each(['after:soon', 'before:2026-02-31', 'state:odd', 'code:7', 'is:nice', 'method:a1', 'after:9'])(
    '%s is told of and left out',
    (search) => {
      const { conditions, problems } = parseSearch(`${search} word`, NOW);
      expect(conditions).toEqual([text('word')]);
      expect(problems).toEqual([expect.stringMatching(/takes/)]);
    },
  );

  it('knows today and yesterday', () => {
    const { conditions } = parseSearch('after:today before:yesterday', NOW);
    const [today = 0, yesterday = 0] = conditions.map((one) => ('time' in one ? one.time : 0));
    expect(new Date(today).getHours()).toBe(0);
    expect(Math.round((today - yesterday) / 3_600_000)).toBe(24);
  });

  it('looks for a bounded number of words', () => {
    const { conditions, problems } = parseSearch('x '.repeat(1000));
    expect(conditions).toHaveLength(MAX_CONDITIONS);
    expect(problems).toHaveLength(1);
  });

  it('takes any text', () => {
    for (const any of mangledTexts('from:"a b" -state:refused after:2026-11-20 is:unread sip:x', 5000, 3)) {
      const { conditions }: { conditions: readonly SearchCondition[] } = parseSearch(any, NOW);
      expect(conditions.length).toBeLessThanOrEqual(MAX_CONDITIONS);
    }
  });
});
