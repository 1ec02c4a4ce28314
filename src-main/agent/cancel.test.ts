import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SipResponse } from '../sip/message.ts';
import { pushRequest } from '../sip/test-core.ts';
import { FOR_MMS, FROM_PSA, offerOf, TestTerminal } from './test-terminal.ts';

const NOTES = { name: 'notes.txt', content: Buffer.from('hello'), type: 'text/plain' };

/** What the sender does, and what it and the user see of it in the end. */
type Race = {
  readonly name: string;
  readonly play: (test: TestTerminal) => Promise<void> | void;
  /** Final answers, sorted. */
  readonly answers: readonly string[];
  readonly state: 'cancelled' | 'declined' | 'failed';
};

const cancel = (branch = 'invite') => pushRequest('CANCEL', { branch, callId: 'call' });
const headers = [
  'Contact: <sip:psa@127.0.0.1:7777>',
  FOR_MMS,
  FROM_PSA,
  'Content-Type: application/sdp',
] as const;
const invite = (more: readonly string[] = []) =>
  pushRequest('INVITE', {
    branch: 'invite',
    callId: 'call',
    headers: [...headers, ...more],
    body: offerOf([NOTES]),
  });

async function ringing(test: TestTerminal): Promise<SipResponse> {
  for (;;) {
    const answer = await test.core.response({ provisional: true });
    if (answer.code === 180) return answer;
  }
}

async function offerId(test: TestTerminal): Promise<string> {
  return (await test.event('offer')).offer;
}

const RACES: readonly Race[] = [
  {
    name: 'CANCEL in the same segment as the INVITE, before 180',
    play: ({ core }) => core.send(invite() + cancel()),
    answers: ['200 CANCEL', '487 INVITE'],
    state: 'cancelled',
  },
  {
    name: 'CANCEL right behind 180',
    play: async (test) => {
      test.core.send(invite());
      await ringing(test);
      test.core.send(cancel());
    },
    answers: ['200 CANCEL', '487 INVITE'],
    state: 'cancelled',
  },
  {
    name: 'CANCEL twice: the second is a retransmission',
    play: async (test) => {
      test.core.send(invite());
      await ringing(test);
      test.core.send(cancel() + cancel());
    },
    answers: ['200 CANCEL', '200 CANCEL', '487 INVITE'],
    state: 'cancelled',
  },
  {
    name: 'BYE in the early dialog (RFC 3261 §15.1.2)',
    play: async (test) => {
      test.core.send(invite());
      const toTag = (await ringing(test)).toTag ?? '';
      test.core.send(pushRequest('BYE', { branch: 'bye', callId: 'call', cseq: 2, toTag }));
    },
    answers: ['200 BYE', '487 INVITE'],
    state: 'cancelled',
  },
  {
    name: 'CANCEL, and a BYE for the dialog it ended',
    play: async (test) => {
      test.core.send(invite());
      const toTag = (await ringing(test)).toTag ?? '';
      test.core.send(cancel() + pushRequest('BYE', { branch: 'bye', callId: 'call', cseq: 2, toTag }));
    },
    answers: ['200 CANCEL', '481 BYE', '487 INVITE'],
    state: 'cancelled',
  },
  {
    name: 'CANCEL for another branch: nothing of ours',
    play: async (test) => {
      test.core.send(invite());
      await ringing(test);
      test.core.send(cancel('other'));
      test.terminal.decline(await offerId(test));
    },
    answers: ['481 CANCEL', '603 INVITE'],
    state: 'declined',
  },
  {
    name: 'CANCEL that crosses our 603',
    play: async (test) => {
      test.core.send(invite());
      await ringing(test);
      test.terminal.decline(await offerId(test));
      test.core.send(cancel());
    },
    answers: ['200 CANCEL', '603 INVITE'],
    state: 'declined',
  },
  {
    name: 'an INVITE whose Expires runs out while it rings (RFC 3261 §13.3.1)',
    play: ({ core }) => core.send(invite(['Expires: 0'])),
    answers: ['487 INVITE'],
    state: 'declined',
  },
];

