import type { TraceSummary } from '../ipc/contract.ts';
import type { Handlers } from '../ipc/router.ts';
import { readable } from '../trace/export/texts.ts';
import { writeExport } from '../trace/export/write-export.ts';
import { findText } from '../trace/find.ts';
import { Summaries } from '../trace/summaries.ts';
import type { Trace } from '../trace/trace.ts';

export type TraceCallsOptions = {
  readonly trace: Trace;
  readonly version: string;
  readonly choosePath: (title: string, suggested: string) => Promise<string | null>;
};

type TraceCalls = Pick<
  Handlers,
  | 'trace.list'
  | 'trace.message'
  | 'trace.find'
  | 'trace.record'
  | 'trace.change'
  | 'trace.clear'
  | 'trace.export'
>;

/** The calls that show the trace, and write it where the user says. */
export function traceCalls({ trace, version, choosePath }: TraceCallsOptions): TraceCalls {
  // Pages are asked for in order, and what they tell of sessions and repetitions builds on those before.
  const summaries = new Summaries();
  return {
    'trace.list': ({ from, limit }) => {
      const page: TraceSummary[] = [];
      for (const record of trace.from(from)) {
        if (page.length === limit) return { summaries: page, more: true };
        page.push(summaries.of(record));
      }
      return { summaries: page, more: false };
    },
    'trace.message': ({ id }) => {
      const record = trace.get(id);
      if (record === null) return null;
      const summary = summaries.of(record);
      const text = record.kind === 'message' ? readable(record.kept) : '';
      return { summary, text, elided: record.elided };
    },
    'trace.find': ({ text, from }) => findText(trace.from(from), text),
    'trace.record': ({ recording }) => void trace.setRecording(recording),
    'trace.change': async (settings) => void (await trace.change(settings)),
    'trace.clear': async () => void (await trace.clear()),
    'trace.export': async ({ format, scope }) => {
      const path = await choosePath('Save trace', `trace-${fileTime()}.${format}`);
      if (path === null) return null;
      try {
        const count = await writeExport(trace, path, { format, scope, program: `Push Terminal ${version}` });
        return { path, count };
      } catch (error) {
        throw new Error(`The trace could not be written: ${error instanceof Error ? error.message : error}`);
      }
    },
  };
}

/** Now, as a part of a file's name. */
export function fileTime(): string {
  return new Date().toISOString().slice(0, 19).replaceAll(':', '').replace('T', '-');
}
