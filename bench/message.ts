// npm run -s bench -- message: pushes by MESSAGE to a real terminal, each durable before its 200, against SIPp's UAS.
import { parseArgs } from 'node:util';
import { medianOf } from './median.ts';
import { MessageBench } from './message/bench.ts';
import { TERMINAL_ARGUMENT } from './terminal/child.ts';
import { runTerminal } from './terminal/terminal.ts';

const DEFAULT_RUNS = 5;
const DEFAULT_CALLS = 20_000;

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
    await bench.warmUp(calls);
    const terminal: number[] = [];
    const sipp: number[] = [];
    for (let run = 1; run <= Number(values.runs); run += 1) {
      const peer = await bench.againstSipp(calls);
      const own = await bench.againstTerminal(calls);
      sipp.push(peer);
      terminal.push(own.rate);
      const { p99Ms, maxMs, commits, rssMiB, cpuMs, busy } = own.vitals;
      say(
        `run ${run}: terminal ${Math.round(own.rate)}/s, SIPp ${Math.round(peer)}/s; event loop p99 ${p99Ms.toFixed(1)} ms, ` +
          `longest ${maxMs.toFixed(1)} ms; ${(commits / calls).toFixed(4)} commits a push; ${Math.round((cpuMs * 1000) / calls)} µs CPU a push, ` +
          `event loop busy ${(busy * 100).toFixed(0)} %; RSS ${Math.round(rssMiB)} MiB`,
      );
    }
    if (Number(values.long) > 0) await bench.longRun(Number(values.long), say);
    const value = medianOf(terminal);
    const against = medianOf(sipp);
    const ratio = value / against;
    const result = { name: 'message', ratio, value, against, unit: 'MESSAGE/s', runs: terminal.length };
    if (values.json) console.log(JSON.stringify(result));
    say(`median: terminal ${Math.round(value)}/s, SIPp ${Math.round(against)}/s, ratio ${ratio.toFixed(3)}`);
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
