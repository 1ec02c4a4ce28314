// npm run -s bench -- msrp: files through a whole terminal, from INVITE to REPORT, against bare receivers.
import { parseArgs } from 'node:util';
import { medianOf } from './median.ts';
import { type Measured, type MeasuredTerminal, MsrpBench } from './msrp/bench.ts';
import { BLASTER_ARGUMENT, runBlaster } from './msrp/blaster.ts';
import { CEILINGS, CEILINGS_ARGUMENT, type Ceiling, runCeilings } from './msrp/ceilings.ts';
import { TERMINAL_ARGUMENT } from './terminal/child.ts';
import { runTerminal } from './terminal/terminal.ts';

const DEFAULT_RUNS = 5;
const DEFAULT_MIB = 1024;
const MIB = 1024 * 1024;
const WARM_UP_BYTES = 64 * MIB;
/** Where data goes: on the disk the checkout is on, because /tmp may be memory. */
const DEFAULT_FOLDER = 'out/bench';

/** What is sent to the terminal: in chunks of so many bytes or in one, as so many files at once. */
const WAYS = [
  { name: '64 KiB chunks', chunkBytes: 65_536, files: 1 },
  { name: 'one chunk', chunkBytes: null, files: 1 },
  { name: '2 KiB chunks', chunkBytes: 2048, files: 1 },
  { name: '50 at once', chunkBytes: 65_536, files: 50 },
] as const;
type Way = (typeof WAYS)[number];

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      runs: { type: 'string', default: String(DEFAULT_RUNS) },
      /** MiB of one run; a multiple of 50 keeps 50 files even. */
      mib: { type: 'string', default: String(DEFAULT_MIB) },
      /** Only this way of sending. */
      only: { type: 'string' },
      /** MiB of one more run to the terminal alone, which shows whether its memory stays flat. */
      long: { type: 'string', default: '0' },
      folder: { type: 'string', default: DEFAULT_FOLDER },
    },
  });
  const say = (text: string) => values.json || console.log(text);
  const bytes = Number(values.mib) * MIB;
  const ways = WAYS.filter(({ name }) => values.only === undefined || name === values.only);
  const bench = await MsrpBench.open(values.folder);
  try {
    const ceilings = new Map<Ceiling, Measured[]>(CEILINGS.map((ceiling) => [ceiling, []]));
    const results = new Map<Way, MeasuredTerminal[]>(ways.map((way) => [way, []]));
    const idleMiB = await bench.rssMiB();
    for (const { chunkBytes } of ways) await bench.terminal(WARM_UP_BYTES, chunkBytes);
    const measures = [
      ...CEILINGS.map((ceiling) => async (run: number) => {
        const measured = await bench.ceiling(ceiling, bytes);
        ceilings.get(ceiling)?.push(measured);
        say(`run ${run}: ${ceiling.padEnd(14)} ${rates(measured)}`);
      }),
      ...ways.map((way) => async (run: number) => {
        const measured = await bench.terminal(bytes, way.chunkBytes, way.files);
        results.get(way)?.push(measured);
        say(`run ${run}: ${way.name.padEnd(14)} ${rates(measured)}; ${felt(measured, idleMiB)}`);
      }),
    ];
    for (let run = 1; run <= Number(values.runs); run += 1) {
      for (const measure of turned(measures, run)) await measure(run);
    }
    if (Number(values.long) > 0) {
      const measured = await bench.terminal(Number(values.long) * MIB, 65_536);
      say(`long run of ${values.long} MiB: ${rates(measured)}; ${felt(measured, idleMiB)}`);
    }
    const against = median(ceilings.get('disk+sha1') ?? []);
    for (const [ceiling, measured] of ceilings)
      say(`median: ${ceiling.padEnd(14)} ${rates(median(measured))}`);
    const ratios = new Map<string, number>();
    for (const [way, measured] of results) {
      const value = median(measured);
      ratios.set(way.name, value.received / against.received);
      say(
        `median: ${way.name.padEnd(14)} ${rates(value)}; ratio to disk+sha1 ` +
          `${(value.received / against.received).toFixed(3)} received, ${(value.kept / against.kept).toFixed(3)} on the disk, ${(against.cpu / value.cpu).toFixed(3)} by CPU time`,
      );
    }
    const [first] = results.values();
    const value = median(first ?? []).received;
    const result = {
      name: 'msrp',
      ratio: value / against.received,
      value,
      against: against.received,
      unit: 'MB/s',
      runs: Number(values.runs),
      ratios: Object.fromEntries(ratios),
    };
    if (values.json) console.log(JSON.stringify(result));
  } finally {
    await bench.close();
  }
}

/** The same from another one on in each run: what runs before leaves its mark on disk and memory. */
function turned<T>(all: readonly T[], run: number): readonly T[] {
  const first = run % all.length;
  return [...all.slice(first), ...all.slice(0, first)];
}

function median(all: readonly Measured[]): Measured {
  return {
    received: medianOf(all.map(({ received }) => received)),
    kept: medianOf(all.map(({ kept }) => kept)),
    cpu: medianOf(all.map(({ cpu }) => cpu)),
  };
}

function rates({ received, kept, cpu }: Measured): string {
  return `${received.toFixed(0).padStart(5)} MB/s received, ${kept.toFixed(0).padStart(5)} on the disk, CPU ${cpu.toFixed(0).padStart(5)} ms a GB`;
}

function felt({ hits, vitals }: MeasuredTerminal, idleMiB: number): string {
  const { p99Ms, maxMs, peakRssMiB, busy } = vitals;
  const shared = `event loop p99 ${p99Ms.toFixed(1)} ms, longest ${maxMs.toFixed(0)} ms, busy ${(busy * 100).toFixed(0)} %; RSS at most ${Math.round(peakRssMiB)} MiB, ${Math.round(peakRssMiB - idleMiB)} more than idle`;
  if (hits.length === 1) return shared;
  const ends = hits.map(({ keptMs }) => keptMs);
  const sent = hits.map(({ sentAtFirstKept }) => sentAtFirstKept / MIB);
  const gap = Math.max(...hits.map(({ longestGapMs }) => longestGapMs));
  return (
    `${shared}; kept after ${Math.round(Math.min(...ends))} to ${Math.round(Math.max(...ends))} ms, ` +
    `at the first end ${Math.min(...sent).toFixed(1)} to ${Math.max(...sent).toFixed(1)} MiB sent, longest wait for an answer ${Math.round(gap)} ms`
  );
}

const [, , role] = process.argv;
if (role === TERMINAL_ARGUMENT) await runTerminal();
else if (role === BLASTER_ARGUMENT) runBlaster();
else if (role === CEILINGS_ARGUMENT) await runCeilings();
else
  await main().catch((error: unknown) => {
    console.error(error);
    // Whatever still runs must not keep a failed bench alive.
    process.exit(1);
  });
