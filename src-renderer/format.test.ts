import { describe, expect, it } from 'vitest';
import {
  formatAddress,
  formatBytes,
  formatCountdown,
  formatDateTime,
  formatGruu,
  formatHash,
  formatInstance,
  formatPreciseTime,
  formatSpeed,
  formatTime,
  formatTimeLeft,
  percentOf,
} from './format.ts';

describe('format', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1 KB'],
    [4092, '4.1 KB'],
    [340_000_000, '340 MB'],
    [999_600, '1 MB'],
    [10_737_418_240, '10.7 GB'],
  ])('%i bytes are %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it.each([
    [42_000, '0:42'],
    [41_001, '0:42'],
    [1_721_000, '28:41'],
    [3_723_000, '1:02:03'],
    [-5, '0:00'],
  ])('%i ms count down as %s', (ms, text) => {
    expect(formatCountdown(ms)).toBe(text);
  });

  it.each([
    [100, 0, ''],
    [164_000_000, 82_000_000, '2 s left'],
    [100, 1, '2 min left'],
    [10_000, 1, '3 h left'],
  ])('%i bytes at %i a second: %s', (remaining, speed, text) => {
    expect(formatTimeLeft(remaining, speed)).toBe(text);
  });

  it('shortens addresses, GRUUs and hashes', () => {
    expect(formatAddress('sip:bob@push.test;gr=urn:uuid:1')).toBe('bob@push.test');
    expect(formatGruu('sip:bob@push.test;gr=urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6')).toBe(
      'gr=…00a0c91e6bf6',
    );
    expect(formatInstance('urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6')).toBe('…00a0c91e6bf6');
    expect(formatInstance('desk')).toBe('desk');
    expect(formatHash('72:24:5F:E8:65:3D:DA:F3:71:36:2F:86:D4:71:91:3E:E4:A2:CE:2E')).toBe(
      '72:24:5F…A2:CE:2E',
    );
    expect(formatSpeed(82_000_000)).toBe('82 MB/s');
    expect(formatPreciseTime('2026-11-21T12:01:04.005')).toBe('12:01:04.005');
    expect(formatDateTime('2026-02-03T02:01:04')).toBe('2026-02-03 02:01:04');
    expect(formatTime('2026-02-03T02:01:04', new Date('2026-02-03T12:00:00'))).toBe('02:01:04');
    expect(formatTime('2026-02-03T02:01:04', new Date('2026-02-04T12:00:00'))).toBe('2026-02-03 02:01:04');
  });

  it.each([
    [63, 100, 63],
    [5, null, null],
    [0, 0, 100],
    [200, 100, 100],
  ])('%i of %s is %s %%', (received, total, percent) => {
    expect(percentOf(received, total)).toBe(percent);
  });
});
