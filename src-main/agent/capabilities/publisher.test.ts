import { afterEach, describe, expect, it } from 'vitest';
import type { SipRequest } from '../../sip/message.ts';
import { GRUU, TestTerminal } from '../test-terminal.ts';

describe('publishing the push capabilities (PRA-CAP-01, -02)', () => {
  let test: TestTerminal;

  afterEach(() => test.abandon());

  function grant(request: SipRequest, etag: string): void {
    test.core.answer(request, 200, [`SIP-ETag: ${etag}`, 'Expires: 600']);
  }

  /** Answers a REGISTER as the core did the first one. */
  async function answerRegister(): Promise<SipRequest> {
    const request = await test.core.request('REGISTER');
    const contact = /<[^>]*>/.exec(request.header('Contact') ?? '')?.[0] ?? '';
    const instance = /\+sip\.instance="[^"]*"/.exec(request.header('Contact') ?? '')?.[0] ?? '';
    test.core.answer(request, 200, [`Contact: ${contact};${instance};pub-gruu="${GRUU}";expires=600`]);
    return request;
  }

  it('begins with the registration, about the GRUU, and is told', async () => {
    test = await TestTerminal.open({
      capabilities: { publish: true, expires: 900 },
      ims: { preferredIdentity: 'sip:bob@push.test' },
    });
    const request = await test.core.request('PUBLISH');
    expect(request.uri).toBe('sip:bob@push.test');
    expect(request.header('Expires')).toBe('900');
    expect(request.header('P-Preferred-Identity')).toBe('<sip:bob@push.test>');
    expect(request.body.toString()).toContain(`<contact>${GRUU}</contact>`);
    expect(request.body.toString()).toContain('mms.ua,wml.ua');
    expect(test.terminal.publication).toMatchObject({ state: { kind: 'publishing' }, lastFailure: null });
    grant(request, 'a1');
    expect(await test.event('published')).toMatchObject({ etag: 'a1', expires: 600 });
    expect(test.terminal.publication?.state).toMatchObject({ kind: 'published', etag: 'a1' });
  });

  it('follows the applications, and closes when push is withdrawn', async () => {
    test = await TestTerminal.open({ capabilities: { publish: true } });
    grant(await test.core.request('PUBLISH'), 'a1');
    await test.event('published');
    test.terminal.adopt({ ...test.terminal.profile, applications: ['sync.ua'] });
    await answerRegister();
    const change = await test.core.request('PUBLISH');
    expect(change.header('SIP-If-Match')).toBe('a1');
    expect(change.body.toString()).toContain('>sync.ua<');
    grant(change, 'a2');
    await test.event('published', ({ etag }) => etag === 'a2');
    test.terminal.withdraw();
    await answerRegister();
    const closed = await test.core.request('PUBLISH');
    expect(closed.body.toString()).toContain('<basic>closed</basic>');
    grant(closed, 'a3');
  });

  it('is taken back when the terminal closes', async () => {
    test = await TestTerminal.open({ capabilities: { publish: true } });
    grant(await test.core.request('PUBLISH'), 'a1');
    await test.event('published');
    const closed = test.terminal.close();
    const removal = await test.core.request('PUBLISH');
    expect(removal.header('Expires')).toBe('0');
    expect(removal.header('SIP-If-Match')).toBe('a1');
    test.core.answer(removal, 200, ['SIP-ETag: a2', 'Expires: 0']);
    test.core.answer(await test.core.request('REGISTER'), 200);
    await closed;
  });

  it('that fails is told, with the last failure kept beside what came of it', async () => {
    test = await TestTerminal.open({ capabilities: { publish: true } });
    test.core.answer(await test.core.request('PUBLISH'), 489);
    expect(await test.event('publication-failed')).toMatchObject({ code: 489, retryAt: null });
    test.terminal.register();
    await answerRegister();
    grant(await test.core.request('PUBLISH'), 'a1');
    await test.event('published');
    expect(test.terminal.publication).toMatchObject({
      state: { kind: 'published' },
      lastFailure: { code: 489, reason: expect.stringContaining('no presence') },
    });
  });

  it('does not happen where the profile does not want it', async () => {
    test = await TestTerminal.open();
    expect(test.terminal.publication).toBeNull();
    test.terminal.register();
    await answerRegister();
    // Whatever came before the next REGISTER has been read by now.
    test.terminal.register();
    await answerRegister();
    expect(test.events.some(({ event }) => event === 'published')).toBe(false);
  });
});
