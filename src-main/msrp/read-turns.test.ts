import { expect, it, vi } from 'vitest';
import { readTurns, TURN_BYTES, TURN_MS } from './read-turns.ts';

const segment = 65_536;
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

it('lets one connection alone read on, and gives many their shares', async () => {
  const [alone, ...others] = Array.from({ length: 16 }, () => ({}));
  if (alone === undefined) throw new Error('no connection');
  for (let read = 0; read < 2 * TURN_BYTES; read += segment) {
    expect(readTurns.spent(alone, segment)).toBe(false);
  }
  await nextTurn();
  for (const one of [alone, ...others]) readTurns.spent(one, segment);
  expect(readTurns.spent(alone, segment)).toBe(true);
  // That 16 were busy is remembered for one turn.
  await nextTurn();
  expect(readTurns.spent(alone, segment)).toBe(false);
  expect(readTurns.spent(alone, segment)).toBe(true);
  await nextTurn();
  expect([readTurns.spent(alone, segment), readTurns.spent(alone, segment)]).toEqual([false, false]);
  await nextTurn();
});

it('lets nobody read longer than a turn may take', async () => {
  const connection = {};
  const now = vi.spyOn(performance, 'now').mockReturnValue(1000);
  expect(readTurns.spent(connection, segment)).toBe(false);
  now.mockReturnValue(1000 + TURN_MS);
  expect(readTurns.spent(connection, segment)).toBe(true);
  await nextTurn();
  expect(readTurns.spent(connection, segment)).toBe(false);
  now.mockRestore();
  await nextTurn();
});
