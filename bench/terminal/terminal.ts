import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { readProfile } from '../../src-main/agent/profile.ts';
import { Terminals } from '../../src-main/agent/terminals.ts';
import { JsonLines } from '../../src-main/cli/streams.ts';
import type { TerminalSetup, Vitals } from './child.ts';

/** How often the event loop is looked at, in ms; the histogram counts from here. */
const RESOLUTION_MS = 1;
/** How often the memory is looked at, in ms. */
const PEAK_INTERVAL_MS = 200;
const MIB = 1024 * 1024;

/** One terminal as the app runs it, or with files of content as `headless` does; it tells its vitals to whoever forked it. */
export async function runTerminal(): Promise<void> {
  const setup = JSON.parse(process.argv[3] ?? '{}') as TerminalSetup;
  const events = new JsonLines(process.stdout);
  const terminals = await Terminals.open({
    dataFolder: setup.folder,
    contentFiles: setup.contentFiles,
    emit: (event) => events.print(event),
    ignored: new Set(['registration', 'push-changed', 'delivery']),
  });
  const read = readProfile({ name: 'bench', aor: 'sip:bob@push.test', ...setup.profile });
  if (read.kind === 'bad') throw new Error(read.problems.join('\n'));
  (await terminals.add(read.profile)).start();

  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  let commits = terminals.history.commits;
  let cpu = process.cpuUsage();
  let load = performance.eventLoopUtilization();
  let peakRss = 0;
  const look = () => {
    peakRss = Math.max(peakRss, process.memoryUsage.rss());
  };
  setInterval(look, PEAK_INTERVAL_MS);
  process.on('message', () => {
    look();
    const { user, system } = process.cpuUsage(cpu);
    const vitals: Vitals = {
      p99Ms: Math.max(0, delay.percentile(99) / 1e6 - RESOLUTION_MS),
      maxMs: Math.max(0, delay.max / 1e6 - RESOLUTION_MS),
      commits: terminals.history.commits - commits,
      rssMiB: process.memoryUsage.rss() / MIB,
      peakRssMiB: peakRss / MIB,
      cpuMs: (user + system) / 1000,
      busy: performance.eventLoopUtilization(load).utilization,
      unindexed: terminals.history.unsearchable,
    };
    commits = terminals.history.commits;
    cpu = process.cpuUsage();
    load = performance.eventLoopUtilization();
    delay.reset();
    peakRss = 0;
    process.send?.(vitals);
  });
  process.on('disconnect', () => {
    void terminals.close().then(() => process.exit(0));
  });
}
