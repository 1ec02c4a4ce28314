import { cleanup, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FileRecord, PushRecord } from '../../src-main/ipc/contract.ts';
import { useStore } from '../store/store.ts';
import { exampleOffer, exampleReport, FakeBridge } from '../testing/fake-bridge.ts';
import { ReportList } from './report-list.tsx';
import { reportStateOf } from './report-state.ts';
import { SessionFacts } from './session-facts.tsx';

const [sent] = exampleReport().reports;

function offerWith(change: Partial<FileRecord>): PushRecord {
  const offer = exampleOffer(['picture.jpg']);
  if (offer.body.kind !== 'files') throw new Error('An offer has files.');
  const files = offer.body.files.map((file) => ({ ...file, state: 'verified' as const, ...change }));
  return { ...offer, state: 'reported', body: { ...offer.body, files } };
}

function fileWith(change: Partial<FileRecord>): FileRecord {
  const { body } = offerWith(change);
  const file = body.kind === 'files' ? body.files[0] : undefined;
  if (file === undefined) throw new Error('An offer has a file.');
  return file;
}

describe('reportStateOf', () => {
  const unreported = exampleReport({ reports: [] });
  it.each<[string, Partial<FileRecord>, string | undefined]>([
    ['nothing came', { report: exampleReport({ asked: null, reports: [] }) }, undefined],
    ['no MSRP session', { report: null }, undefined],
    ['it was sent', { report: exampleReport() }, 'sent'],
    ['there was no connection', { report: owed() }, 'owed, not sent'],
    ['the app ended before it left', { report: unreported }, 'owed, not sent'],
    ['the file arrives', { report: unreported, state: 'receiving' }, 'due when whole'],
    ['the file failed', { report: unreported, state: 'failed' }, 'none'],
    ['nobody asked', { report: exampleReport({ asked: asked(false), reports: [] }) }, 'not asked for'],
  ])('%s', (_name, change, word) => {
    expect(reportStateOf(fileWith(change))?.word).toBe(word);
  });

  it('tells a failure from a success', () => {
    const failed = sent === undefined ? [] : [{ ...sent, status: '000 413' }];
    expect(reportStateOf(fileWith({ report: exampleReport({ reports: failed }) }))?.tone).toBe('bad');
  });
});

describe('the report state on screen', () => {
  beforeEach(() => {
    new FakeBridge();
  });

  afterEach(cleanup);

  it('shows chunks, answers, bytes, what was asked, the check and the REPORT', () => {
    render(<ReportList record={offerWith({ report: exampleReport({ refused: 1 }) })} />);
    const row = screen.getByRole('listitem').textContent ?? '';
    for (const text of ['10', '11 × 200', '1 refused', '20,000', 'of 20,000', 'Success: yes', 'Failure: yes'])
      expect(row).toContain(text);
    for (const text of ['SHA-1 matches', 'sent 000 200', '1-20000/20000', ':05.021'])
      expect(row).toContain(text);
  });

  it('does not say that nothing came where only the bytes are known, as after a kill in the first second', () => {
    const report = exampleReport({
      ...{ chunks: 0, answered: 0, bytes: 0, total: null, firstAt: null, lastAt: null },
      ...{ asked: null, check: null, reports: [] },
    });
    render(<ReportList record={offerWith({ state: 'failed', bytes: 20_000, received: 5000, report })} />);
    const row = screen.getByRole('listitem').textContent ?? '';
    for (const text of ['not counted', '5,000 of 20,000', 'times not kept']) expect(row).toContain(text);
    cleanup();
    render(<ReportList record={offerWith({ state: 'receiving', bytes: 20_000, received: 5000, report })} />);
    expect(screen.getByRole('listitem').textContent).not.toContain('nothing');
  });

  it('follows a transfer live', () => {
    const report = exampleReport({ chunks: 1, bytes: 10, reports: [], check: null });
    const progress = { offer: 'offer-1', index: 0, received: 5000, total: 20_000, bytesPerSecond: 1 };
    useStore.setState({ progress: { 'offer-1 0': { ...progress, chunks: 3, answered: 3 } } });
    render(<ReportList record={offerWith({ state: 'receiving', report })} />);
    expect(screen.getByRole('listitem').textContent).toMatch(/5,000.*due when whole/);
  });

  it('is not there before there is a session', () => {
    const { container } = render(<ReportList record={exampleOffer(['picture.jpg'])} />);
    expect(container.textContent).toBe('');
  });

  it('shows what both sides agreed on', () => {
    const session = {
      localPath: 'msrps://127.0.0.1:2855/mine;tcp',
      remotePath: 'msrps://10.0.0.9:9/theirs;tcp',
      setup: 'passive',
      peer: '10.0.0.9:40000',
      fingerprint: 'sha-256 AA:BB',
      peerFingerprints: ['sha-256 CC:DD'],
    } as const;
    const offer = offerWith({ session });
    if (offer.body.kind !== 'files') throw new Error('An offer has files.');
    const timer = { seconds: 600, refresher: 'peer', at: '2026-11-21T12:00:04.000Z' } as const;
    render(<SessionFacts record={{ ...offer, body: { ...offer.body, timer } }} />);
    const text = screen.getByRole('region', { name: 'Session' }).textContent ?? '';
    for (const part of ['call-1', 'sip:psa@10.0.0.1', '600 s', 'the sender (uac)', 'passive', 'msrps://127'])
      expect(text).toContain(part);
    for (const part of ['10.0.0.9:40000', 'sha-256 AA:BB', 'sha-256 CC:DD']) expect(text).toContain(part);
  });
});

function owed() {
  return exampleReport({ reports: sent === undefined ? [] : [{ ...sent, state: 'owed' }] });
}

function asked(success: boolean) {
  return { success, failure: 'yes' } as const;
}
