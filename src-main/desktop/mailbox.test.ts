import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { WindowEvent } from '../ipc/contract.ts';
import { Mailbox } from './mailbox.ts';

describe('the mailbox', () => {
  let sent: WindowEvent[];
  let mailbox: Mailbox;

  beforeEach(() => {
    sent = [];
    mailbox = new Mailbox((event) => sent.push(event));
  });

  test('keeps notices and selections until a window listens', () => {
    mailbox.notice('warning', 'The profiles are damaged.');
    mailbox.select('p1');
    expect(sent).toEqual([]);
    mailbox.open();
    expect(sent.map((event) => event.kind)).toEqual(['notice', 'select-push']);
    mailbox.open();
    expect(sent).toHaveLength(2);
  });

  test('keeps them again after the last window has gone', () => {
    mailbox.open();
    mailbox.close();
    mailbox.select('p1');
    expect(sent).toEqual([]);
    mailbox.open();
    expect(sent).toEqual([{ kind: 'select-push', push: 'p1' }]);
  });

  test('does not repeat a sentence within five seconds', () => {
    vi.useFakeTimers();
    mailbox.open();
    for (let i = 0; i < 1000; i++) mailbox.notice('error', 'The disk is full.');
    expect(sent).toHaveLength(1);
    vi.advanceTimersByTime(5_001);
    mailbox.notice('error', 'The disk is full.');
    expect(sent).toHaveLength(2);
    vi.useRealTimers();
  });

  test('keeps no more than fifty', () => {
    for (let i = 0; i < 1000; i++) mailbox.select(`p${i}`);
    mailbox.open();
    expect(sent).toHaveLength(50);
  });
});
