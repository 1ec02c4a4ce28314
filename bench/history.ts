// npm run -s bench -- history: opening, listing and searching a long history, against reading one page of it by rowid.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import Database from 'libsql';
import { type History, openHistory } from '../src-main/history/history.ts';
import { fillHistory } from './history/fill.ts';
import { medianOf } from './median.ts';

const DEFAULT_ROWS = 1_000_000;
const DEFAULT_RUNS = 5;
const PAGE = 100;
const SEARCHES = [
  'parcel',
  'shop7',
  'from:shop77',
  'app:wml state:refused',
  'id:call-77',
  'file:holiday',
  '"arrives tomorrow" -from:shop3',
  'word777 word42',
  'after:2d is:unread type:text',
  'before:20d parcel',
  'app:mms state:waiting',
  'parcel code:500',
  'code:403',
  'nobodyhasthisword',
];

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      runs: { type: 'string', default: String(DEFAULT_RUNS) },
      /** Pushes in the history. */
      rows: { type: 'string', default: String(DEFAULT_ROWS) },
    },
  });
  const say = (text: string) => values.json || console.log(text);
  const rows = Number(values.rows);
  const folder = await mkdtemp(join(tmpdir(), 'push-terminal-bench-'));
  try {
    const began = performance.now();
    await fillHistory(folder, rows);
    say(`${rows} pushes written in ${seconds(performance.now() - began)} s`);
    await indexed(folder, say);
    const opened: number[] = [];
    const slowest: number[] = [];
    const ceiling: number[] = [];
    for (let run = 1; run <= Number(values.runs); run += 1) {
      ceiling.push(readByRowid(folder));
      const [took, history] = await timed(() => openHistory(folder));
      opened.push(took);
      const lists = await timesOf(history, ['', ...SEARCHES], say, run === 1);
      slowest.push(Math.max(...lists));
      await history.close();
      say(
        `run ${run}: opened in ${took.toFixed(0)} ms, slowest list or search ${Math.max(...lists).toFixed(1)} ms`,
      );
    }
    const value = medianOf(slowest);
    const against = medianOf(ceiling);
    const ratio = against / value;
    const result = {
      name: 'history',
      ratio,
      value,
      against,
      unit: 'ms',
      runs: slowest.length,
      openMs: medianOf(opened),
    };
    if (values.json) console.log(JSON.stringify(result));
    say(
      `median: opened in ${medianOf(opened).toFixed(0)} ms; slowest page ${value.toFixed(1)} ms, a page by rowid ${against.toFixed(1)} ms, ratio ${ratio.toFixed(3)}`,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Lets the full-text index catch up, as it does after a flood. */
async function indexed(folder: string, say: (text: string) => unknown): Promise<void> {
  const history = await openHistory(folder);
  const [took] = await timed(async () => {
    while (history.unsearchable > 0) {
      await history.list({ limit: 1, search: 'nothing' });
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  });
  say(`indexed in ${seconds(took)} s`);
  await history.close();
}

async function timesOf(
  history: History,
  searches: readonly string[],
  say: (text: string) => unknown,
  isTold: boolean,
): Promise<readonly number[]> {
  const times: number[] = [];
  for (const search of searches) {
    const [took, page] = await timed(() => history.list({ limit: PAGE, search }));
    times.push(took);
    if (isTold)
      say(`  ${took.toFixed(1).padStart(7)} ms  ${String(page.records.length).padStart(3)} of “${search}”`);
  }
  return times;
}

/** What a page costs at least: its rows, found by their number. */
function readByRowid(folder: string): number {
  const database = new Database(join(folder, 'history.db'));
  const began = performance.now();
  database.prepare('SELECT id, record, timeline FROM push ORDER BY rowid DESC LIMIT ?').all(PAGE);
  const took = performance.now() - began;
  database.close();
  return took;
}

async function timed<T>(work: () => Promise<T>): Promise<readonly [number, T]> {
  const began = performance.now();
  const result = await work();
  return [performance.now() - began, result];
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(1);
}

await main();
