import { open as openFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GIF, PNG } from '../content/test-images.ts';
import type { FileRecord } from '../history/records.ts';
import { relatedBody } from '../sandbox/sender/related-body.ts';
import type { ProfileInput } from './profile.ts';
import { connectTo, offerOf, type TestFile, TestTerminal } from './test-terminal.ts';

const TYPE = 'application/octet-stream';
const SMALL: TestFile = { name: 'small.bin', content: Buffer.alloc(1000, 's') };
const LARGE: TestFile = { name: 'large.bin', content: Buffer.alloc(5000, 'l') };
const TEXT: TestFile = { name: 'notes.txt', content: Buffer.from('hello'), type: 'text/plain' };

describe('offered files, before anyone is asked', () => {
  let test: TestTerminal;

  const open = async (files: NonNullable<ProfileInput['files']>) => {
    test = await TestTerminal.open({ files });
  };

  afterEach(() => test.close());

  async function filesOf(callId: string): Promise<readonly FileRecord[]> {
    const { offer } = await test.event('offer', (one) => one.callId === callId);
    const record = await test.history.get(offer);
    return record?.body.kind === 'files' ? record.body.files : [];
  }

  async function answered(callId: string) {
    const answer = await test.core.response();
    expect(answer.callId).toBe(callId);
    expect(answer.code).toBe(200);
    return test.acknowledge(answer, answer.body.toString().split('m=message').length - 1);
  }

  async function deliver(file: TestFile, callId: string): Promise<string> {
    test.invite([file], { callId });
    const { offer } = await test.event('offer', (one) => one.callId === callId);
    if (test.terminal.deadlines().some((one) => one.offer === offer)) test.terminal.accept(offer, [0]);
    const [target] = await answered(callId);
    const sender = await connectTo(target);
    const total = file.content.length;
    const outcome = await sender.send({
      contentType: file.type ?? TYPE,
      total,
      source: Readable.from([file.content]),
    });
    expect(outcome.kind).toBe('delivered');
    sender.close();
    const { path } = await test.event('file', (one) => one.offer === offer);
    // Told a moment before it is written.
    await expect.poll(() => filesOf(callId)).toMatchObject([{ state: 'verified' }]);
    return path;
  }

  describe('one that is here already (PRA-SDP-05, RFC 5547 §8.3.1)', () => {
    beforeEach(() => open({ decide: 'ask' }));

    it('is told with its path, and can be declined in favour of the copy', async () => {
      const path = await deliver(SMALL, 'first');
      test.invite([{ ...SMALL, name: 'other name.bin' }], { callId: 'again' });
      const offer = await test.event('offer', (one) => one.callId === 'again');
      expect(offer.files).toMatchObject([{ name: 'other name.bin', known: path }]);
      expect(await filesOf('again')).toMatchObject([{ state: 'offered', known: { path } }]);
      test.terminal.useKnown(offer.offer);
      const answer = await test.core.response();
      expect(answer.code).toBe(603);
      expect(answer.header('Warning')).toContain('Not taken again');
      expect(await filesOf('again')).toMatchObject([{ state: 'declined', known: { path } }]);
    });

    it('is declined with port 0 beside one that is taken, and says why', async () => {
      const path = await deliver(SMALL, 'first');
      test.invite([SMALL, LARGE], { callId: 'again' });
      const { offer } = await test.event('offer', (one) => one.callId === 'again');
      test.terminal.accept(offer, [1]);
      const [known, other] = await answered('again');
      expect([known?.kind, other?.kind]).toEqual(['declined', 'accepted']);
      await expect
        .poll(() => filesOf('again'))
        .toMatchObject([
          { state: 'declined', reason: 'Not taken again: the file is here already.', known: { path } },
          { state: 'accepted', known: null },
        ]);
    });

    it('can be received again, under another name', async () => {
      const first = await deliver(SMALL, 'first');
      const second = await deliver(SMALL, 'again');
      expect(second).not.toBe(first);
      expect(second).toMatch(/small \(2\)\.bin$/);
    });

    it.each([
      ['was removed', (path: string) => rm(path)],
      ['was changed', (path: string) => writeFile(path, 'shorter')],
    ])('is not known any more when it %s', async (_name, change) => {
      await change(await deliver(SMALL, 'first'));
      test.invite([SMALL], { callId: 'again' });
      expect((await test.event('offer', (one) => one.callId === 'again')).files).toMatchObject([
        { known: null },
      ]);
    });
  });

  describe('rules', () => {
    it('accept, decline and ask file by file, and a rule is enough where nobody answers', async () => {
      await open({
        decide: 'ask',
        answerWithin: 1,
        rules: [
          { type: 'text/*', decide: 'decline' },
          { maxBytes: 1000, decide: 'accept' },
        ],
      });
      test.invite([SMALL, LARGE, TEXT], { callId: 'mixed' });
      await test.event('offer');
      expect(await filesOf('mixed')).toMatchObject([
        { state: 'offered', ruled: true },
        { state: 'offered', ruled: false },
        { state: 'declined', reason: 'Declined by a rule of the profile.' },
      ]);
      const kinds = (await answered('mixed')).map(({ kind }) => kind);
      expect(kinds).toEqual(['accepted', 'declined', 'declined']);
    });

    it('answer at once where none of them asks', async () => {
      await open({ decide: 'accept', rules: [{ minBytes: 2000, decide: 'decline' }] });
      test.invite([SMALL, LARGE], { callId: 'both' });
      expect((await answered('both')).map(({ kind }) => kind)).toEqual(['accepted', 'declined']);
      test.invite([LARGE], { callId: 'large' });
      expect((await test.core.response()).code).toBe(603);
    });

    it('let the user take what they would not', async () => {
      await open({ decide: 'ask', rules: [{ maxBytes: 1000, decide: 'accept' }] });
      test.invite([SMALL, LARGE], { callId: 'mixed' });
      const { offer } = await test.event('offer');
      test.terminal.accept(offer, [1]);
      expect((await answered('mixed')).map(({ kind }) => kind)).toEqual(['declined', 'accepted']);
    });
  });

  describe('sizes (RFC 5547 §8.7)', () => {
    beforeEach(() => open({ decide: 'accept', maxBytes: 2000 }));

    it('refuses the file that is larger than the profile takes, and takes the other', async () => {
      test.invite([LARGE, SMALL], { callId: 'both' });
      expect((await answered('both')).map(({ kind }) => kind)).toEqual(['declined', 'accepted']);
      expect(await filesOf('both')).toMatchObject([
        { reason: 'Larger than the 2000 bytes that the profile allows.' },
        {},
      ]);
    });

    it('answers 488 where every file is too large', async () => {
      test.invite([LARGE], { callId: 'large' });
      const answer = await test.core.response();
      expect(answer.code).toBe(488);
      expect(answer.header('Warning')).toContain('No file of the offer can be taken.');
    });

    it.each([
      ['than it offered', offerOf([SMALL]), /sent more than the 1000 bytes it offered/],
      [
        'than is taken',
        offerOf([SMALL]).replace(' size:1000', ''),
        /larger than the 2000 bytes that are taken/,
      ],
    ])('stops a sender with 413 that sends more %s', async (_name, sdp, reason) => {
      test.invite([], { callId: 'more', sdp });
      const [target] = await answered('more');
      const sender = await connectTo(target);
      const source = Readable.from([Buffer.alloc(2500, 's')]);
      expect(await sender.send({ contentType: TYPE, total: 2500, source })).toMatchObject({
        kind: 'refused',
        code: 413,
      });
      expect((await test.event('file-failed')).reason).toMatch(reason);
      sender.close();
    });
  });

  describe('a disk that fills up', () => {
    beforeEach(() => open({ decide: 'accept' }));

    it('stops the sender with 413, says why, and leaves nothing', async () => {
      test.invite([LARGE], { callId: 'full' });
      const [target] = await answered('full');
      const sender = await connectTo(target);
      const any = await openFile(join(test.folder, 'any'), 'w');
      const full = Object.assign(new Error('no space'), { code: 'ENOSPC' });
      const write = vi.spyOn(Object.getPrototypeOf(any), 'writev').mockRejectedValue(full);
      try {
        const source = Readable.from([LARGE.content]);
        const outcome = await sender.send({ contentType: TYPE, total: LARGE.content.length, source });
        expect(outcome).toMatchObject({ code: 413 });
        expect((await test.event('file-failed')).reason).toContain('the disk is full');
      } finally {
        write.mockRestore();
        await any.close();
      }
      await expect.poll(() => readdir(join(test.folder, 'files'))).toEqual([]);
      sender.close();
    });
  });

  describe('icons (PRA-SDP-08, RFC 5547 §8.8)', () => {
    beforeEach(() => open({ decide: 'ask' }));

    it('are taken out of the multipart body of the INVITE, each for its file', async () => {
      const sdp = offerOf([
        { ...SMALL, icon: 'one@psa' },
        LARGE,
        { ...TEXT, icon: 'bad@psa' },
        { ...SMALL, name: 'b.bin', icon: 'two@psa' },
      ]);
      const body = relatedBody(sdp, [
        { id: 'one@psa', type: 'image/svg+xml', bytes: PNG },
        { id: 'bad@psa', type: 'image/png', bytes: Buffer.from('<svg onload="alert(1)"/>') },
        { id: 'two@psa', type: 'image/gif', bytes: GIF },
      ]);
      test.invite([], { callId: 'icons', sdp: body.content, type: body.type });
      await test.event('offer');
      expect((await filesOf('icons')).map(({ icon }) => icon)).toEqual([
        `data:image/png;base64,${PNG.toString('base64')}`,
        null,
        null,
        `data:image/gif;base64,${GIF.toString('base64')}`,
      ]);
    });
  });
});
