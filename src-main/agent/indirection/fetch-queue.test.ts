import { describe, expect, it } from 'vitest';
import { FetchQueue, type Queued } from './fetch-queue.ts';
import type { FetchResult } from './fetch-result.ts';

const DONE: FetchResult = { kind: 'failed', reason: 'http-status', message: 'done' };
const ABORTED: FetchResult = { kind: 'failed', reason: 'aborted', message: 'aborted' };

/** A queue whose fetches end when the test says so, or when they are cancelled. */
function start(limits = { running: 4, perHost: 2, waiting: 3 }) {
  const queue = new FetchQueue(limits);
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const add = (id: string, host = id): Queued =>
    queue.add({
      id,
      url: `https://${host}.test/${id}`,
      run: (signal) => {
        begun.push(id);
        return new Promise((resolve) => {
          ends.set(id, () => resolve(DONE));
          signal.addEventListener('abort', () => resolve(ABORTED));
        });
      },
    });
  const end = async (id: string) => {
    ends.get(id)?.();
    await settle();
  };
  return { queue, begun, add, end };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));
const resultOf = (queued: Queued) => (queued.kind === 'queued' ? queued.result : null);

describe('FetchQueue', () => {
  it('runs a few at once, the others in order', async () => {
    const { queue, begun, add, end } = start();
    const results = ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => resultOf(add(id)));
    await settle();
    expect(begun).toEqual(['a', 'b', 'c', 'd']);
    expect([queue.running, queue.waiting]).toEqual([4, 2]);
    await end('c');
    expect(begun.at(-1)).toBe('e');
    await end('a');
    expect(begun.at(-1)).toBe('f');
    expect(await Promise.all([results[0], results[2]])).toEqual([DONE, DONE]);
  });

  it('lets a host that nothing comes from go before one that something does', async () => {
    const { begun, add, end } = start({ running: 2, perHost: 2, waiting: 9 });
    for (const id of ['a1', 'a2', 'a3', 'a4']) add(id, 'a');
    add('b1', 'b');
    await settle();
    expect(begun).toEqual(['a1', 'a2']);
    await end('a1');
    expect(begun.at(-1)).toBe('b1');
  });

  it('lets no host hold up another', async () => {
    const { begun, add, end } = start();
    for (const id of ['a1', 'a2', 'a3', 'a4']) add(id, 'a');
    add('b1', 'b');
    await settle();
    expect(begun).toEqual(['a1', 'a2', 'b1']);
    await end('b1');
    expect(begun).toEqual(['a1', 'a2', 'b1']);
    await end('a1');
    expect(begun.at(-1)).toBe('a3');
  });

  it('refuses what is too much, double or late', async () => {
    const { queue, add } = start({ running: 1, perHost: 1, waiting: 1 });
    add('a');
    add('b');
    expect(add('c')).toMatchObject({ kind: 'refused', cause: 'full' });
    expect(add('a')).toMatchObject({ kind: 'refused', cause: 'duplicate' });
    expect(add('b')).toMatchObject({ kind: 'refused', cause: 'duplicate' });
    await queue.close();
    expect(add('d')).toMatchObject({ kind: 'refused', cause: 'closed' });
  });

  it('takes a fetch that can begin at once however many wait', async () => {
    const { begun, add } = start({ running: 2, perHost: 1, waiting: 1 });
    add('a1', 'a');
    add('a2', 'a');
    expect(add('b1', 'b').kind).toBe('queued');
    await settle();
    expect(begun).toEqual(['a1', 'b1']);
  });

  it('cancels what waits and what runs, and goes on', async () => {
    const { queue, begun, add } = start({ running: 1, perHost: 1, waiting: 3 });
    const [running, waiting] = [add('a'), add('b')];
    add('c');
    await settle();
    expect([queue.cancel('b'), queue.cancel('b'), queue.cancel('a'), queue.cancel('z')]).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect(await resultOf(waiting)).toMatchObject({ reason: 'aborted' });
    expect(await resultOf(running)).toEqual(ABORTED);
    await settle();
    expect(begun).toEqual(['a', 'c']);
  });

  it('closes only when the last fetch has ended', async () => {
    const { queue, begun, add } = start({ running: 1, perHost: 1, waiting: 3 });
    const results = [add('a'), add('b')].map(resultOf);
    await settle();
    await queue.close();
    expect(await Promise.all(results)).toMatchObject([{ reason: 'aborted' }, { reason: 'aborted' }]);
    expect([queue.running, queue.waiting, begun]).toEqual([0, 0, ['a']]);
    await queue.close();
  });

  it.each([
    ['rejects', () => Promise.reject(new Error('x'))],
    [
      'throws',
      () => {
        throw new Error('x');
      },
    ],
  ])('survives a fetch that %s', async (_name, run) => {
    const queue = new FetchQueue({ running: 1, perHost: 1, waiting: 1 });
    expect(await resultOf(queue.add({ id: 'a', url: 'no url', run }))).toMatchObject({ kind: 'failed' });
    expect(queue.running).toBe(0);
  });
});
