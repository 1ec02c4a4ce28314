import { readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { IncomingFile } from '../content/incoming-file.ts';
import type { MsrpSender } from '../msrp/sender.ts';
import type { AnsweredFile } from '../sdp/answer.ts';
import type { SipResponse } from '../sip/message.ts';
import { MAX_PARTS } from './leftovers.ts';
import { connectTo, FOR_MMS, sha1Of, type TestFile, TestTerminal } from './test-terminal.ts';

const TYPE = 'application/octet-stream';
const FIRMWARE: TestFile = { name: 'firmware.img', content: pattern(300_000) };
const LIE: TestFile = { name: 'holiday.jpg', content: Buffer.from('no picture'), type: 'image/jpeg' };

/** Bytes of which no two stretches are alike, so that a wrong offset shows. */
function pattern(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at + 4 <= length; at += 4) bytes.writeUInt32BE(at, at);
  return bytes;
}

describe('what is left of files that did not come right', () => {
  let test: TestTerminal;
  let folder: string;

  beforeEach(async () => {
    test = await TestTerminal.open({ files: { decide: 'accept' } });
    folder = join(test.folder, 'files');
  });

  afterEach(() => test.close());

  async function accepted(
    file: TestFile,
    callId: string,
  ): Promise<{ readonly answer: SipResponse; readonly files: readonly AnsweredFile[] }> {
    test.invite([file], { callId });
    const answer = await test.core.response();
    expect(answer.code).toBe(200);
    return { answer, files: test.acknowledge(answer, 1) };
  }

  const offerId = async (callId: string) => (await test.event('offer', (one) => one.callId === callId)).offer;

  function send(sender: MsrpSender, content: Buffer, contentType = TYPE) {
    return sender.send({ contentType, total: content.length, source: Readable.from([content]) });
  }

  /** Sends the beginning of a file, and loses the connection once some of it is there. Answers what is kept. */
  async function breakAfter(file: TestFile, bytes: number, callId: string) {
    const { files } = await accepted(file, callId);
    const offer = await offerId(callId);
    const sender = await connectTo(files[0], { window: 1 });
    async function* half() {
      yield file.content.subarray(0, bytes);
      await test.event('progress', (one) => one.offer === offer && one.received > 0);
      sender.close();
    }
    await sender.send({ contentType: TYPE, total: file.content.length, source: half() });
    return test.event('part', (one) => one.offer === offer);
  }

  async function fileOf(callId: string) {
    const record = await test.history.get(await offerId(callId));
    return record?.body.kind === 'files' ? record.body.files[0] : undefined;
  }

  describe('quarantine', () => {
    async function quarantined(callId = 'lie') {
      const { files } = await accepted(LIE, callId);
      const sender = await connectTo(files[0]);
      expect(await send(sender, LIE.content, 'image/jpeg')).toMatchObject({
        kind: 'reportedFailure',
        code: 415,
      });
      sender.close();
      const offer = await offerId(callId);
      const failed = await test.event('file-failed', (one) => one.offer === offer);
      await expect.poll(async () => (await fileOf(callId))?.leftover).not.toBeNull();
      return { offer, path: failed.quarantined ?? '' };
    }

    it('is kept by the user under the safe name, and never over another file', async () => {
      await writeFile(join(folder, 'holiday.jpg'), 'mine');
      const { offer, path } = await quarantined();
      expect(path).toMatch(/quarantine\/holiday\.jpg\.quarantined-[0-9a-f]{4}$/);
      await test.terminal.keepFile(offer, 0);
      const kept = join(folder, 'holiday (2).jpg');
      expect(await test.event('kept')).toMatchObject({ offer, index: 0, path: kept });
      expect(await readFile(kept)).toEqual(LIE.content);
      expect(await readFile(join(folder, 'holiday.jpg'), 'utf8')).toBe('mine');
      expect(await readdir(join(folder, 'quarantine'))).toEqual([]);
      await expect
        .poll(() => fileOf('lie'))
        .toMatchObject({
          state: 'kept',
          path: kept,
          leftover: null,
          reason: expect.stringMatching(/promised/),
        });
    });

    it('is removed by the user, once', async () => {
      const { offer, path } = await quarantined();
      await test.terminal.removeLeftover(offer, 0);
      expect(await test.event('removed')).toMatchObject({ offer, index: 0, path });
      expect(await readdir(join(folder, 'quarantine'))).toEqual([]);
      await expect.poll(() => fileOf('lie')).toMatchObject({ state: 'failed', leftover: null });
      await expect(test.terminal.removeLeftover(offer, 0)).rejects.toThrow('Nothing is left of this file.');
      await expect(test.terminal.keepFile(offer, 0)).rejects.toThrow('Nothing is left of this file.');
    });

    it('is said so in words when it has gone from the disk', async () => {
      const { offer, path } = await quarantined();
      await rm(path);
      await expect(test.terminal.keepFile(offer, 0)).rejects.toThrow('The file could not be moved');
    });
  });

  describe('a part', () => {
    it('is gone on with by an offer of the rest, and the whole file is verified (RFC 5547 §6, §8.3.1)', async () => {
      const part = await breakAfter(FIRMWARE, 200_000, 'first');
      expect(part.bytes).toBeGreaterThan(0);
      expect(await fileOf('first')).toMatchObject({
        state: 'failed',
        received: part.bytes,
        leftover: { kind: 'part', path: part.path, bytes: part.bytes },
      });
      // The sender may go back further than it has to.
      const from = part.bytes - 100;
      const { answer, files } = await accepted({ ...FIRMWARE, from }, 'second');
      expect(answer.body.toString()).toContain(`a=file-range:${from}-300000\r\n`);
      expect(await test.event('offer', (one) => one.callId === 'second')).toMatchObject({
        files: [{ from }],
      });
      await expect.poll(async () => (await fileOf('first'))?.leftover).toBeNull();
      const sender = await connectTo(files[0]);
      expect((await send(sender, FIRMWARE.content.subarray(from - 1))).kind).toBe('delivered');
      const file = await test.event('file');
      expect(file).toMatchObject({ bytes: 300_000, sha1: sha1Of(FIRMWARE.content), verified: true });
      expect((await readFile(file.path)).equals(FIRMWARE.content)).toBe(true);
      expect(await readdir(folder)).toEqual(['firmware.img']);
      expect(await test.event('report')).toMatchObject({ range: `1-${300_001 - from}/${300_001 - from}` });
      sender.close();
    });

    it('grows when the rest breaks off too', async () => {
      const first = await breakAfter(FIRMWARE, 100_000, 'first');
      const rest = FIRMWARE.content.subarray(first.bytes);
      const { files } = await accepted({ ...FIRMWARE, from: first.bytes + 1 }, 'second');
      const offer = await offerId('second');
      const sender = await connectTo(files[0], { window: 1 });
      async function* half() {
        yield rest.subarray(0, 100_000);
        await test.event('progress', (one) => one.offer === offer && one.received > first.bytes);
        sender.close();
      }
      await sender.send({ contentType: TYPE, total: rest.length, source: half() });
      const second = await test.event('part', (one) => one.offer === offer);
      expect(second.path).toBe(first.path);
      expect(second.bytes).toBeGreaterThan(first.bytes);
      const kept = await readFile(second.path);
      expect(kept.subarray(0, second.bytes).equals(FIRMWARE.content.subarray(0, second.bytes))).toBe(true);
    });

    it('makes no whole of another file: a wrong rest is quarantined', async () => {
      const part = await breakAfter(FIRMWARE, 200_000, 'first');
      const { files } = await accepted({ ...FIRMWARE, from: part.bytes + 1 }, 'second');
      const sender = await connectTo(files[0]);
      const outcome = await send(sender, Buffer.alloc(300_000 - part.bytes, 'x'));
      expect(outcome).toMatchObject({ kind: 'reportedFailure', code: 400 });
      expect((await test.event('file-failed', (one) => one.quarantined !== null)).reason).toMatch(/SHA-1/);
      expect(await readdir(folder)).toEqual(['quarantine']);
      sender.close();
    });

    it('goes when the whole file comes another way', async () => {
      await breakAfter(FIRMWARE, 200_000, 'first');
      const { files } = await accepted(FIRMWARE, 'second');
      const sender = await connectTo(files[0]);
      expect((await send(sender, FIRMWARE.content)).kind).toBe('delivered');
      await expect.poll(async () => (await fileOf('first'))?.leftover).toBeNull();
      await expect.poll(() => readdir(folder)).toEqual(['firmware.img']);
      sender.close();
    });

    it('is neither told of to another sender of the same file, nor written to by it', async () => {
      const part = await breakAfter(FIRMWARE, 200_000, 'first');
      const before = await readFile(part.path);
      const stranger = [FOR_MMS, 'P-Asserted-Identity: <sip:stranger@push.test>'];
      test.invite([{ ...FIRMWARE, from: 2 }], { callId: 'stranger', headers: stranger });
      // As where nothing of it is here.
      expect((await test.core.response()).code).toBe(488);
      expect((await readFile(part.path)).equals(before)).toBe(true);
      await accepted({ ...FIRMWARE, from: 2 }, 'own');
    });

    it('waits for another try when going on with it fails', async () => {
      const part = await breakAfter(FIRMWARE, 200_000, 'first');
      const resume = vi.spyOn(IncomingFile, 'resume').mockRejectedValueOnce(new Error('The disk is full.'));
      test.invite([{ ...FIRMWARE, from: part.bytes + 1 }], { callId: 'second' });
      expect((await test.core.response()).code).toBe(500);
      resume.mockRestore();
      expect(await fileOf('first')).toMatchObject({ leftover: { kind: 'part', path: part.path } });
      await accepted({ ...FIRMWARE, from: part.bytes + 1 }, 'third');
    });

    it('goes, as the oldest, when there are too many', async () => {
      const part = await breakAfter(FIRMWARE, 100_000, 'first');
      const manifest = JSON.parse(await readFile(`${part.path}.json`, 'utf8'));
      const old = Date.now() / 1000 - 3600;
      await utimes(part.path, old, old);
      for (let number = 0; number < MAX_PARTS - 1; number += 1) {
        const path = join(folder, `.incoming-${String(number).padStart(24, '0')}.part`);
        await writeFile(path, 'x');
        await writeFile(
          `${path}.json`,
          JSON.stringify({ ...manifest, push: 'another', sha1: sha1Of(Buffer.from(path)) }),
        );
      }
      const last = await breakAfter({ ...FIRMWARE, content: pattern(300_004) }, 100_000, 'last');
      await expect.poll(async () => (await fileOf('first'))?.leftover).toBeNull();
      const names = await readdir(folder);
      expect(names).toHaveLength(2 * MAX_PARTS);
      expect(names).not.toContain(basename(part.path));
      expect(names).toContain(basename(last.path));
    });

    it('is removed by the user', async () => {
      const { offer, path } = await breakAfter(FIRMWARE, 200_000, 'first');
      await test.terminal.removeLeftover(offer, 0);
      expect(await test.event('removed')).toMatchObject({ path });
      expect(await readdir(folder)).toEqual([]);
      await expect(test.terminal.resume(offer, 0)).rejects.toThrow('Nothing is left of this file.');
    });

    it('that is missing has the rest refused: port 0, and 488 where nothing else is offered', async () => {
      test.invite([{ ...FIRMWARE, from: 1000 }], { callId: 'rest' });
      expect((await test.core.response()).code).toBe(488);
      expect(await fileOf('rest')).toMatchObject({
        state: 'declined',
        reason: 'It would begin at byte 1000, and the bytes before it are not here.',
      });
      test.invite([{ ...FIRMWARE, from: 1000 }, LIE], { callId: 'both' });
      const [rest, lie] = test.acknowledge(await test.core.response(), 2);
      expect([rest?.kind, lie?.kind]).toEqual(['declined', 'accepted']);
    });
  });
});
