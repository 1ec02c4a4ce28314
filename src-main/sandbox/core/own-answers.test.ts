import { describe, expect, it } from 'vitest';
import { HeaderFields } from '../../sip/header-fields.ts';
import { SipRequest } from '../../sip/message.ts';
import type { Flow, FlowTransport } from './flow.ts';
import { OwnAnswers } from './own-answers.ts';
import { respond } from './responses.ts';

function request(branch: string): SipRequest {
  const fields = new HeaderFields(
    Object.entries({
      Via: `SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK${branch}`,
      From: '<sip:bob@push.test>;tag=1',
      To: '<sip:bob@push.test>',
      'Call-ID': 'x',
      CSeq: '1 REGISTER',
    }).map(([name, value]) => ({ name, value })),
  );
  return new SipRequest('REGISTER', 'sip:push.test', fields);
}

class TestFlow implements Flow {
  readonly id = '0123456789abcdef';
  readonly sentBy = '127.0.0.1:5060';
  readonly remoteHost = '127.0.0.1';
  readonly remotePort = 9;
  readonly isOpen = true;
  readonly transport: FlowTransport;
  readonly sent: string[] = [];

  constructor(transport: FlowTransport) {
    this.transport = transport;
  }

  send(bytes: Buffer) {
    this.sent.push(bytes.toString());
    return 'sent' as const;
  }

  answeringTo(): Flow {
    return this;
  }
}

describe('OwnAnswers', () => {
  it('gives the same answer again over UDP, and keeps none for others', () => {
    const udp = new TestFlow('UDP');
    const answers = new OwnAnswers();
    answers.give(request('a'), udp, respond(request('a'), 200));
    expect(answers.giveAgain(request('a'), udp)).toBe(true);
    expect(udp.sent[1]).toBe(udp.sent[0]);
    expect(answers.giveAgain(request('b'), udp)).toBe(false);
    const tcp = new TestFlow('TCP');
    answers.give(request('a'), tcp, respond(request('a'), 200));
    expect(answers.giveAgain(request('a'), tcp)).toBe(false);
  });

  it('is bounded: the oldest answers make room', () => {
    const udp = new TestFlow('UDP');
    const answers = new OwnAnswers(1000);
    for (const branch of ['a', 'b', 'c', 'd', 'e', 'f']) {
      answers.give(request(branch), udp, respond(request(branch), 200));
    }
    expect(['a', 'f'].map((branch) => answers.giveAgain(request(branch), udp))).toEqual([false, true]);
  });
});
