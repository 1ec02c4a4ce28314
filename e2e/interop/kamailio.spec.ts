import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { PushSender } from '../../src-main/sandbox/sender/sender.ts';
import { App } from '../pages/app.ts';
import { Kamailio } from './kamailio.ts';
import { playSipp } from './sipp.ts';

const FIRMWARE = Buffer.alloc(2_000_000, 'firmware ');

test('the main job with a real Kamailio as the core and SIPp as a sender', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'push-terminal-files-'));
  await writeFile(join(folder, 'firmware.img'), FIRMWARE);
  const kamailio = await Kamailio.start();
  const app = await App.launch();
  const { inbox } = app;
  const sender = await PushSender.open({
    core: kamailio.uri('tcp'),
    as: 'sip:psa@push.test',
    credentials: { username: 'psa', password: 'secret' },
    onResult: () => {},
  });
  try {
    for (const Name of ['desk', 'phone']) {
      await inbox.connect({
        Name,
        'Address of record': 'sip:bob@push.test',
        Core: kamailio.uri('tcp'),
        'User name': 'bob',
        Password: 'secret',
      });
      await expect(inbox.terminal(Name)).toContainText('Registered');
      await expect(inbox.terminal(Name)).toContainText('gr=…');
    }

    await playSipp('message.sipp.xml', kamailio.port);
    await expect(inbox.rows('Your parcel arrives today')).toHaveCount(2);
    await inbox.open('desk');
    await expect(inbox.detail).toContainText('asserted by the core');

    const gruu = await inbox.publicGruu('phone');
    expect(gruu).toMatch(/^sip:bob@push\.test;gr=urn:uuid:/);
    const files = [{ path: join(folder, 'firmware.img') }];
    const pushed = sender.files({ to: gruu, application: 'mms.ua', files, report: true });
    await inbox.open('firmware.img offered');
    await expect(inbox.detail).toContainText('on phone');
    await inbox.accept('all');
    await expect(inbox.file('firmware.img')).toContainText('verified');
    expect(await sender.settled(pushed.id)).toMatchObject({
      state: 'delivered',
      reason: '1 of 1 files delivered, reports received',
    });
    await expect(inbox.rows('firmware.img')).toContainText('Reported');
    await expect(inbox.delivery).toContainText('BYE received');
    const kept = await readFile(join(app.dataFolder, 'files', 'phone', 'firmware.img'));
    expect(createHash('sha1').update(kept).digest('hex')).toBe(
      createHash('sha1').update(FIRMWARE).digest('hex'),
    );

    const cancelled = sender.files({ to: gruu, application: 'mms.ua', files, report: true });
    await expect(inbox.rows('Waiting for you')).toHaveCount(1);
    sender.cancel(cancelled.id);
    expect(await sender.settled(cancelled.id)).toMatchObject({ code: 487 });
    await expect(inbox.rows('Cancelled')).toHaveCount(1);
  } finally {
    await sender.close();
    await app.close();
    await kamailio.stop();
    await rm(folder, { recursive: true });
  }
});

test('over TLS with a checked certificate; one that nobody trusts is refused in words', async () => {
  const kamailio = await Kamailio.start();
  const app = await App.launch();
  const { inbox } = app;
  try {
    const profile = {
      'Address of record': 'sip:bob@push.test',
      Core: kamailio.uri('tls'),
      'User name': 'bob',
      Password: 'secret',
    };
    await inbox.connect({ ...profile, Name: 'wary' });
    await expect(inbox.terminal('wary')).toContainText('not signed by an authority');
    await inbox.connect({ ...profile, Name: 'trusting', 'CA file for TLS': kamailio.certificatePath });
    await expect(inbox.terminal('trusting')).toContainText('Registered');
    await playSipp('message.sipp.xml', kamailio.port);
    await inbox.open('Your parcel arrives today');
    await expect(inbox.detail).toContainText('on trusting');
  } finally {
    await app.close();
    await kamailio.stop();
  }
});
