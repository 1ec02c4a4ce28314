import type { IncomingRequest } from 'jssip/lib/SIPMessage.js';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MessageTransactions } from './message-transactions.ts';

const HELD_MS = 32_000;

describe('MessageTransactions', () => {
  let sent: string[];
  let closed: string[];
  let up: boolean;
  let transactions: MessageTransactions;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    sent = [];
    closed = [];
    up = true;
    const send = (text: string) => {
      if (up) sent.push(text);
      return up;
    };
    transactions = new MessageTransactions({ send, maxReliable: 2, closed: (branch) => closed.push(branch) });
  });

  afterEach(() => {
    transactions.clear();
    vi.useRealTimers();
  });

  function request(branch: string, transport = 'TCP'): IncomingRequest {
    return { via_branch: branch, transport: { via_transport: transport } } as unknown as IncomingRequest;
  }

  /** Opens a transaction and answers it. */
  function answer(branch: string, transport?: string): IncomingRequest {
    const one = request(branch, transport);
    transactions.open(one);
    one.server_transaction.receiveResponse(200, `to ${branch}`);
    return one;
  }

  it('absorbs a retransmission before the answer, and repeats the answer after it', () => {
    const one = request('a');
    expect(transactions.absorbs(one)).toBe(false);
    transactions.open(one);
    expect([transactions.absorbs(request('a')), sent]).toEqual([true, []]);
    one.server_transaction.receiveResponse(200, 'first');
    one.server_transaction.receiveResponse(500, 'second');
    expect([transactions.absorbs(request('a')), sent]).toEqual([true, ['first', 'first']]);
  });

  it.each(['UDP', 'TCP'])('forgets an answered request over %s after 64*T1', (transport) => {
    answer('a', transport);
    vi.advanceTimersByTime(HELD_MS / 2);
    answer('b', transport);
    vi.advanceTimersByTime(HELD_MS / 2 + 10);
    expect([closed, transactions.absorbs(request('a')), transactions.absorbs(request('b'))]).toEqual([
      ['a'],
      false,
      true,
    ]);
    vi.advanceTimersByTime(HELD_MS);
    expect([closed, transactions.size]).toEqual([['a', 'b'], 0]);
  });

  it('bounds what it holds over a reliable transport only', () => {
    for (const branch of ['a', 'b', 'c']) answer(branch);
    for (const branch of ['d', 'e', 'f']) answer(branch, 'UDP');
    expect([closed, transactions.size]).toEqual([['a'], 5]);
  });

  it('never forgets a request that is not answered', () => {
    transactions.open(request('a'));
    answer('b');
    vi.advanceTimersByTime(2 * HELD_MS);
    expect([closed, transactions.size]).toEqual([['b'], 1]);
  });

  it('forgets a request whose answer cannot be sent', () => {
    up = false;
    answer('a');
    expect([closed, transactions.size]).toEqual([['a'], 0]);
  });
});
