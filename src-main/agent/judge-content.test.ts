import { describe, expect, it } from 'vitest';
import { type ContentVerdict, contentTree, judgeContent } from './judge-content.ts';
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
      headers: ['Accept: multipart/*, text/plain'],
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
