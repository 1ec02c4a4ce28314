import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type ContentVerdict, contentTree, judgeContent, MAX_REFERENCES } from './judge-content.ts';
import { type ProfileInput, profileSchema } from './profile.ts';

const SENDER = { identities: ['sip:psa@push.test'], application: 'mms.ua' };
const MIXED = 'multipart/mixed; boundary=b';

function parts(...types: readonly string[]): Buffer {
  return Buffer.from(`${types.map((type) => `--b\r\nContent-Type: ${type}\r\n\r\nx\r\n`).join('')}--b--\r\n`);
}

async function judge(
  bytes: Buffer,
  contentType: string,
  settings: Pick<ProfileInput, 'content' | 'trust'>,
): Promise<ContentVerdict> {
  const profile = profileSchema.parse({
    name: 'bob',
    aor: 'sip:bob@push.test',
    core: 'sip:127.0.0.1',
    ...settings,
  });
  const content = { contentType, contentEncoding: null, bytes };
  return judgeContent(content, await contentTree(content), SENDER, profile);
}

describe('content of several parts', () => {
  it('is taken where every part is', async () => {
    const accept = ['multipart/*', 'text/plain', 'image/*'];
    const verdict = await judge(parts('text/plain', 'image/png'), MIXED, { content: { accept } });
    expect(verdict).toMatchObject({ kind: 'take', hold: null });
  });

  it('is 415 where one part is not taken, and the answer names it', async () => {
    const accept = ['multipart/*', 'text/plain'];
    expect(await judge(parts('text/plain', 'image/png'), MIXED, { content: { accept } })).toEqual({
      kind: 'refuse',
      code: 415,
      reason: 'Content of type image/png is not taken.',
      headers: ['Accept: multipart/*, text/plain, message/external-body'],
    });
  });

  it('is 415 where only some types are taken and it cannot be taken apart', async () => {
    const accept = ['multipart/*', 'text/plain'];
    expect(await judge(Buffer.from('--b\r\n'), MIXED, { content: { accept } })).toMatchObject({ code: 415 });
    expect(await judge(Buffer.from('--b\r\n'), MIXED, {})).toMatchObject({ kind: 'take' });
  });

  it.each([
    ['deny', { kind: 'refuse', code: 403 }],
    ['ask', { kind: 'take', hold: 'A rule of the profile asks before sip:psa@push.test may push this.' }],
  ] as const)('meets a rule to %s the type of one part', async (decide, verdict) => {
    const trust = { rules: [{ sender: '*', application: '*', type: 'text/html', decide }] };
    expect(await judge(parts('text/plain', 'text/html'), MIXED, { trust })).toMatchObject(verdict);
    expect(await judge(parts('text/plain'), MIXED, { trust })).toMatchObject({ kind: 'take', hold: null });
  });
});

describe('content that lies elsewhere', () => {
  const DAY_MS = 86_400_000;
  /** A reference to a picture. */
  const refer = (parameters = '', inner = 'Content-Type: image/png\r\n', expires = Date.now() + DAY_MS) => ({
    type: `message/external-body; access-type=URL; expiration="${new Date(expires).toUTCString()}"; URL="http://a.test/"${parameters}`,
    body: Buffer.from(`${inner}\r\n`),
  });
  const OPTIONAL = 'Content-Type: image/png\r\nContent-Disposition: render; handling=optional\r\n';

  it('is taken though only its own type is listed, which Accept then says (RFC 4483 §5.1, §5.3)', async () => {
    const { type, body } = refer();
    const allow = { indirection: 'allow' } as const;
    const taken = await judge(body, type, { content: { accept: ['image/*'], ...allow } });
    expect(taken).toMatchObject({ kind: 'take', references: [{ url: 'http://a.test/' }], hold: null });
    const refused = await judge(body, type, { content: { accept: ['text/*'], ...allow } });
    expect(refused).toMatchObject({ code: 415, headers: ['Accept: text/*, message/external-body'] });
    const denied = await judge(body, type, { content: { accept: ['image/*'], indirection: 'deny' } });
    expect(denied).toMatchObject({ code: 415, headers: ['Accept: image/*'] });
  });

  it('is refused when its time has run out, before a 200 would say that it is delivered (X-11)', async () => {
    const { type, body } = refer('', undefined, Date.now() - 2_000);
    expect(await judge(body, type, {})).toMatchObject({
      code: 400,
      reason: 'The address of the content is no longer good: its time has run out.',
    });
  });

  it.each<[string, ReturnType<typeof refer>, ProfileInput['content']]>([
    ['of a type that is not taken', refer('', OPTIONAL), { accept: ['text/*', 'multipart/*'] }],
    ['too large', refer('; size=1000', OPTIONAL), { maxBytes: 10 }],
    ['too late', refer('', OPTIONAL, Date.now() - 2_000), {}],
    ['denied', refer('', OPTIONAL), { indirection: 'deny' }],
  ])(
    'that the sender can do without is left out when it is %s (RFC 4483 §5.5)',
    async (_what, { type, body }, content) => {
      const mixed = Buffer.concat([
        Buffer.from(`--b\r\n\r\nhello\r\n--b\r\nContent-Type: ${type}\r\n\r\n`),
        body,
        Buffer.from('\r\n--b--\r\n'),
      ]);
      const verdict = await judge(mixed, MIXED, { content });
      const leftOut = [expect.stringMatching(/^http:\/\/a\.test\/: [A-Z].*\.$/)];
      expect(verdict).toMatchObject({ kind: 'take', references: [], leftOut, preview: 'hello' });
    },
  );
});

