import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, test } from '@playwright/test';
import {
  connectTo,
  FOR_MMS,
  FROM_PSA,
  offerOf,
  sha1Of,
  type TestFile,
} from '../src-main/agent/test-terminal.ts';
import { type AnsweredFile, parseAnswer } from '../src-main/sdp/answer.ts';
import { pushRequest, TestCore } from '../src-main/sip/test-core.ts';
import { App } from './pages/app.ts';

const FILE: TestFile = { name: 'firmware.img', content: Buffer.alloc(400_000, 'f') };
const TEXT = 'Content-Type: text/plain';

/** A hostile core and sender of our own: no real part sends what these tests need. */
test.describe('bad input, in a real window', () => {
  let core: TestCore;
  let app: App;

  test.beforeEach(async () => {
    core = await TestCore.open();
    app = await App.launch();
    await app.inbox.connect({
      Name: 'victim',
      'Address of record': 'sip:bob@push.test',
      Core: `sip:127.0.0.1:${core.port};transport=tcp`,
    });
    const register = await core.request('REGISTER');
    core.answer(register, 200, [`Contact: ${register.header('Contact')};expires=600`]);
    await expect(app.inbox.terminal('victim')).toContainText('Registered');
  });

  test.afterEach(async () => {
    await core.close();
    await app.close();
  });

  function invite(sdp: string): void {
    const headers = ['Contact: <sip:psa@127.0.0.1:7777>', FOR_MMS, FROM_PSA, 'Content-Type: application/sdp'];
    core.send(pushRequest('INVITE', { branch: 'invite', callId: 'call', headers, body: sdp }));
  }

  /** Offers a file and accepts it by hand; answers where to send it. */
  async function acceptedByHand(file: TestFile): Promise<AnsweredFile | undefined> {
    invite(offerOf([file]));
    await app.inbox.open('firmware.img offered');
    await app.inbox.accept('all');
    const answer = await core.response();
    expect(answer.code).toBe(200);
    core.send(pushRequest('ACK', { branch: 'ack', callId: 'call', toTag: answer.toTag ?? '' }));
    return parseAnswer(answer.body.toString(), 1)?.[0];
  }

  const kept = () => readdir(join(app.dataFolder, 'files', 'victim'));

  for (const { name, code, headers, row, words } of [
    {
      name: 'no asserted identity',
      code: 403,
      headers: [FOR_MMS, TEXT],
      row: 'Refused: sender',
      words: 'asserts no identity',
    },
    {
      name: 'a sender that is not trusted',
      code: 403,
      headers: [FOR_MMS, TEXT, 'P-Asserted-Identity: <sip:mallory@evil.test>'],
      row: 'Refused: sender',
      words: 'sip:mallory@evil.test is not on the list of trusted senders',
    },
    {
      name: 'no application',
      code: 403,
      headers: [FROM_PSA, TEXT],
      row: 'Refused: application',
      words: 'names no application',
    },
  ]) {
    test(`a message with ${name} gets ${code} and a row that says why`, async () => {
      core.send(pushRequest('MESSAGE', { headers, body: 'hello' }));
      expect((await core.response()).code).toBe(code);
      await app.inbox.open(row);
      await expect(app.inbox.detail).toContainText(words);
      await expect(app.inbox.detail).not.toContainText('hello');
    });
  }

  test('malformed SDP gets 400 and a row that says what is wrong', async () => {
    invite(offerOf([FILE]).replace('size:400000', 'size:huge'));
    expect((await core.response()).code).toBe(400);
    await app.inbox.open('Refused: malformed');
    await expect(app.inbox.detail).toContainText('the file-selector of m-line 1 is malformed');
  });

  test('a file with the wrong hash is kept apart, and the sender gets a failure report', async () => {
    const target = await acceptedByHand({ ...FILE, sha1: sha1Of(Buffer.from('something else')) });
    const sender = await connectTo(target);
    const source = Readable.from([FILE.content]);
    const outcome = await sender.send({ contentType: 'application/octet-stream', total: 400_000, source });
    expect(outcome.kind).toBe('reportedFailure');
    await expect(app.inbox.file('firmware.img')).toContainText('The SHA-1 of what arrived is');
    await expect(app.inbox.rows('firmware.img')).toContainText('Quarantined');
    await expect(app.inbox.delivery).toContainText('REPORT 000 400');
    expect(await kept()).toEqual(['quarantine']);
    sender.close();
  });

  test('a connection lost in mid-file fails the file and says how far it came', async () => {
    const sender = await connectTo(await acceptedByHand(FILE));
    async function* half() {
      yield FILE.content.subarray(0, 200_000);
      await expect(app.inbox.file('firmware.img')).toContainText('receiving');
      sender.close();
      yield Buffer.alloc(0);
    }
    await sender.send({ contentType: 'application/octet-stream', total: 400_000, source: half() });
    await expect(app.inbox.file('firmware.img')).toContainText(
      /connection was lost after \d+ of 400000 bytes/,
    );
    await expect(app.inbox.rows('firmware.img')).toContainText('Unfinished');
    await app.inbox.fileAction('Remove firmware.img').click();
    await expect(app.inbox.rows('firmware.img')).toContainText('Failed');
    await expect.poll(kept).toEqual([]);
  });

  test('a file stopped by hand in mid-flight gets 413', async () => {
    const sender = await connectTo(await acceptedByHand(FILE), { window: 1 });
    async function* half() {
      yield FILE.content.subarray(0, 200_000);
      await app.inbox.page.getByRole('button', { name: 'Stop firmware.img' }).click();
      await expect(app.inbox.file('firmware.img')).toContainText('stopped');
      yield FILE.content.subarray(200_000);
    }
    const outcome = await sender.send({
      contentType: 'application/octet-stream',
      total: 400_000,
      source: half(),
    });
    expect(outcome).toMatchObject({ kind: 'refused', code: 413 });
    sender.close();
  });

  test('hostile HTML is shown as text, and a lie about the type is pointed out', async () => {
    const body = '<!doctype html><script>document.title = "owned"</script><img src=x onerror=alert(1)>';
    core.send(pushRequest('MESSAGE', { headers: [FOR_MMS, FROM_PSA, 'Content-Type: image/png'], body }));
    expect((await core.response()).code).toBe(200);
    await app.inbox.open('Picture');
    await expect(app.inbox.detail).toContainText('It is declared as image/png, but looks like text/html.');
    await expect(app.inbox.detail).toContainText('<script>');
    expect(await app.inbox.page.title()).toBe('Push Terminal');
    await expect(app.inbox.detail.getByRole('img')).toHaveCount(0);
  });

  test('a core that goes away is named with the time of the next try, and the terminal comes back by itself', async () => {
    core.drop();
    await expect(app.inbox.terminal('victim')).toContainText('next try in');
    const again = await core.request('REGISTER');
    core.answer(again, 200, [`Contact: ${again.header('Contact')};expires=600`]);
    await expect(app.inbox.terminal('victim')).toContainText('Registered');
  });
});
