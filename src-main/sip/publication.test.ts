import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SipRequest } from './message.ts';
import { Publication } from './publication.ts';
import type { PublicationState } from './publication-state.ts';
import { TestCore } from './test-core.ts';
import { connectBob } from './test-user-agent.ts';
import type { SipUserAgent } from './user-agent.ts';

const DOCUMENT = '<presence>Zoë</presence>';

describe('Publication (RFC 3903)', () => {
  let core: TestCore;
  let ua: SipUserAgent;
  let publication: Publication;
  let document: string;
  let states: PublicationState[];
  let wake: () => void;

  beforeEach(async () => {
    core = await TestCore.open();
    document = DOCUMENT;
    states = [];
    wake = () => {};
    ua = await connectBob(core.port, {
      credentials: { kind: 'password', username: 'bob', password: 'secret', realm: null },
    });
    publication = new Publication(ua, {
      target: 'sip:bob@push.test',
      event: 'presence',
      contentType: 'application/pidf+xml',
      document: () => document,
      expires: 600,
      headers: ['P-Preferred-Identity: <sip:bob@push.test>'],
      changed: (state) => {
        states.push(state);
        wake();
      },
    });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  });

  afterEach(async () => {
    vi.useRealTimers();
    publication.suspend();
    ua.close();
    await core.close();
  });

  async function reached<K extends PublicationState['kind']>(
    kind: K,
  ): Promise<Extract<PublicationState, { kind: K }>> {
    for (;;) {
      const state = states.at(-1);
      if (state?.kind === kind) return state as Extract<PublicationState, { kind: K }>;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }

  /** Takes the next PUBLISH and grants it. */
  async function granted(etag: string, expires = 600): Promise<SipRequest> {
    const request = await core.request('PUBLISH');
    states.length = 0;
    core.answer(request, 200, [`SIP-ETag: ${etag}`, `Expires: ${expires}`]);
    await reached('published');
    return request;
  }

  function pass(seconds: number): void {
    vi.advanceTimersByTime(seconds * 1000);
  }

  it('first publishes the document, without a tag and outside any dialog (§4.2)', async () => {
    publication.publish();
    const request = await granted('a1', 300);
    expect(request.uri).toBe('sip:bob@push.test');
    expect(request.header('Event')).toBe('presence');
    expect(request.header('Expires')).toBe('600');
    expect(request.header('Content-Type')).toBe('application/pidf+xml');
    expect(request.header('SIP-If-Match')).toBeUndefined();
    expect(request.header('P-Preferred-Identity')).toBe('<sip:bob@push.test>');
    expect(request.body.toString('utf8')).toBe(DOCUMENT);
    const expected = new Date(Date.now() + 300_000).toISOString();
    expect(await reached('published')).toMatchObject({ etag: 'a1', expiresAt: expected });
  });

  it('refreshes before the granted time is over: the tag of the last 2xx and no body (§4.3)', async () => {
    publication.publish();
    await granted('a1', 100);
    const { since } = await reached('published');
    pass(79);
    core.forget();
    pass(1);
    const refresh = await granted('a2', 100);
    expect(refresh.header('SIP-If-Match')).toBe('a1');
    expect(refresh.header('Content-Type')).toBeUndefined();
    expect(refresh.body).toHaveLength(0);
    pass(80);
    expect((await granted('a3')).header('SIP-If-Match')).toBe('a2');
    expect(await reached('published')).toMatchObject({ etag: 'a3', since });
  });

  it('modifies with tag and body when the document changed (§4.4)', async () => {
    publication.publish();
    await granted('a1');
    document = '<presence>other</presence>';
    publication.publish();
    const change = await granted('a2');
    expect(change.header('SIP-If-Match')).toBe('a1');
    expect(change.body.toString()).toBe(document);
  });

  it('says nothing anew while nothing changed', async () => {
    publication.publish();
    await granted('a1');
    publication.publish();
    publication.publish();
    document = '<presence>other</presence>';
    publication.publish();
    expect((await granted('a2')).body.toString()).toBe(document);
  });

  it('sends one PUBLISH at a time: what changes meanwhile follows (§4)', async () => {
    publication.publish();
    const first = await core.request('PUBLISH');
    document = '<presence>second</presence>';
    publication.publish();
    document = '<presence>third</presence>';
    publication.publish();
    core.answer(first, 200, ['SIP-ETag: a1', 'Expires: 600']);
    const next = await granted('a2');
    expect(next.header('SIP-If-Match')).toBe('a1');
    expect(next.body.toString()).toBe('<presence>third</presence>');
  });

  it('begins anew after 412, with the document and without the tag (§4.1)', async () => {
    publication.publish();
    await granted('a1');
    pass(480);
    core.answer(await core.request('PUBLISH'), 412);
    const anew = await granted('b1');
    expect(anew.header('SIP-If-Match')).toBeUndefined();
    expect(anew.body.toString('utf8')).toBe(DOCUMENT);
  });

  it('asks for as long as 423 wants (§4.2)', async () => {
    publication.publish();
    core.answer(await core.request('PUBLISH'), 423, ['Min-Expires: 1800']);
    expect((await granted('a1')).header('Expires')).toBe('1800');
  });

  it.each([
    ['412 for ever', 412, []],
    ['423 for ever, ever longer', 423, null],
    ['423 without Min-Expires', 423, []],
    ['423 that wants less', 423, ['Min-Expires: 60']],
    ['423 that wants more than a clock holds', 423, ['Min-Expires: 99999999999']],
  ] as const)('%s ends in a wait', async (_name, code, headers) => {
    publication.publish();
    let asked = 0;
    const answering = (async () => {
      for (;;) {
        const request = await core.request('PUBLISH');
        asked += 1;
        core.answer(request, code, headers ?? [`Min-Expires: ${1000 + asked}`]);
      }
    })();
    const failed = await reached('failed');
    expect(failed.code).toBe(code);
    expect(Date.parse(failed.retryAt ?? '')).toBeGreaterThanOrEqual(Date.now() + 5_000);
    expect(asked).toBeLessThanOrEqual(5);
    void answering;
  });

  it.each([403, 404, 405, 415, 489, 501])('%i is final until the next registration', async (code) => {
    publication.publish();
    core.answer(await core.request('PUBLISH'), code);
    expect(await reached('failed')).toMatchObject({ code, retryAt: null });
    pass(3600);
    publication.publish();
    await granted('a1');
  });

  it.each([
    ['503 with Retry-After', 503, ['Retry-After: 120'], 120],
    ['500', 500, [], 5],
  ])('%s is tried again later', async (_name, code, headers, seconds) => {
    publication.publish();
    core.answer(await core.request('PUBLISH'), code, headers);
    const failed = await reached('failed');
    expect(Date.parse(failed.retryAt ?? '')).toBeGreaterThanOrEqual(Date.now() + seconds * 1000);
    pass((Date.parse(failed.retryAt ?? '') - Date.now()) / 1000);
    await granted('a1');
  });

  it('answers a challenge', async () => {
    publication.publish();
    core.answer(await core.request('PUBLISH'), 407, [
      'Proxy-Authenticate: Digest realm="push.test", nonce="n1", qop="auth", algorithm=SHA-256',
    ]);
    const again = await granted('a1');
    expect(again.header('Proxy-Authorization')).toContain('username="bob"');
    expect(again.body.toString('utf8')).toBe(DOCUMENT);
  });

  it.each([
    ['Expires: 0', ['SIP-ETag: a1', 'Expires: 0']],
    ['no Expires', ['SIP-ETag: a1']],
    ['an Expires of years', ['SIP-ETag: a1', 'Expires: 4000000000']],
    ['no tag', ['Expires: 600']],
    ['a tag that is none', ['SIP-ETag: a b"', 'Expires: 600']],
  ])('a 2xx with %s makes no loop', async (_name, headers) => {
    publication.publish();
    core.answer(await core.request('PUBLISH'), 200, headers);
    const { expiresAt } = await reached('published');
    const left = Date.parse(expiresAt) - Date.now();
    expect(left).toBeGreaterThanOrEqual(10_000);
    expect(left).toBeLessThan(2 ** 31);
  });

  it('is removed with its tag, Expires: 0 and no body (§4.5)', async () => {
    publication.publish();
    await granted('a1');
    const removed = publication.remove();
    const request = await core.request('PUBLISH');
    expect(request.header('Expires')).toBe('0');
    expect(request.header('SIP-If-Match')).toBe('a1');
    expect(request.body).toHaveLength(0);
    core.answer(request, 200, ['SIP-ETag: a2', 'Expires: 0']);
    await removed;
    expect(publication.state.kind).toBe('off');
  });

  it('removing waits two seconds for a silent server, and no longer', async () => {
    publication.publish();
    await granted('a1');
    const removed = publication.remove();
    await core.request('PUBLISH');
    pass(2);
    await removed;
    expect(publication.state.kind).toBe('off');
  });

  it('removes what a PUBLISH under way still makes', async () => {
    publication.publish();
    const first = await core.request('PUBLISH');
    const removed = publication.remove();
    core.answer(first, 200, ['SIP-ETag: a1', 'Expires: 600']);
    const request = await core.request('PUBLISH');
    expect(request.header('SIP-If-Match')).toBe('a1');
    core.answer(request, 200, ['SIP-ETag: a2', 'Expires: 0']);
    await removed;
  });

  it('takes up what still stands after the flow was lost, and begins anew when it ran out', async () => {
    publication.publish();
    await granted('a1', 600);
    publication.suspend();
    expect(publication.state.kind).toBe('published');
    publication.publish();
    expect((await granted('a2', 600)).header('SIP-If-Match')).toBe('a1');
    publication.suspend();
    pass(601);
    expect(publication.state.kind).toBe('off');
    publication.publish();
    expect((await granted('b1')).header('SIP-If-Match')).toBeUndefined();
  });

  it('nothing that was never asked for is removed', async () => {
    await publication.remove();
    expect(states).toEqual([]);
  });
});
