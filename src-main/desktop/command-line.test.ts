import { describe, expect, test } from 'vitest';
import { ownArguments } from './command-line.ts';

describe('the arguments of the app', () => {
  test.each<[argv: string[], runsFromCheckout: boolean, own: string[]]>([
    [['/opt/push-terminal'], false, []],
    [
      ['/opt/push-terminal', 'push', 'message', '--to', 'sip:bob@push.test'],
      false,
      ['push', 'message', '--to', 'sip:bob@push.test'],
    ],
    [['/opt/push-terminal', '--no-sandbox', '--user-data-dir=/d', 'demo'], false, ['demo']],
    [['electron', '.'], true, []],
    [['electron', '--no-sandbox', '/app', 'demo'], true, ['demo']],
    [
      ['electron', '-r', '/loader.js', '--inspect=0', '/app', 'core', '--listen', '127.0.0.1:0'],
      true,
      ['core', '--listen', '127.0.0.1:0'],
    ],
  ])('of %j', (argv, runsFromCheckout, own) => {
    expect(ownArguments(argv, runsFromCheckout)).toEqual(own);
  });
});