describe('several contents that lie elsewhere', () => {
  const part = (type: string, inner: string) => `--b\r\nContent-Type: ${type}\r\n\r\n${inner}\r\n`;
  const elsewhere = (url: string, type = 'image/png') =>
    part(`message/external-body; access-type=URL; URL="${url}"; size=1`, `Content-Type: ${type}\r\n\r\n`);
  const judgeParts = (parts: readonly string[], kind = 'mixed', content: ProfileInput['content'] = {}) =>
    judge(Buffer.from(`${parts.join('')}--b--\r\n`), `multipart/${kind}; boundary=b`, {
      content: { indirection: 'allow', ...content },
    });

  it.each<[string, readonly string[], string, ProfileInput['content'], readonly string[]]>([
    [
      'all of a mixture',
      [elsewhere('http://a/1'), elsewhere('http://a/2')],
      'mixed',
      {},
      ['http://a/1', 'http://a/2'],
    ],
    [
      'the last alternative',
      [elsewhere('http://a/1'), elsewhere('http://a/2')],
      'alternative',
      {},
      ['http://a/2'],
    ],
    [
      'none where the last alternative is here',
      [elsewhere('http://a/1'), part('text/plain', 'x')],
      'alternative',
      {},
      [],
    ],
  ])('are wanted: %s', async (_name, parts, kind, content, urls) => {
    expect(await judgeParts(parts, kind, content)).toMatchObject({
      kind: 'take',
      references: urls.map((url) => ({ url })),
    });
  });

  it.each<[string, readonly string[], ProfileInput['content'], readonly string[]]>([
    [
      'the last of a type that is taken',
      [elsewhere('http://a/1'), elsewhere('http://a/2', 'video/mp4')],
      { accept: ['image/*', 'multipart/*'] },
      ['http://a/1'],
    ],
    [
      'the last that is not too large',
      [elsewhere('http://a/1'), elsewhere('http://a/2').replace('size=1', 'size=1000')],
      { maxBytes: 10 },
      ['http://a/1'],
    ],
    [
      'what is here where references are denied',
      [part('text/plain', 'x'), elsewhere('http://a/1')],
      { indirection: 'deny' },
      [],
    ],
  ])('are alternatives, of which counts %s', async (_name, parts, content, urls) => {
    expect(await judgeParts(parts, 'alternative', content)).toMatchObject({
      kind: 'take',
      references: urls.map((url) => ({ url })),
    });
  });

  it.each<[string, string, readonly string[]]>([
    [
      'that the sender can do without',
      'mixed',
      [
        elsewhere('http://a/1').replace(
          'image/png\r\n',
          `image/png\r\nContent-Disposition: render; handling=optional\r\n`,
        ),
      ],
    ],
    [
      'behind more parts than are shown',
      'mixed',
      [
        ...Array.from({ length: 3 }, () =>
          part('multipart/mixed; boundary=c', `${'--c\r\n\r\n\r\n'.repeat(80)}--c--`),
        ),
        elsewhere('http://a/1'),
      ],
    ],
  ])('fall under a rule about references: one %s', async (_name, kind, parts) => {
    const rules = [{ type: 'message/external-body', decide: 'deny' as const }];
    const trust = { rules };
    const body = Buffer.from(`${parts.join('')}--b--\r\n`);
    const settings = { content: { indirection: 'allow' as const }, trust };
    const verdict = await judge(body, `multipart/${kind}; boundary=b`, settings);
    expect(verdict).toMatchObject({ kind: 'refuse', code: 403 });
  });

  it('are refused where there are too many, or one of them is malformed or of a type that is not taken', async () => {
    const many = Array.from({ length: MAX_REFERENCES + 1 }, (_, index) => elsewhere(`http://a/${index}`));
    expect(await judgeParts(many)).toMatchObject({ code: 513 });
    expect(await judgeParts(many.slice(1))).toMatchObject({ kind: 'take' });
    expect(await judgeParts([elsewhere('http://a/1'), elsewhere('')])).toMatchObject({ code: 400 });
    const accept = ['text/*', 'multipart/*'];
    expect(
      await judgeParts([elsewhere('http://a/1', 'text/plain'), elsewhere('http://a/2')], 'mixed', { accept }),
    ).toMatchObject({ code: 415 });
  });
});

describe('a CPIM message', () => {
  it.each([
    ['Require: To', 'take'],
    ['Require: Teleport', 'refuse'],
  ])('with %s: %s (RFC 3862 §3.5)', async (line, kind) => {
    const body = Buffer.from(
      `From: <sip:a@b>\r\nTo: <sip:b@b>\r\n${line}\r\n\r\nContent-Type: text/plain\r\n\r\nhi`,
    );
    const verdict = await judge(body, 'message/cpim', {});
    expect(verdict).toMatchObject(
      kind === 'take'
        ? { kind, preview: 'hi' }
        : {
            kind,
            code: 415,
            reason: 'Not processed: the CPIM message requires Teleport, which is not known.',
          },
    );
  });
});

describe('what a list is told', () => {
  it('is the text of encoded content too, and whether a part is not what it says', async () => {
    const profile = profileSchema.parse({ name: 'bob', aor: 'sip:bob@push.test', core: 'sip:127.0.0.1' });
    const content = { contentType: 'text/plain', contentEncoding: 'gzip', bytes: gzipSync('packed') };
    const verdict = judgeContent(content, await contentTree(content), SENDER, profile);
    expect(verdict).toMatchObject({ preview: 'packed', mismatch: false });
    expect(await judge(parts('text/plain', 'image/png'), MIXED, {})).toMatchObject({ mismatch: true });
    expect(await judge(Buffer.from('text'), 'image/png', {})).toMatchObject({ mismatch: true });
  });
});
