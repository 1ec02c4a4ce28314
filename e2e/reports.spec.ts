import { expect, test } from '@playwright/test';
import { offerOf } from '../src-main/agent/test-terminal.ts';
import { RawPeer, sendText } from '../src-main/msrp/test-peer.ts';
import type { SipResponse } from '../src-main/sip/message.ts';
import { pushRequest, TestCore } from '../src-main/sip/test-core.ts';
import { App } from './pages/app.ts';

/** Takes longer to hash than a connection takes to be noticed as gone. */
const FIRMWARE = Buffer.alloc(60_000_000, 'f');
const HALF = FIRMWARE.length / 2;
const TIMER = ['Supported: timer', 'Session-Expires: 600;refresher=uac'];
const SDP = offerOf([{ name: 'firmware.img', content: FIRMWARE }]);

/** A core that registers one terminal and pushes to it what the test says, one MSRP chunk at a time. */
class ScriptedSender {
  readonly core: TestCore;
  #answer: SipResponse | null = null;
  #path = '';

  constructor(core: TestCore) {
    this.core = core;
  }

  async register(): Promise<void> {
    const request = await this.core.request('REGISTER');
    const contact = /<[^>]*>/.exec(request.header('Contact') ?? '')?.[0] ?? '';
    this.core.answer(request, 200, [`Contact: ${contact};expires=600`]);
  }

  invite(): void {
    const known = [
      'Accept-Contact: *;+g.oma.pusheventapp="mms.ua"',
      'P-Asserted-Identity: <sip:psa@push.test>',
    ];
    this.#request('INVITE', 1, { headers: [...known, ...TIMER], sdp: SDP });
  }

  /** Reads the 200 and acknowledges it. */
  async accepted(): Promise<void> {
    this.#answer = await this.core.response();
    this.#path = /^a=path:(\S+)/m.exec(this.#answer.body.toString())?.[1] ?? '';
    this.#request('ACK', 1);
  }

  /** Offers the same file over another path (RFC 4975 §5.4). */
  async comeBack(): Promise<void> {
    this.#request('INVITE', 2, { headers: TIMER, sdp: SDP.replace(/sender0/g, 'again') });
    await this.core.response();
    this.#request('ACK', 2);
  }

  connect(): Promise<RawPeer> {
    return RawPeer.connect(Number(/:(\d+)\//.exec(this.#path)?.[1]));
  }

  /** One chunk from a byte, to the end of the file or half of it. */
  chunk(tid: string, from: number, flag: '+' | '$'): string {
    const body = FIRMWARE.subarray(from, from + HALF).toString('latin1');
    const range = `${from + 1}-${from + HALF}/${FIRMWARE.length}`;
    const type = 'application/octet-stream';
    return sendText({ to: this.#path, tid, id: 'firmware', range, success: 'yes', type, body, flag });
  }

  /** A SEND that opens a session and says nothing. */
  greeting(tid: string): string {
    return sendText({ to: this.#path, tid, type: null, body: null });
  }

  #request(
    method: string,
    cseq: number,
    { headers = [], sdp = '' }: { readonly headers?: readonly string[]; readonly sdp?: string } = {},
  ): void {
    const toTag = this.#answer?.toTag;
    this.core.send(
      pushRequest(method, {
        branch: `${method}${cseq}`,
        callId: 'call-of-the-report-spec',
        cseq,
        ...(toTag === undefined ? {} : { toTag }),
        headers: [
          'Contact: <sip:psa@127.0.0.1:7777>',
          ...headers,
          ...(sdp === '' ? [] : ['Content-Type: application/sdp']),
        ],
        body: sdp,
      }),
    );
  }
}

test.describe('delivery reports in the window', () => {
  let app: App;
  let sender: ScriptedSender;

  test.beforeEach(async () => {
    sender = new ScriptedSender(await TestCore.open());
    app = await App.launch();
    await app.inbox.connect({
      Name: 'lab',
      'Address of record': 'sip:bob@push.test',
      Core: `sip:127.0.0.1:${sender.core.port};transport=tcp`,
      Applications: 'mms.ua',
    });
    await sender.register();
    await expect(app.inbox.terminal('lab')).toContainText('Registered');
  });

  test.afterEach(async () => {
    await sender.core.close();
    await app.close();
  });

  test('live by chunk; owed when the connection is lost; sent when the sender comes back; kept', async () => {
    const { inbox } = app;
    sender.invite();
    await inbox.open('firmware.img offered');
    await inbox.accept('all');
    await sender.accepted();
    const row = inbox.report('firmware.img');

    const first = await sender.connect();
    first.write(sender.chunk('tid1', HALF, '$'));
    expect(await first.said()).toBe('200 tid1');
    await expect(row).toContainText('1 × 200');
    await expect(row).toContainText('30,000,000');
    await expect(row).toContainText('of 60,000,000');
    await expect(row).toContainText('Success: yes');
    await expect(row).toContainText('due when whole');
    await expect(inbox.file('firmware.img')).toContainText('1 chunk');

    first.write(sender.chunk('tid2', 0, '+'));
    expect(await first.said()).toBe('200 tid2');
    first.socket.resetAndDestroy();
    await expect(row).toContainText('owed, not sent');
    await expect(row).toContainText('SHA-1 matches');
    await expect(row).toContainText('2 × 200');
    await expect(inbox.file('firmware.img')).toContainText('owed, not sent');
    await expect(inbox.delivery).toContainText('REPORT 000 200 owed, not sent');

    await app.restart();
    await app.inbox.open('firmware.img');
    const kept = app.inbox.report('firmware.img');
    await expect(kept).toContainText('owed, not sent');
    await expect(kept).toContainText('SHA-1 matches');
  });

  test('sent at once over a connection that stands, or over the next one; session facts beside it', async () => {
    const { inbox } = app;
    sender.invite();
    await inbox.open('firmware.img offered');
    await inbox.accept('all');
    await sender.accepted();
    const first = await sender.connect();
    first.write(sender.chunk('tid1', HALF, '$'));
    first.write(sender.chunk('tid2', 0, '+'));
    expect([await first.said(), await first.said()]).toEqual(['200 tid1', '200 tid2']);
    first.socket.resetAndDestroy();
    const row = inbox.report('firmware.img');
    await expect(row).toContainText('owed, not sent');

    await sender.comeBack();
    const second = await sender.connect();
    second.write(sender.greeting('tid3'));
    expect([await second.said(), await second.said()]).toEqual([
      '200 tid3',
      'REPORT firmware 1-60000000/60000000 200',
    ]);
    await expect(row).toContainText('sent 000 200');
    await expect(row).toContainText('1-60000000/60000000');
    await expect(inbox.rows('firmware.img')).toContainText('Reported');

    await inbox.tab('Session');
    const facts = inbox.session;
    await expect(facts).toContainText('call-of-the-report-spec');
    await expect(facts).toContainText('600 s');
    await expect(facts).toContainText('the sender (uac)');
    await expect(facts).toContainText('passive: the sender connects');
    await expect(facts).toContainText(/127\.0\.0\.1:\d+/);
    await expect(facts).toContainText('msrp://127.0.0.1:9/again;tcp');
    second.close();
  });
});
