import { open, rename } from 'node:fs/promises';
import { arch, platform, release } from 'node:os';
import { join } from 'node:path';
import type { Handlers } from '../ipc/router.ts';
import { exportRecords } from '../trace/export/exporter.ts';
import { maskCredentials } from '../trace/mask.ts';
import { exportProfile } from './profile-files.ts';
import type { Service } from './service.ts';
import { fileTime } from './trace-calls.ts';
import { type ZipEntry, zip } from './zip.ts';

export type ReportCallsOptions = {
  readonly service: Service;
  readonly choosePath: (title: string, suggested: string) => Promise<string | null>;
};

/** Bytes of the end of the log that a report holds. */
const LOG_TAIL_BYTES = 256 * 1024;

type Described = ZipEntry & { readonly what: string };

/** Reports of a problem: made only when asked for, and listed before they are saved. */
export function reportCalls({
  service,
  choosePath,
}: ReportCallsOptions): Pick<Handlers, 'report.contents' | 'report.save'> {
  return {
    'report.contents': async ({ terminal }) => {
      const entries = await reportEntries(service, terminal);
      return entries.map(({ name, bytes, what }) => ({ name, bytes: bytes.length, what }));
    },
    'report.save': async ({ terminal }) => {
      const path = await choosePath('Save the report', `push-terminal-report-${fileTime()}.zip`);
      if (path === null) return null;
      const archive = zip(await reportEntries(service, terminal));
      const file = await open(`${path}.part`, 'w', 0o600);
      try {
        await file.writeFile(archive);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(`${path}.part`, path);
      return path;
    },
  };
}

/** The files of a report; of one terminal alone, or of all. */
export async function reportEntries(service: Service, only: string | null): Promise<readonly Described[]> {
  const terminals = service.terminals.all().filter(({ name }) => only === null || name === only);
  const { trace } = service.terminals;
  const program = `Push Terminal ${service.version}`;
  const ofTerminal = (name: string) => terminals.some((terminal) => terminal.name === name);
  const records = function* () {
    for (const record of trace.from(1)) if (ofTerminal(record.link.terminal)) yield record;
  };
  const written = async (format: 'pcapng' | 'txt') => {
    const parts: Buffer[] = [];
    for await (const part of exportRecords(records, format, { kind: 'all' }, program).pieces)
      parts.push(part);
    return Buffer.concat(parts);
  };
  return [
    {
      name: 'versions.txt',
      bytes: Buffer.from(versions(service)),
      what: 'the versions of the app, its runtime and the system',
    },
    ...terminals.map(({ name, profile }, index) => ({
      name: `profile-${index + 1}.json`,
      bytes: Buffer.from(exportProfile(profile, { secrets: false })),
      what: `the profile of ${name}, without passwords and keys`,
    })),
    { name: 'trace.pcapng', bytes: await written('pcapng'), what: 'the trace, credentials masked' },
    { name: 'trace.txt', bytes: await written('txt'), what: 'the same as text' },
    {
      name: 'log.txt',
      bytes: await logTail(join(service.dataFolder, 'logs', 'main.log')),
      what: 'the end of the log',
    },
  ];
}

function versions(service: Service): string {
  const { electron = 'none', chrome = 'none', node } = process.versions;
  const { state } = service.terminals.trace;
  return [
    `Push Terminal ${service.version}`,
    `Electron ${electron}, Chromium ${chrome}, Node ${node}`,
    `${platform()} ${release()} ${arch()}`,
    `Trace: records ${state.first} to ${state.last}, ${state.bytes} bytes`,
    '',
  ].join('\n');
}

/** The end of a log; empty when there is none. */
async function logTail(path: string): Promise<Buffer> {
  try {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      const tail = Buffer.alloc(Math.min(size, LOG_TAIL_BYTES));
      await file.read(tail, 0, tail.length, size - tail.length);
      return Buffer.from(maskCredentials(tail.toString()));
    } finally {
      await file.close();
    }
  } catch {
    return Buffer.alloc(0);
  }
}
