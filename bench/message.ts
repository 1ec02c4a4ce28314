// npm run -s bench -- message: pushes by MESSAGE to a real terminal, each durable before its 200, against SIPp's UAS.
import { parseArgs } from 'node:util';
import { medianOf } from './median.ts';
import { MessageBench } from './message/bench.ts';
import { TERMINAL_ARGUMENT } from './terminal/child.ts';
import { runTerminal } from './terminal/terminal.ts';

const DEFAULT_RUNS = 5;
const DEFAULT_CALLS = 20_000;
/** So wide that the peer, not the way there and back, sets the rate. */
const SATURATING_WINDOW = 1_000;
/** Calls that SIPp holds open at once: as many as the field measures user agents with, and as many as they can bear. */
const WINDOWS: readonly number[] = [64, SATURATING_WINDOW];

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      runs: { type: 'string', default: String(DEFAULT_RUNS) },
      /** Whether small content gets files, as in `headless`, or not, as in the app. */
      'content-files': { type: 'boolean', default: false },
      /** MESSAGEs of one run. */
      calls: { type: 'string', default: String(DEFAULT_CALLS) },
      /** MESSAGEs of one more, long run to the terminal alone, which shows whether its memory stays flat. */
      long: { type: 'string', default: '0' },
    },
  });
  const say = (text: string) => values.json || console.log(text);
  const calls = Number(values.calls);
  const bench = await MessageBench.open(values['content-files']);
  try {
    await bench.warmUp(calls, SATURATING_WINDOW);
    const rates = new Map(
      WINDOWS.map((window) => [window, { terminal: [] as number[], sipp: [] as number[] }]),
    );
    for (let run = 1; run <= Number(values.runs); run += 1) {
      for (const [window, { terminal, sipp }] of rates) {
        const peer = await bench.againstSipp(calls, window);
        const own = await bench.againstTerminal(calls, window);
        sipp.push(peer);
        terminal.push(own.rate);
        const { p99Ms, maxMs, commits, rssMiB, cpuMs, busy } = own.vitals;
        say(
          `run ${run}, window ${window}: terminal ${Math.round(own.rate)}/s, SIPp ${Math.round(peer)}/s; event loop p99 ${p99Ms.toFixed(1)} ms, ` +
            `longest ${maxMs.toFixed(1)} ms; ${(commits / calls).toFixed(4)} commits a push; ${Math.round((cpuMs * 1000) / calls)} µs CPU a push, ` +
            `event loop busy ${(busy * 100).toFixed(0)} %; RSS ${Math.round(rssMiB)} MiB`,
        );
      }
    }
    if (Number(values.long) > 0) await bench.longRun(Number(values.long), SATURATING_WINDOW, say);
    const medians = [...rates].map(([window, { terminal, sipp }]) => {
      const [value, against] = [medianOf(terminal), medianOf(sipp)];
      return { window, value, against, ratio: value / against };
    });
    for (const { window, value, against, ratio } of medians)
      say(
        `median, window ${window}: terminal ${Math.round(value)}/s, SIPp ${Math.round(against)}/s, ratio ${ratio.toFixed(3)}`,
      );
    const [first] = medians;
    const result = { name: 'message', ...first, unit: 'MESSAGE/s', runs: Number(values.runs), medians };
    if (values.json) console.log(JSON.stringify(result));
  } finally {
    await bench.close();
  }
}

if (process.argv[2] === TERMINAL_ARGUMENT) await runTerminal();
else
  await main().catch((error: unknown) => {
    console.error(error);
    // Whatever still runs must not keep a failed bench alive.
    process.exit(1);
  });
