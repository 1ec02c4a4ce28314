import { expect, test } from '@playwright/test';
import type { PushRecord } from '../../src-main/history/records.ts';
import { Kamailio } from './kamailio.ts';
import { playSipp } from './sipp.ts';
import { World } from './world.ts';

const BOB = 'sip:bob@push.test';

test.describe('SIPp offers files through Kamailio', () => {
  let core: Kamailio;
  let world: World;

  test.beforeEach(async () => {
    core = await Kamailio.start();
    world = await World.open();
  });

  test.afterEach(async () => {
    await world.close();
    await core.stop();
  });

  /** Plays a scenario against a terminal; answers the offer as it was kept. */
  async function play(scenario: string, decide: 'ask' | 'accept' = 'accept'): Promise<PushRecord> {
    await world.register('desk', core.uri('tcp'), { files: { decide } });
    await playSipp(`sipp/${scenario}.xml`, core.port, { transport: 'udp', keys: { target: BOB } });
    const offers = () => world.events.flatMap((event) => (event.event === 'ended' ? [event.offer] : []));
    await expect.poll(offers).toHaveLength(1);
    const record = await world.terminals.history.get(offers()[0] ?? '');
    if (record === null) throw new Error('Nothing was kept.');
    return record;
  }

  const titles = ({ delivery }: PushRecord) => delivery.map(({ title }) => title);

  test('and withdraws while it rings: 487, and nothing waits for the user any more', async () => {
    const record = await play('session-cancel', 'ask');
    expect(record).toMatchObject({ state: 'cancelled', code: 487 });
    expect(titles(record)).toContain('CANCEL received');
  });

  test('and acknowledges late, and twice: one session, and it stands until the BYE', async () => {
    const record = await play('session-late-ack');
    expect(titles(record).filter((title) => title === 'ACK received')).toHaveLength(1);
    expect(titles(record)).toContain('BYE received');
    expect(titles(record)).not.toContain('No ACK came');
  });

  test('for too short a time: 422, then a session of 90 seconds', async () => {
    const record = await play('session-422');
    expect(record.body).toMatchObject({ timer: { seconds: 90, refresher: 'peer' } });
    const { records } = await world.terminals.history.list({ limit: 9 });
    expect(records.map(({ code }) => code)).toEqual([200, 422]);
  });

  test('and refreshes the session by UPDATE without SDP', async () => {
    const record = await play('session-update');
    const agreed = record.body.kind === 'files' ? record.body.timer : null;
    expect(agreed).toMatchObject({ seconds: 90, refresher: 'peer' });
    const answered = record.delivery.find(({ title }) => title === '200 OK')?.at ?? '';
    expect(Date.parse(agreed?.at ?? '')).toBeGreaterThan(Date.parse(answered));
  });

  test('without an offer: the 200 carries one, and the ACK the answer', async () => {
    const record = await play('session-offerless');
    expect(titles(record)).toEqual(expect.arrayContaining(['200 OK', 'ACK received', 'BYE received']));
    expect(titles(record)).not.toContain('No session');
    expect(record.body).toMatchObject({
      files: [{ session: { setup: 'passive', remotePath: expect.stringMatching(/^msrp:.*sipp/) } }],
    });
  });

  test('and closes one of two m-lines with port 0: its file ends, the other stays', async () => {
    const record = await play('session-port-zero');
    expect(titles(record)).toContain('re-INVITE received');
    const reasons = record.body.kind === 'files' ? record.body.files.map(({ reason }) => reason) : [];
    expect(reasons[1]).toBe('Stopped by the sender.');
    expect(reasons[0]).not.toBe('Stopped by the sender.');
  });
});