describe('an INVITE that is given up (PRA-REL-03, RFC 3261 §9.2)', () => {
  let test: TestTerminal;

  beforeEach(async () => {
    test = await TestTerminal.open({ files: { answerWithin: 30 } });
  });

  afterEach(() => test.close());

  async function finals(count: number): Promise<readonly string[]> {
    const answers: string[] = [];
    for (let index = 0; index < count; index += 1) {
      const { code, cseq } = await test.core.response();
      answers.push(`${code} ${cseq.method}`);
    }
    return answers.sort((a, b) => a.localeCompare(b));
  }

  it.each(RACES)('$name', async ({ play, answers, state }) => {
    await play(test);
    expect(await finals(answers.length)).toEqual(answers);
    const { code, body } = await test.reached(state);
    expect(code).toBe(state === 'declined' ? Number(answers.at(-1)?.slice(0, 3)) : 487);
    expect(body.kind === 'files' && body.files.every((file) => file.state === 'declined')).toBe(true);
    expect(test.terminal.deadlines()).toEqual([]);
    // Nothing of it is left, and the next one rings as ever.
    test.core.forget();
    test.core.send(
      pushRequest('INVITE', { branch: 'next', callId: 'next', headers, body: offerOf([NOTES]) }),
    );
    await ringing(test);
  });

  it('leaves the session alone when the CANCEL crosses our 200', async () => {
    test.core.send(invite());
    await ringing(test);
    test.terminal.accept(await offerId(test), [0]);
    const answer = await test.core.response();
    expect(answer.code).toBe(200);
    test.core.send(cancel());
    const [late] = await finals(1);
    expect(late).toBe('200 CANCEL');
    test.inDialog('ACK', answer, 1);
    test.inDialog('BYE', answer, 2);
    expect(await finals(1)).toEqual(['200 BYE']);
    await test.event('ended');
    expect(
      test.events.some((event) => event.event === 'push-changed' && event.record.state === 'cancelled'),
    ).toBe(false);
  });

  it('answers 487 or 200, and never both, when CANCEL meets the user who accepts', async () => {
    test.core.send(invite());
    await ringing(test);
    test.terminal.accept(await offerId(test), [0]);
    test.core.send(cancel());
    const answers = await finals(2);
    expect(['200 CANCEL|200 INVITE', '200 CANCEL|487 INVITE']).toContain(answers.join('|'));
    if (answers.includes('487 INVITE')) await test.reached('cancelled');
    const part = answers.includes('487 INVITE') ? await test.event('ended') : null;
    if (part !== null) expect(part.reason).toMatch(/withdrew/);
  });

  it('ends the session on a BYE that comes before the ACK, and repeats its 200 no more', async () => {
    test.core.send(invite());
    await ringing(test);
    test.terminal.accept(await offerId(test), [0]);
    const answer = await test.core.response();
    test.inDialog('BYE', answer, 2);
    expect(await finals(1)).toEqual(['200 BYE']);
    await test.event('ended');
    test.inDialog('OPTIONS', answer, 3);
    expect(await finals(1)).toEqual(['481 OPTIONS']);
  });
});

describe('requests in a session that are none of its own', () => {
  let test: TestTerminal;
  let answer: SipResponse;

  beforeEach(async () => {
    test = await TestTerminal.open({ files: { decide: 'accept' } });
    test.core.send(invite());
    answer = await test.core.response();
    test.inDialog('ACK', answer, 1);
  });

  afterEach(() => test.close());

  it.each([
    ['INFO', 405],
    ['NOTIFY', 481],
    ['REFER', 405],
    ['SUBSCRIBE', 405],
    ['PUBLISH', 405],
    ['NONSENSE', 501],
  ])('%s gets %i', async (method, code) => {
    test.inDialog(method, answer, 2);
    const response = await test.core.response();
    expect(response.code).toBe(code);
    if (code === 405) expect(response.headers('Allow').join()).toContain('MESSAGE');
  });

  it('OPTIONS gets what this terminal can do', async () => {
    test.inDialog('OPTIONS', answer, 2);
    const response = await test.core.response();
    expect(response.code).toBe(200);
    expect(response.headers('Allow').join()).toContain('UPDATE');
    expect(response.header('Accept')).toContain('application/sdp');
    expect(response.header('Contact')).toContain('gr=urn:uuid:');
  });

  it('MESSAGE is a push like any other, with its own checks (RFC 3428 §4)', async () => {
    const message = (cseq: number, more: readonly string[]) =>
      test.core.send(
        pushRequest('MESSAGE', {
          branch: `message${cseq}`,
          callId: 'call',
          cseq,
          toTag: answer.toTag ?? '',
          headers: [...more, 'Content-Type: text/plain'],
          body: 'hello',
        }),
      );
    message(2, [FROM_PSA]);
    expect((await test.core.response()).code).toBe(403);
    message(3, [FOR_MMS, FROM_PSA]);
    expect((await test.core.response()).code).toBe(200);
    expect(await test.event('push')).toMatchObject({ method: 'MESSAGE', callId: 'call' });
  });

  it('an old CSeq gets 500, and the session goes on', async () => {
    test.inDialog('OPTIONS', answer, 9);
    await test.core.response();
    test.inDialog('UPDATE', answer, 5);
    expect((await test.core.response()).code).toBe(500);
    test.inDialog('OPTIONS', answer, 10);
    expect((await test.core.response()).code).toBe(200);
  });
});

describe('an INVITE that asks for more than there is', () => {
  let test: TestTerminal;

  beforeEach(async () => {
    test = await TestTerminal.open();
  });

  afterEach(() => test.close());

  it.each([
    ['Require: replaces', 'Replaces: call9;to-tag=1;from-tag=2', 'replaces'],
    ['Require: join', 'Join: call9;to-tag=1;from-tag=2', 'join'],
    ['Require: timer, x-unknown', 'Subject: x', 'x-unknown'],
    ['Require: recipient-list-invite', 'Subject: x', 'recipient-list-invite'],
  ])('%s gets 420', async (require, header, unsupported) => {
    test.core.send(invite([require, header]));
    const response = await test.core.response();
    expect([response.code, response.header('Unsupported')]).toEqual([420, unsupported]);
    expect(test.events.some(({ event }) => event === 'offer')).toBe(false);
  });

  it.each(['Replaces: call9;to-tag=1;from-tag=2', 'Join: call9;to-tag=1;from-tag=2'])(
    '%s without Require is ignored, as by whoever does not know it (RFC 3261 §8.2.2)',
    async (header) => {
      test.core.send(invite([header]));
      await ringing(test);
    },
  );
});
