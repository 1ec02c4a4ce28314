import { expect, it } from 'vitest';
import type { PartView } from '../../src-main/ipc/contract.ts';
import { examplePart } from '../testing/example-content.ts';
import { firstPart } from './first-part.ts';

const part = (depth: number, kind: PartView['kind'] = 'leaf', role: PartView['role'] = null) =>
  examplePart({ depth, kind, role });

it.each<[what: string, parts: readonly PartView[], first: number]>([
  ['a content without parts', [part(0)], 0],
  ['the first of several', [part(0, 'multipart'), part(1), part(1)], 1],
  ['the preferred one', [part(0, 'multipart'), part(1), part(1, 'leaf', 'preferred')], 2],
  [
    'the root within the preferred one',
    [part(0, 'multipart'), part(1), part(1, 'multipart', 'preferred'), part(2), part(2, 'leaf', 'root')],
    4,
  ],
  ['one that is here', [part(0, 'multipart'), part(1, 'external'), part(1)], 2],
  ['one that is elsewhere when all are', [part(0, 'multipart'), part(1, 'external')], 1],
  ['nothing', [], 0],
])('looks at %s', (_what, parts, first) => {
  expect(firstPart(parts)).toBe(first);
});
