import { useId } from 'react';
import { FAULT_WORDS, FAULTS_OF } from '../../src-main/ipc/contract.ts';
import { Button } from '../components/ui.tsx';
import { call } from '../store/store.ts';
import { type Draft, FAILURE_REPORTS } from './draft.ts';

type OptionsProps = { readonly draft: Draft; readonly change: (changed: Partial<Draft>) => void };
type Switch =
  | 'report'
  | 'cpim'
  | 'relay'
  | 'byReference'
  | 'silent'
  | 'require'
  | 'explicit'
  | 'inline'
  | 'asserted';

const LABELS: Readonly<Record<Switch, string>> = {
  report: 'Ask for success report',
  cpim: 'Wrap in CPIM',
  relay: 'Through an MSRP relay',
  byReference: 'By reference (RFC 4483)',
  silent: 'No report (Refer-Sub: false)',
  require: 'Only terminals that fit (require)',
  explicit: 'Only those that say so (explicit)',
  inline: 'In the MESSAGE, however large',
  asserted: 'Say P-Asserted-Identity itself',
};
const SWITCHES: Readonly<Record<Draft['kind'], readonly Switch[]>> = {
  message: ['byReference', 'inline'],
  files: ['report', 'cpim', 'relay'],
  notify: ['byReference'],
  refer: ['silent'],
  options: [],
};

/** How a push is to go: what suits its kind, whom it may reach, and what is to be wrong with it. */
export function PushOptions({ draft, change }: OptionsProps) {
  const { kind } = draft;
  const switches = SWITCHES[kind];
  return (
    <div className="flex flex-col gap-4">
      {switches.length > 0 && <Switches names={switches} draft={draft} change={change} />}
      {(kind === 'message' || kind === 'files') && (
        <>
          {kind === 'files' && <TransferFields draft={draft} change={change} />}
          <FaultField kind={kind} draft={draft} change={change} />
          <details>
            <summary className="cursor-pointer text-muted">Services and caller preferences</summary>
            <div className="mt-2 flex flex-col gap-3">
              <UrnField label="Communication services (ICSI)" name="icsi" draft={draft} change={change} />
              <UrnField label="Application references (IARI)" name="iari" draft={draft} change={change} />
              <Switches names={['require', 'explicit', 'asserted']} draft={draft} change={change} />
            </div>
          </details>
        </>
      )}
    </div>
  );
}

function Switches({ names, draft, change }: OptionsProps & { readonly names: readonly Switch[] }) {
  return (
    <div className="flex flex-wrap gap-x-4 gap-y-2">
      {names.map((name) => (
        <label key={name} className="flex items-center gap-2">
          <input
            type="checkbox"
            checked={draft[name]}
            onChange={(event) => change({ [name]: event.target.checked })}
          />
          {LABELS[name]}
        </label>
      ))}
    </div>
  );
}

function FaultField({ kind, draft, change }: OptionsProps & { readonly kind: 'message' | 'files' }) {
  const faults = FAULTS_OF[kind];
  const chosen = faults.find((fault) => fault === draft.fault) ?? null;
  return (
    <div>
      <ChoiceField
        label="Fault"
        none="none"
        choices={faults}
        value={chosen}
        change={(fault) => change({ fault })}
      />
      {chosen !== null && <p className="mt-1 text-warn">{FAULT_WORDS[chosen]}</p>}
    </div>
  );
}

/** One of some choices, or none of them, in words. */
function ChoiceField<T extends string>({
  label,
  none,
  choices,
  value,
  change,
}: {
  readonly label: string;
  readonly none: string;
  readonly choices: readonly T[];
  readonly value: T | null;
  readonly change: (value: T | null) => void;
}) {
  const id = useId();
  return (
    <div>
      <label htmlFor={id} className="mb-1 block text-muted">
        {label}
      </label>
      <select
        id={id}
        className="field"
        value={value ?? ''}
        onChange={({ target }) => change(choices.find((choice) => choice === target.value) ?? null)}
      >
        <option value="">{none}</option>
        {choices.map((choice) => (
          <option key={choice} value={choice}>
            {choice}
          </option>
        ))}
      </select>
    </div>
  );
}

function UrnField(props: OptionsProps & { readonly label: string; readonly name: 'icsi' | 'iari' }) {
  return <DraftField {...props} placeholder="urn:urn-7:3gpp-service.ims.icsi.mmtel" />;
}

function NumberField(props: OptionsProps & { readonly label: string; readonly name: 'chunk' | 'window' }) {
  return <DraftField {...props} placeholder="the sender’s own" inputMode="numeric" />;
}

function DraftField({
  label,
  name,
  draft,
  change,
  ...input
}: OptionsProps & {
  readonly label: string;
  readonly name: 'icsi' | 'iari' | 'chunk' | 'window';
  readonly placeholder: string;
  readonly inputMode?: 'numeric';
}) {
  const id = useId();
  return (
    <div>
      <label htmlFor={id} className="mb-1 block text-muted">
        {label}
      </label>
      <input
        id={id}
        className="field"
        value={draft[name]}
        onChange={(event) => change({ [name]: event.target.value })}
        {...input}
      />
    </div>
  );
}

/** How the bytes of files are to go: chunks, answers that may be open, failure reports, and a picture for the offer. */
function TransferFields({ draft, change }: OptionsProps) {
  const pickIcon = async () => {
    const [icon] = (await call('sender.pickFiles')) ?? [];
    if (icon !== undefined) change({ icon });
  };
  return (
    <details>
      <summary className="cursor-pointer text-muted">Chunks, failure reports and icon</summary>
      <div className="mt-2 grid grid-cols-[repeat(auto-fit,minmax(150px,1fr))] gap-3">
        <NumberField label="Chunk size in bytes" name="chunk" draft={draft} change={change} />
        <NumberField label="Chunks sent ahead" name="window" draft={draft} change={change} />
        <ChoiceField
          label="Failure-Report"
          none="not said (yes)"
          choices={FAILURE_REPORTS}
          value={draft.failureReport}
          change={(failureReport) => change({ failureReport })}
        />
      </div>
      <div className="mt-3 flex items-center gap-3">
        <Button onClick={() => void pickIcon()}>Choose icon…</Button>
        <span className="min-w-0 flex-1 truncate text-muted">
          {draft.icon?.name ?? 'no icon: PNG, JPEG or GIF'}
        </span>
        {draft.icon !== null && (
          <Button look="link" onClick={() => change({ icon: null })}>
            Remove icon
          </Button>
        )}
      </div>
    </details>
  );
}
