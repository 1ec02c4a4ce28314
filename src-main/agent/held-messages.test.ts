import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import Dialog from 'jssip/lib/Dialog.js';
import Transactions, { type ServerTransaction } from 'jssip/lib/Transactions.js';
import type UA from 'jssip/lib/UA.js';
import { beforeEach, describe, expect, it } from 'vitest';
import '../sip/jssip-patches.ts';
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
function large(
  method: string,
  number: number,
  headers: readonly string[] = [],
  callId = '',
): IncomingRequest {
  const body = 'x'.repeat(BODY_BYTES);
  const text = pushRequest(method, {
    branch: `a-branch-${number}-of-many`,
    callId: `a-call-${number}-${callId}@push.test`,
    headers,
    body,
  });
  const incoming = readIncoming(Buffer.from(text, 'latin1').toString('latin1'), {} as UA);
  if (incoming.kind !== 'request') throw new Error(incoming.kind);
  incoming.request.transport = {
    via_transport: 'TCP',
    send: () => true,
  } as unknown as IncomingRequest['transport'];
  return incoming.request;
}

/** How much the heap grows by as many messages. */
async function growth(receive: (number: number) => unknown): Promise<number> {
  await receive(0);
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (let number = 1; number <= MESSAGES; number += 1) await receive(number);
  collectGarbage();
  return process.memoryUsage().heapUsed - before;
}

describe('what is remembered of an answered request does not hold on to it', () => {
  let requests: OpenRequests;

  beforeEach(() => {
    requests = new OpenRequests(() => true);
  });

  it('a MESSAGE', async () => {
    const answered = new AlreadyAnswered();
    const grown = await growth((number) => {
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

  it.each(['NOTIFY', 'UPDATE', 'BYE'])('a %s in a dialog', async (method) => {
    const open: ServerTransaction[] = [];
    const ua = {
      newTransaction: (one: ServerTransaction) => requests.opened(one),
      destroyTransaction: () => {},
    };
    const dialog = { _remote_seqnum: 0, uac_pending_reply: false } as unknown as Dialog;
    const grown = await growth(async (number) => {
      const request = large(method, number, ['Contact: <sip:psa@127.0.0.1>']);
      const transaction = new Transactions.NonInviteServerTransaction(
        ua as unknown as UA,
        request.transport,
        request,
      );
      Dialog.prototype._checkInDialogRequest.call(dialog, request);
      request.server_transaction.receiveResponse(200, 'SIP/2.0 200 OK');
      open.push(transaction);
      await null;
    });
    expect(open).toHaveLength(MESSAGES + 1);
    expect(grown).toBeLessThan(MUCH);
    expect(dialog._remote_target?.toString()).toBe(method === 'BYE' ? undefined : 'sip:psa@127.0.0.1');
    for (const { J } of open) clearTimeout(J);
  });

  it('a Call-ID as long as a message may have one', async () => {
    const answered = new AlreadyAnswered();
    const grown = await growth((number) => {
      const request = large('MESSAGE', number, [], 'c'.repeat(60_000));
      requests.messages.open(request);
      expect(requests.isMerged(request)).toBe(false);
      answered.remember(messageKey('bob-desk', senderOf(request), request), Promise.resolve());
      request.server_transaction.receiveResponse(200, 'SIP/2.0 200 OK');
    });
    expect(grown).toBeLessThan((MESSAGES * 60_000) / 4);
    requests.messages.clear();
  });
});
