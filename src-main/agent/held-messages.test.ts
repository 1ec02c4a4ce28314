import { EventEmitter } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import Transactions, { type ServerTransaction } from 'jssip/lib/Transactions.js';
import type UA from 'jssip/lib/UA.js';
import { beforeEach, describe, expect, it } from 'vitest';
import { readIncoming } from '../sip/incoming.ts';
import { OpenRequests } from '../sip/open-requests.ts';
import { replyLater } from '../sip/reply.ts';
import { pushRequest } from '../sip/test-core.ts';
import type { IncomingRequest } from '../sip/user-agent.ts';
import { AlreadyAnswered, messageKey } from './already-answered.ts';
import { senderOf } from './checks.ts';

const MESSAGES = 100;
const BODY_BYTES = 512 * 1024;
/** Far less than all of them. */
const MUCH = (MESSAGES * BODY_BYTES) / 10;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** A large request as a socket gives it, in one piece, whose header fields are long enough to be cut out by reference. */
function large(method: string, number: number): IncomingRequest {
  const body = 'x'.repeat(BODY_BYTES);
  const text = pushRequest(method, {
    branch: `a-branch-${number}-of-many`,
    callId: `a-call-${number}@push.test`,
    body,
  });
  const incoming = readIncoming(Buffer.from(text, 'latin1').toString('latin1'), {} as UA);
  if (incoming.kind !== 'request') throw new Error(incoming.kind);
  incoming.request.transport = { via_transport: 'TCP' } as IncomingRequest['transport'];
  return incoming.request;
}

/** How much the heap grows by as many messages. */
function growth(receive: (number: number) => void): number {
  receive(0);
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (let number = 1; number <= MESSAGES; number += 1) receive(number);
  collectGarbage();
  return process.memoryUsage().heapUsed - before;
}

describe('what is remembered of an answered request does not hold on to it', () => {
  let requests: OpenRequests;

  beforeEach(() => {
    requests = new OpenRequests(() => true);
  });

  it('a MESSAGE', () => {
    const answered = new AlreadyAnswered();
    const grown = growth((number) => {
      const request = large('MESSAGE', number);
      requests.messages.open(request);
      expect(requests.isMerged(request)).toBe(false);
      answered.remember(messageKey('bob-desk', senderOf(request), request), Promise.resolve());
      replyLater(request)({ code: 200 });
    });
    expect(requests.messages.size).toBe(MESSAGES + 1);
    expect(grown).toBeLessThan(MUCH);
    requests.messages.clear();
  });

  it('a NOTIFY', () => {
    const open: ServerTransaction[] = [];
    const grown = growth((number) => {
      const request = large('NOTIFY', number);
      const transaction = Object.assign(new EventEmitter(), {
        type: 'nist',
        state: Transactions.C.STATUS_COMPLETED,
        request,
        transport: request.transport,
      }) as unknown as ServerTransaction;
      requests.opened(transaction);
      expect(requests.isMerged(request)).toBe(false);
      transaction.emit('stateChanged');
      open.push(transaction);
    });
    expect(open).toHaveLength(MESSAGES + 1);
    expect(grown).toBeLessThan(MUCH);
  });
});
