import { describe, expect, it } from 'vitest';
import { FIRST_CHUNKS, MAX_MSRP_BODY_BYTES } from './msrp-tap.ts';
import { Summaries } from './summaries.ts';
import { MSRP_CONNECTION, ok, REPORT, sendHead } from './test-trace.ts';
import { Trace } from './trace.ts';

function begin() {
  const trace = new Trace();
  const peer = trace.msrp('bob-desk')(MSRP_CONNECTION);
  const send = (id: string, body: Buffer, flag: '$' | '+' | '#') => {
    peer.head('in', sendHead(id, '1-*/*'));
    peer.body('in', body.subarray(0, 10));
    peer.body('in', body.subarray(10));
    peer.end('in', flag);
  };
  const told = () => {
    const summaries = new Summaries();
    return [...trace.from(1)].map((record) => ({ record, ...summaries.of(record) }));
  };
  return { trace, peer, send, told };
}

describe('MsrpTrace', () => {
  it('keeps a short message whole and of a long one the beginning and the end-line', () => {
    const { send, told } = begin();
    send('short', Buffer.from('0123456789abc'), '$');
    send('long', Buffer.alloc(5_000, 'x'), '$');
    const [short, long] = told();
    expect(short?.record.kept.toString()).toBe(
      `${sendHead('short', '1-*/*')}0123456789abc\r\n-------short$\r\n`,
    );
    expect(short?.record).toMatchObject({ elided: 0, bytes: short?.record.kept.length });
    const head = sendHead('long', '1-*/*');
    expect(long?.record.kept.toString()).toBe(
      `${head}${'x'.repeat(MAX_MSRP_BODY_BYTES)}\r\n-------long$\r\n`,
    );
    expect(long?.record).toMatchObject({
      elided: 5_000 - MAX_MSRP_BODY_BYTES,
      bytes: head.length + 5_000 + '\r\n-------long$\r\n'.length,
    });
  });

  it('counts the middle of a message in many chunks, and shows its first ones, its last, and the last answer', () => {
    const { peer, send, told } = begin();
    const chunks = 1_000;
    for (let count = 1; count <= chunks; count += 1) {
      send(`t${count}`, Buffer.alloc(100), count === chunks ? '$' : '+');
      peer.message('out', ok(`t${count}`));
    }
    peer.message('out', REPORT);
    const all = told();
    expect(all).toHaveLength(FIRST_CHUNKS * 2 + 5);
    const left = chunks - FIRST_CHUNKS - 1;
    expect(all.slice(-5).map(({ title }) => title)).toEqual([
      `… ${left} more SEND`,
      'SEND 1-*/* $',
      `… ${left} more 200 OK`,
      '200 OK',
      'REPORT 1-60/60',
    ]);
    expect(all.at(-5)?.note).toBe(`${(left * 100).toLocaleString('en-US')} bytes, counted only`);
    expect(all.at(-5)?.messageId).toBe('m1');
  });

  it('tells what was counted, and what broke off, when the connection goes', () => {
    const { peer, send, told } = begin();
    for (let count = 0; count < FIRST_CHUNKS + 7; count += 1) send(`t${count}`, Buffer.alloc(100), '+');
    peer.head('in', sendHead('cut', '1-*/*'));
    peer.body('in', Buffer.from('half of'));
    peer.closed();
    const all = told();
    expect(all.slice(-2).map(({ title, note, error }) => [title, note, error])).toEqual([
      ['… 7 more SEND', '700 bytes, counted only', false],
      ['SEND 1-*/*', 'Success-Report: yes · cut off', true],
    ]);
  });

  it('shows what is no success even in the middle', () => {
    const { peer, told } = begin();
    for (let count = 0; count < FIRST_CHUNKS + 5; count += 1) peer.message('out', ok(`t${count}`));
    peer.message('out', Buffer.from(ok('bad').toString().replace('200 OK', '413 Stop')));
    peer.message('out', ok('next'));
    expect(
      told()
        .slice(-3)
        .map(({ title, error }) => [title, error]),
    ).toEqual([
      ['… 5 more 200 OK', false],
      ['413 Stop', true],
      ['200 OK', false],
    ]);
  });

  it('masks the credentials of AUTH', () => {
    const { peer, told } = begin();
    peer.message(
      'out',
      Buffer.from('MSRP a AUTH\r\nAuthorization: Digest response="SECRET"\r\n-------a$\r\n'),
    );
    expect(told()[0]?.record.kept.toString()).not.toContain('SECRET');
  });
});
