import { describe, expect, test, vi } from 'vitest';
import { callSchemas } from './contract.ts';
import { type Handlers, routeCall } from './router.ts';

/** Handlers that note their argument; `results` replace some. */
function handlers(results: Partial<Record<keyof Handlers, () => unknown>> = {}): {
  readonly all: Handlers;
  readonly called: ReturnType<typeof vi.fn>;
} {
  const called = vi.fn();
  const entries = Object.keys(callSchemas).map((name) => [
    name,
    (argument: unknown) => {
      called(name, argument);
      return results[name as keyof Handlers]?.();
    },
  ]);
  return { all: Object.fromEntries(entries) as Handlers, called };
}

describe('the router', () => {
  test('runs a call and answers its result', async () => {
    const { all, called } = handlers({ 'push.get': () => null });
    expect(await routeCall(all, 'push.get', { push: 'p1' })).toBeNull();
    expect(called).toHaveBeenCalledWith('push.get', { push: 'p1' });
  });

  test('fills in the defaults of a profile', async () => {
    const { all, called } = handlers();
    await routeCall(all, 'terminal.add', { name: 'a', aor: 'sip:a@b', core: 'sip:c' });
    expect(called.mock.calls[0]?.[1]).toMatchObject({ expires: 3600, files: { decide: 'ask' } });
  });

  test.each<[name: unknown, argument: unknown, sentence: string]>([
    ['app.quit', undefined, 'not known'],
    ['__proto__', undefined, 'not known'],
    ['constructor', undefined, 'not known'],
    ['toString', undefined, 'not known'],
    [null, undefined, 'not known'],
    [{ toString: () => 'app.state' }, undefined, 'not known'],
    ['app.state', {}, 'malformed'],
    ['push.get', undefined, 'malformed'],
    ['push.get', { push: 1 }, 'malformed'],
    ['push.get', { push: 'p', more: true }, 'malformed'],
    ['push.list', { terminal: null, filter: 'all', search: '', before: null, limit: 1e9 }, 'malformed'],
    ['offer.accept', { offer: 'o', files: [-1] }, 'malformed'],
    ['offer.accept', { offer: 'o', files: [0.5] }, 'malformed'],
    ['clipboard.write', { text: 'a'.repeat(100_001) }, 'malformed'],
  ])('refuses %j %j', async (name, argument, sentence) => {
    const { all, called } = handlers();
    await expect(routeCall(all, name, argument)).rejects.toThrow(sentence);
    expect(called).not.toHaveBeenCalled();
  });

  test('passes on the sentence of an error, and no more', async () => {
    const inner = new TypeError('This offer is not known.', { cause: 'secret' });
    const { all } = handlers({
      'app.state': () => {
        throw inner;
      },
    });
    const error: unknown = await routeCall(all, 'app.state', undefined).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBe(inner);
    expect(error).toMatchObject({ name: 'Error', message: 'This offer is not known.' });
    expect(error).not.toHaveProperty('cause');
  });
});
