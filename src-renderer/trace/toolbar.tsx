import { clsx } from 'clsx';
import { Pause, Play } from 'lucide-react';
import { type ReactNode, useEffect, useRef } from 'react';
import type { TraceState, TraceSummary } from '../../src-main/ipc/contract.ts';
import { Choice } from '../components/choice.tsx';
import { Button } from '../components/ui.tsx';
import { call } from '../store/store.ts';
import { TraceMenu } from './trace-menu.tsx';
import { changeFilter, searchText, useTrace } from './trace-store.ts';

const VIEWS = [
  ['ladder', 'Ladder'],
  ['list', 'List'],
] as const;

type ToolbarProps = { readonly trace: TraceState; readonly shown: readonly TraceSummary[] };

/** What is shown of the trace, how, and what is done with it. */
export function Toolbar({ trace, shown }: ToolbarProps) {
  const filter = useTrace((state) => state.filter);
  const follow = useTrace((state) => state.follow);
  const view = useTrace((state) => state.view);
  const { recording } = trace;
  return (
    <div className="flex flex-col gap-2 border-line border-b p-3">
      <div className="flex flex-wrap items-center gap-2">
        <SearchField text={filter.text} />
        <Choice
          label="View"
          options={VIEWS}
          value={view}
          choose={(chosen) => useTrace.setState({ view: chosen })}
        />
        <Button
          className="flex items-center gap-1.5"
          onClick={() => void call('trace.record', { recording: !recording })}
        >
          {recording ? <Pause aria-hidden size={13} /> : <Play aria-hidden size={13} />}
          {recording ? 'Pause' : 'Record'}
        </Button>
        <TraceMenu trace={trace} shown={shown} />
      </div>
      <div className="flex flex-wrap items-center gap-1.5">
        <Toggle on={filter.sip} press={(sip) => changeFilter({ sip })}>
          SIP
        </Toggle>
        <Toggle on={filter.msrp} press={(msrp) => changeFilter({ msrp })}>
          MSRP
        </Toggle>
        <Toggle on={filter.errorsOnly} press={(errorsOnly) => changeFilter({ errorsOnly })}>
          Errors only
        </Toggle>
        <KeepAlives />
        <MethodChoice />
        <Toggle on={follow} press={(on) => useTrace.setState({ follow: on })}>
          Follow
        </Toggle>
        <span className="ml-auto whitespace-nowrap text-muted text-xs">
          {shown.length.toLocaleString('en-US')} of {(trace.last - trace.first + 1).toLocaleString('en-US')}{' '}
          {recording ? '' : '· paused'}
        </span>
      </div>
    </div>
  );
}

function SearchField({ text }: { readonly text: string }) {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const focus = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      input.current?.focus();
    };
    window.addEventListener('keydown', focus);
    return () => window.removeEventListener('keydown', focus);
  }, []);
  return (
    <input
      ref={input}
      type="search"
      aria-label="Search the trace"
      className="field min-w-64 flex-1 max-[1100px]:basis-full"
      placeholder="Method, header, Call-ID, Message-ID …"
      value={text}
      onChange={(event) => void searchText(event.target.value)}
    />
  );
}

type ToggleProps = {
  readonly on: boolean;
  readonly press: (on: boolean) => void;
  readonly children: ReactNode;
};

function Toggle({ on, press, children }: ToggleProps) {
  return (
    <button
      type="button"
      aria-pressed={on}
      className={clsx(
        'rounded-full px-2 py-0.5 text-xs',
        on ? 'bg-info-soft font-medium text-info' : 'bg-quiet-soft text-quiet',
      )}
      onClick={() => press(!on)}
    >
      {children}
    </button>
  );
}

/** Signs of life are counted, and shown only when asked for. */
function KeepAlives() {
  const on = useTrace((state) => state.filter.keepAlives);
  const version = useTrace((state) => state.version);
  const counted = useRef({ version: -1, to: 0, first: 0, count: 0 });
  const { all } = useTrace.getState();
  const seen = counted.current;
  const first = all[0]?.id ?? 0;
  if (seen.version !== version) {
    // Only what came since the last look, unless the beginning was forgotten.
    const from = seen.first === first ? seen.to : 0;
    const count = all.slice(from).filter(({ kind }) => kind === 'keep-alive').length;
    counted.current = { version, to: all.length, first, count: from === 0 ? count : seen.count + count };
  }
  return (
    <Toggle on={on} press={(keepAlives) => changeFilter({ keepAlives })}>
      Keep-alives {counted.current.count.toLocaleString('en-US')}
    </Toggle>
  );
}

const METHODS = [
  'REGISTER',
  'MESSAGE',
  'INVITE',
  'ACK',
  'BYE',
  'CANCEL',
  'UPDATE',
  'PRACK',
  'OPTIONS',
  'SUBSCRIBE',
  'NOTIFY',
  'REFER',
  'PUBLISH',
  'SEND',
  'REPORT',
  'AUTH',
] as const;

function MethodChoice() {
  const method = useTrace((state) => state.filter.method);
  return (
    <select
      aria-label="Method"
      className="rounded-full border border-line bg-raised px-2 py-0.5 text-xs"
      value={method ?? ''}
      onChange={({ target }) => changeFilter({ method: target.value === '' ? null : target.value })}
    >
      <option value="">Any method</option>
      {METHODS.map((one) => (
        <option key={one}>{one}</option>
      ))}
    </select>
  );
}
