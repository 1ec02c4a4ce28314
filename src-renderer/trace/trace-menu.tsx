import { DropdownMenu } from 'radix-ui';
import { useState } from 'react';
import {
  type ExportFormat,
  MAX_EXPORTED_IDS,
  TRACE_SIZES,
  type TraceState,
  type TraceSummary,
} from '../../src-main/ipc/contract.ts';
import { MenuCheck, MenuHeading, MenuItem, MenuLine } from '../components/menu.tsx';
import { call, notify, openReport } from '../store/store.ts';
import { selectMessage } from './trace-store.ts';

const FORMATS: readonly (readonly [ExportFormat, string])[] = [
  ['pcapng', 'pcapng, for Wireshark'],
  ['pcap', 'pcap, for older tools'],
  ['txt', 'Text'],
  ['jsonl', 'JSON lines'],
  ['svg', 'Ladder as a picture (SVG)'],
];

type MenuProps = { readonly trace: TraceState; readonly shown: readonly TraceSummary[] };

/** Saving the trace, and how much of it is kept. */
export function TraceMenu({ trace, shown }: MenuProps) {
  const { keep, megabytes } = trace;
  const [all, setAll] = useState(false);
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger className="rounded-lg border border-line bg-raised px-3 py-1.5 hover:bg-quiet-soft">
        Save…
      </DropdownMenu.Trigger>
      <DropdownMenu.Content
        align="end"
        className="z-40 min-w-60 rounded-lg border border-line bg-raised p-1 shadow-xl"
      >
        <MenuHeading>Save as</MenuHeading>
        {FORMATS.map(([format, label]) => (
          <MenuItem
            key={format}
            disabled={all ? trace.last < trace.first : shown.length === 0}
            onSelect={() => void saveTrace(format, all ? null : shown)}
          >
            {label}
          </MenuItem>
        ))}
        <MenuLine />
        <MenuCheck checked={all} choose={setAll} stays>
          The whole trace, not only what is shown
        </MenuCheck>
        <MenuItem onSelect={openReport}>Report a problem…</MenuItem>
        <MenuLine />
        <MenuHeading>Keep</MenuHeading>
        <MenuCheck checked={keep} choose={(on) => void call('trace.change', { keep: on, megabytes })}>
          After a restart too
        </MenuCheck>
        {TRACE_SIZES.map((size) => (
          <MenuCheck
            key={size}
            checked={size === megabytes}
            choose={() => void call('trace.change', { keep, megabytes: size })}
          >
            The last {size} MiB
          </MenuCheck>
        ))}
        <MenuLine />
        <MenuItem
          onSelect={() => {
            selectMessage(null);
            void call('trace.clear');
          }}
        >
          Clear the trace
        </MenuItem>
      </DropdownMenu.Content>
    </DropdownMenu.Root>
  );
}

/** Asks where, and saves some messages, or all where there are none named. */
export async function saveTrace(format: ExportFormat, shown: readonly TraceSummary[] | null): Promise<void> {
  const ids = shown?.slice(-MAX_EXPORTED_IDS).map(({ id }) => id);
  const scope = ids === undefined ? ({ kind: 'all' } as const) : ({ kind: 'ids', ids } as const);
  const saved = await call('trace.export', { format, scope });
  if (saved === null) return;
  notify('info', `Saved ${saved.count.toLocaleString('en-US')} messages to ${saved.path}.`);
}
