import { Check, CircleAlert } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import type { AppState, PushResult } from '../../src-main/ipc/contract.ts';
import { Button, Chip } from '../components/ui.tsx';
import { formatGruu, formatTime } from '../format.ts';
import { call, useStore } from '../store/store.ts';
import {
  DEMO_APPLICATION,
  DESK,
  type GuideFacts,
  gruuOf,
  PHONE,
  type Progress,
  progressOf,
  type Sent,
  type StepId,
} from './gruu-guide-steps.ts';

const LABELS: Readonly<Record<string, string>> = { [DESK.name]: DESK.label, [PHONE.name]: PHONE.label };
const USER = 'sip:bob@push.test';

/** The guide through GRUU delivery: five steps, each played for real, and what really came of it. */
export function GruuGuide({ app }: { readonly app: AppState }) {
  const records = useStore((state) => state.records);
  const [sent, setSent] = useState<Sent>({});
  const bindings = app.sandbox.kind === 'running' ? app.sandbox.bindings : [];
  const facts: GuideFacts = { bindings, results: app.results, records, sent };
  const instanceOf = (name: string) => app.terminals.find((one) => one.name === name)?.instanceId;
  const desk = gruuOf(bindings, instanceOf(DESK.name));
  const phone = gruuOf(bindings, instanceOf(PHONE.name));
  // The GRUU stays the address of a terminal that has left.
  const [phoneGruu, rememberPhone] = useState<string | null>(null);
  if (phone !== null && phone !== phoneGruu) rememberPhone(phone);

  const note = (step: StepId, label: string, result: PushResult | null) => {
    if (result === null) return;
    setSent((before) => ({ ...before, [step]: { result: result.id, at: result.at, label } }));
  };
  const message = async (step: StepId, to: string, text: string) => {
    const label = `${text} (${formatTime(new Date().toISOString())})`;
    const push = { to, application: DEMO_APPLICATION, contentType: 'text/plain', text: label };
    note(step, label, await call('sender.message', push));
  };
  const file = async (to: string) =>
    note('file', 'push-terminal.png', await call('demo.file', { to, application: DEMO_APPLICATION }));
  const gone = async (to: string) => {
    await call('terminal.unregister', { terminal: PHONE.name });
    await message('gone', to, 'Nobody is to get this');
  };
  return (
    <section aria-label="Guide to GRUU delivery" className="border-line border-b p-4">
      <h2 className="heading mb-1">GRUU delivery, step by step</h2>
      <p className="mb-3 text-muted">
        One user, two terminals. Watch their windows: each step is a real push through the core.
      </p>
      <ol className="flex flex-col gap-2">
        <Step number={1} title="Both terminals register" progress={progressOf('register', facts)}>
          <p>
            Each sends its instance id (+sip.instance); the core gives each a GRUU, an address of that one
            terminal.
          </p>
          {desk !== null && <Address text={desk} />}
          {phone !== null && <Address text={phone} />}
        </Step>
        <Step
          number={2}
          title="Push to the user"
          progress={progressOf('aor', facts)}
          action={{
            label: 'Push to both',
            run: () => message('aor', USER, 'To every terminal of Bob'),
            ready: desk !== null && phone !== null,
          }}
        >
          <p>
            The Request-URI is the address of record, {USER}. The core forks the MESSAGE to every contact that
            serves {DEMO_APPLICATION}.
          </p>
        </Step>
        <Step
          number={3}
          title={`Push to ${DESK.label} alone`}
          progress={progressOf('gruu', facts)}
          action={{
            label: 'Push to the GRUU',
            run: () => (desk === null ? undefined : message('gruu', desk, 'To the desk alone')),
            ready: desk !== null,
          }}
        >
          <p>The Request-URI is a GRUU: the core takes the one contact of that instance and does not fork.</p>
        </Step>
        <Step
          number={4}
          title={`Offer a file to ${PHONE.label}`}
          progress={progressOf('file', facts)}
          action={{
            label: 'Offer a picture',
            run: () => (phone === null ? undefined : file(phone)),
            ready: phone !== null,
          }}
        >
          <p>
            INVITE with a file-selector to the phone’s GRUU. Accept it in the phone’s window: MSRP brings the
            bytes, a REPORT says that they arrived whole.
          </p>
        </Step>
        <Step
          number={5}
          title={`${PHONE.label} leaves`}
          progress={progressOf('gone', facts)}
          action={{
            label: 'Unregister it, then push',
            run: () => (phoneGruu === null ? undefined : gone(phoneGruu)),
            ready: phoneGruu !== null,
          }}
        >
          <p>A push to its GRUU is answered 480: a GRUU never leads to another terminal.</p>
          {phone === null && phoneGruu !== null && (
            <Button
              className="mt-1.5 px-2 py-1"
              onClick={() => void call('terminal.register', { terminal: PHONE.name })}
            >
              Register it again
            </Button>
          )}
        </Step>
      </ol>
    </section>
  );
}

type Action = {
  readonly label: string;
  readonly ready: boolean;
  readonly run: () => Promise<void> | undefined;
};

type StepProps = {
  readonly number: number;
  readonly title: string;
  readonly progress: Progress;
  readonly action?: Action;
  readonly children: ReactNode;
};

function Step({ number, title, progress, action, children }: StepProps) {
  const { state, arrivals, answer } = progress;
  return (
    <li className="rounded-[10px] border border-line bg-panel p-3">
      <div className="flex items-center gap-2">
        <Mark number={number} state={state} />
        <h3 className="min-w-0 flex-1 font-semibold">{title}</h3>
        <span role="status">{state !== 'ahead' && <StateChip state={state} />}</span>
      </div>
      <div className="mt-1 text-muted">{children}</div>
      {(answer !== null || arrivals.length > 0) && (
        <p className="mt-1 flex flex-wrap gap-x-3">
          {answer !== null && <span className="mono">{answer}</span>}
          {arrivals.map((name) => (
            <span key={name} className="text-ok">
              arrived at {LABELS[name]}
            </span>
          ))}
        </p>
      )}
      {action !== undefined && (
        <Button
          look={state === 'ahead' ? 'main' : 'plain'}
          className="mt-2 px-2.5 py-1"
          disabled={!action.ready}
          onClick={() => void action.run()}
        >
          {state === 'ahead' ? action.label : 'Once more'}
        </Button>
      )}
    </li>
  );
}

function Mark({ number, state }: { readonly number: number; readonly state: Progress['state'] }) {
  const look =
    state === 'held'
      ? 'bg-ok-soft text-ok'
      : state === 'failed'
        ? 'bg-bad-soft text-bad'
        : 'bg-quiet-soft text-quiet';
  return (
    <span aria-hidden className={`grid size-5 shrink-0 place-items-center rounded-full text-xs ${look}`}>
      {state === 'held' ? <Check size={13} /> : state === 'failed' ? <CircleAlert size={13} /> : number}
    </span>
  );
}

function StateChip({ state }: { readonly state: Exclude<Progress['state'], 'ahead'> }) {
  switch (state) {
    case 'running':
      return <Chip tone="info">Under way</Chip>;
    case 'held':
      return <Chip tone="ok">As expected</Chip>;
    case 'failed':
      return <Chip tone="bad">Not as expected</Chip>;
  }
}

function Address({ text }: { readonly text: string }) {
  return (
    <span className="mono block truncate" title={text}>
      {formatGruu(text)}
    </span>
  );
}
