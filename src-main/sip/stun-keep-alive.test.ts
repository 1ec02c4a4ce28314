import { describe, expect, it } from 'vitest';
import { bindingResponse, parseStun, type StunAddress } from './stun.ts';
import { StunKeepAlive } from './stun-keep-alive.ts';

/** A keep-alive whose server answers with the address given, or not at all. */
function open(rto = 5) {
  const sent: Buffer[] = [];
  let died: (reason: string) => void = () => {};
  const dead = new Promise<string>((resolve) => {
    died = resolve;
  });
  const keepAlive = new StunKeepAlive({
    send: (bytes) => sent.push(bytes),
    silent: () => died('silent'),
    dead: (reason) => died(reason),
    rto,
  });
  const answer = (mapped: StunAddress): boolean => {
    const request = parseStun(sent.at(-1) ?? Buffer.alloc(0));
    if (request.kind !== 'request') throw new Error('no request was sent');
    return keepAlive.received(bindingResponse(request, mapped));
  };
  return { keepAlive, sent, dead, answer };
}

const HERE = { host: '192.0.2.7', port: 5060 };

describe('StunKeepAlive (RFC 5626 §4.4.2)', () => {
  it('repeats the same request and then calls the flow dead', async () => {
    const { keepAlive, sent, dead, answer } = open();
    keepAlive.ask();
    answer(HERE);
    sent.length = 0;
    keepAlive.ask();
    expect(await dead).toMatch(/no longer answers/);
    expect(sent).toHaveLength(4);
    expect(new Set(sent.map((bytes) => bytes.toString('hex'))).size).toBe(1);
  });

  it('demands nothing of a core that never answered', async () => {
    const { keepAlive, dead } = open();
    keepAlive.ask();
    expect(await dead).toBe('silent');
  });

  it('is content with an answer, and asks anew with another transaction', () => {
    const { keepAlive, sent, answer } = open(10_000);
    for (let round = 0; round < 3; round += 1) {
      keepAlive.ask();
      expect(answer(HERE)).toBe(true);
    }
    expect(new Set(sent.map((bytes) => bytes.toString('hex'))).size).toBe(3);
  });

  it('calls the flow dead when the NAT changed the address', async () => {
    const { keepAlive, dead, answer } = open(10_000);
    keepAlive.ask();
    answer(HERE);
    keepAlive.ask();
    answer({ ...HERE, port: 5061 });
    expect(await dead).toMatch(/another address/);
  });

  it('leaves SIP alone and ignores answers to nothing', () => {
    const { keepAlive } = open(10_000);
    expect(keepAlive.received(Buffer.from('SIP/2.0 200 OK\r\n\r\n'))).toBe(false);
    const stray = parseStun(Buffer.from('000100002112a442000000000000000000000000', 'hex'));
    if (stray.kind !== 'request') throw new Error('the sample is no request');
    expect(keepAlive.received(bindingResponse(stray, HERE))).toBe(true);
  });
});
