import { describe, expect, it } from 'vitest';
import type { ApplicationHandler } from '../agent/profile.ts';
import { type Announced, noticeOf } from './notice.ts';

const BARE: ApplicationHandler = { application: 'mms.ua', action: { kind: 'inbox' }, notify: 'content' };
const NAMED: ApplicationHandler = { ...BARE, name: 'Pictures', icon: '📷' };
const from = 'sip:psa@push.test;gr=1';
const message: Announced = { kind: 'message', application: 'mms.ua', from, preview: 'Meet at 8' };
const waiting: Announced = { ...message, kind: 'asks' };
const offer: Announced = { kind: 'offer', application: 'mms.ua', from, names: ['a.jpg', 'b', 'c', 'd'] };

describe('the notification of a push', () => {
  it.each<[Announced, ApplicationHandler, title: string, body: string]>([
    [message, BARE, 'Push for mms.ua', 'Meet at 8\npsa@push.test'],
    [message, NAMED, '📷 Pictures', 'Meet at 8\npsa@push.test'],
    [message, { ...NAMED, notify: 'sender' }, '📷 Pictures', 'psa@push.test'],
    [waiting, BARE, 'A push waits for you · mms.ua', 'Meet at 8\npsa@push.test'],
    [waiting, { ...NAMED, notify: 'sender' }, '📷 Pictures · A push waits for you', 'psa@push.test'],
    [offer, BARE, '4 files offered · mms.ua', 'a.jpg, b, c …\npsa@push.test'],
    [offer, { ...BARE, notify: 'sender' }, '4 files offered · mms.ua', 'psa@push.test'],
  ])('%#', (announced, handler, title, body) => {
    expect(noticeOf(announced, handler)).toEqual({ title, body });
  });

  it('is none where the application wants none', () => {
    expect(noticeOf(message, { ...NAMED, notify: 'none' })).toBeNull();
  });
});
