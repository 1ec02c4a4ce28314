import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pushRequest } from '../sip/test-core.ts';
import { FOR_MMS, FROM_PSA, GRUU, TestTerminal } from './test-terminal.ts';

const TEXT = 'Content-Type: text/plain';

describe('pager mode', () => {
  let test: TestTerminal;

  beforeEach(async () => {
    test = await TestTerminal.open({ content: { accept: ['text/*', 'application/vnd.oma.push'] } });
  });

  afterEach(() => test.close());

  it('keeps a push byte-exact, answers 200, and tells where it lies (PRA-PAG-01, -06, -08)', async () => {
    const body = Buffer.from(Array.from({ length: 256 }, (_unused, byte) => byte)).toString('latin1');
    const headers = [FOR_MMS, FROM_PSA, 'Content-Type: application/vnd.oma.push'];
    test.core.send(pushRequest('MESSAGE', { to: GRUU, callId: 'c1', headers, body }));
    expect((await test.core.response()).code).toBe(200);
    const push = await test.event('push');
    expect(push).toMatchObject({
      application: 'mms.ua',
      from: 'sip:psa@push.test',
      bytes: 256,
      callId: 'c1',
    });
    expect((await readFile(push.path ?? '')).toString('latin1')).toBe(body);
    const kept = await test.history.get(push.push);
    expect(kept).toMatchObject({ state: 'received', code: 200, asserted: true });
    expect(kept?.headers).toMatch(/^MESSAGE sip:bob@push\.test;gr=/);
  });

  it('takes an empty push (no body, no Content-Type)', async () => {
    test.core.send(pushRequest('MESSAGE', { headers: [FOR_MMS, FROM_PSA] }));
    expect((await test.core.response()).code).toBe(200);
    expect((await test.event('push')).path).toBeNull();
  });

  it.each([
    ['no application', 403, [FROM_PSA, TEXT], /names no application/],
    [
      'an unknown application',
      403,
      ['Accept-Contact: *;+g.oma.pusheventapp="x.ua"', FROM_PSA, TEXT],
      /called x\.ua/,
    ],
    ['no asserted identity', 403, [FOR_MMS, TEXT], /asserts no identity/],
    [
      'a sender that is not trusted',
      403,
      [FOR_MMS, 'P-Asserted-Identity: <sip:psa@evil.test>', TEXT],
      /not on the list/,
    ],
    [
      'an identity that does not parse',
      403,
      [FOR_MMS, 'P-Asserted-Identity: psa@push.test', TEXT],
      /asserts no identity/,
    ],
    ['a type it does not take', 415, [FOR_MMS, FROM_PSA, 'Content-Type: image/png'], /image\/png/],
    [
      'an encoding it does not know',
      415,
      [FOR_MMS, FROM_PSA, TEXT, 'Content-Encoding: x-secret'],
      /x-secret/,
    ],
    ['a type that is none', 400, [FOR_MMS, FROM_PSA, 'Content-Type: ;;;'], /malformed/],
    ['content without a type', 400, [FOR_MMS, FROM_PSA], /no Content-Type/],
  ])('refuses %s with %i and keeps a row that says why', async (_name, code, headers, reason) => {
    test.core.send(pushRequest('MESSAGE', { headers, body: 'hello' }));
    const answer = await test.core.response();
    expect(answer.code).toBe(code);
    expect(answer.header('Warning')).toMatch(/^399 push-terminal "/);
    expect(answer.header('Accept')).toBe(code === 415 ? 'text/*' : undefined);
    expect(await test.event('refused')).toMatchObject({
      code,
      reason: expect.stringMatching(reason),
      callId: answer.header('Call-ID'),
    });
    const record = await test.reached('refused');
    expect(await test.history.get(record.id)).toMatchObject({ code, body: { kind: 'none' } });
  });

  it('refuses content beyond its limit with 513 (X-12)', async () => {
    test.core.send(
      pushRequest('MESSAGE', { headers: [FOR_MMS, FROM_PSA, TEXT], body: 'x'.repeat(1024 * 1024 + 1) }),
    );
    expect((await test.core.response()).code).toBe(513);
  });

  it('takes the other spellings of tag and identifier (X-01, X-38, X-43)', async () => {
    const tag = 'a: +g.oma.pusheventappp="urn:x-wap-application:MMS.ua"';
    test.core.send(pushRequest('MESSAGE', { headers: [tag, FROM_PSA, TEXT], body: 'x' }));
    expect((await test.core.response()).code).toBe(200);
  });

  it('says 500 and when to come back where history is broken (PRA-STA-05)', async () => {
    await test.history.close();
    test.core.send(pushRequest('MESSAGE', { headers: [FOR_MMS, FROM_PSA, TEXT], body: 'x' }));
    const answer = await test.core.response();
    expect([answer.code, answer.header('Retry-After')]).toEqual([500, '10']);
    expect(test.events.some(({ event }) => event === 'push')).toBe(false);
  });

  it('answers OPTIONS with what it takes and other methods with 405 and Allow', async () => {
    test.core.send(pushRequest('OPTIONS'));
    const options = await test.core.response();
    expect(options.code).toBe(200);
    expect(options.header('Contact')).toBe(`<${GRUU}>;+g.oma.pusheventapp="mms.ua,wml.ua"`);
    test.core.send(pushRequest('INFO'));
    const info = await test.core.response();
    expect([info.code, info.headers('Allow').includes('MESSAGE')]).toEqual([405, true]);
  });
});
