import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mangled } from '../content/test-random.ts';
import { SEGMENT_BYTES, Segment } from './segment.ts';
import { SegmentFiles } from './segment-files.ts';
import { SIP_LINK } from './test-trace.ts';

const AT = 1_700_000_000_123_456;
const RECORD = {
  at: 1_700_000_000_123_456,
  direction: 'in',
  kind: 'message',
  link: SIP_LINK,
  elided: 0,
} as const;

function example(count = 3): Segment {
  const segment = new Segment(1);
  for (let index = 0; index < count; index += 1)
    segment.addText(AT, { ...RECORD, bytes: index }, `text ${index} \u00e9`);
  return segment;
}

describe('Segment', () => {
  it('gives back what was put in', () => {
    const read = Segment.read(7, Buffer.from(example().contents));
    expect(read.count).toBe(3);
    expect(read.at(1)).toMatchObject({ ...RECORD, at: AT, id: 8, bytes: 1 });
    expect(read.at(1)?.kept.toString('latin1')).toBe('text 1 \u00e9');
    expect(read.at(3)).toBeNull();
  });

  it('takes no more than it has room for', () => {
    const segment = new Segment(1);
    const text = 'x'.repeat(SEGMENT_BYTES / 4);
    const taken = [1, 2, 3, 4, 5].map((bytes) => segment.addText(AT, { ...RECORD, bytes }, text));
    expect(taken).toEqual([true, true, true, false, false]);
    expect(segment.count).toBe(3);
  });

  it('is read, or refused, whatever became of its bytes', () => {
    const whole = Buffer.from(example().contents);
    let refused = 0;
    for (const bytes of mangled([whole], 5_000, 8)) {
      try {
        const segment = Segment.read(1, bytes);
        for (let index = 0; index < segment.count; index += 1)
          expect(segment.at(index)?.kept.length).toBeLessThanOrEqual(bytes.length);
      } catch {
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(1_000);
  });
});

describe('SegmentFiles', () => {
  let folder: string;
  let files: SegmentFiles;
  const path = (name: string) => join(folder, 'trace', name);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'segments-'));
    files = new SegmentFiles(join(folder, 'trace'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  it('reads back in order, with ids that go on', async () => {
    await files.save(4, example(2));
    await files.save(11, example(3));
    const { segments, damaged } = await files.load(SEGMENT_BYTES);
    expect(segments.map(({ number, segment }) => [number, segment.firstId, segment.count])).toEqual([
      [4, 1, 2],
      [11, 3, 3],
    ]);
    expect(damaged).toBe(0);
  });

  it.each<[what: string, damage: (bytes: Buffer) => Buffer]>([
    ['a changed byte', (bytes) => bytes.fill(0xff, 40, 41)],
    ['a missing end', (bytes) => bytes.subarray(0, -1)],
    ['nothing in it', () => Buffer.alloc(0)],
    ['another format', (bytes) => Buffer.concat([Buffer.from('PTTRACE9'), bytes.subarray(8)])],
    ['too much in it', (bytes) => Buffer.concat([bytes, Buffer.alloc(SEGMENT_BYTES)])],
    [
      'a right checksum over nonsense',
      () => {
        const nonsense = Buffer.from('nonsense that is long enough');
        const sum = Buffer.alloc(4);
        sum.writeUInt32BE(crc32(nonsense));
        return Buffer.concat([Buffer.from('PTTRACE1'), sum, nonsense]);
      },
    ],
  ])('leaves out a file with %s, and removes it', async (_what, damage) => {
    await files.save(1, example());
    await files.save(2, example());
    await writeFile(path('0000000001.trace'), damage(await readFile(path('0000000001.trace'))));
    const { segments, damaged } = await files.load(SEGMENT_BYTES);
    expect(segments.map(({ number }) => number)).toEqual([2]);
    expect(damaged).toBe(1);
    expect(await readdir(join(folder, 'trace'))).toEqual(['0000000002.trace']);
  });

  it('removes what an interrupted write left, and the oldest beyond the limit', async () => {
    for (const number of [1, 2, 3]) await files.save(number, example());
    await writeFile(path('0000000004.trace.new'), 'half');
    const { segments } = await files.load(example().contents.length + 1);
    expect(segments.map(({ number }) => number)).toEqual([2, 3]);
    expect(await readdir(join(folder, 'trace'))).toEqual(['0000000002.trace', '0000000003.trace']);
  });
});
