import { ArrowDown, ArrowUp, X } from 'lucide-react';
import { type FormEvent, useEffect, useId, useRef, useState } from 'react';
import type { TerminalView, TrustRule } from '../../src-main/ipc/contract.ts';
import { Button } from '../components/ui.tsx';
import { endRule, useStore } from '../store/store.ts';
import { CellInput } from './cell-input.tsx';
import type { ChangeTrust } from './trust-section.tsx';

const DECISIONS: Readonly<Record<TrustRule['decide'], string>> = {
  allow: 'Allow',
  ask: 'Ask me',
  deny: 'Deny (403)',
};
const EMPTY: TrustRule = { sender: '', application: '', type: '', decide: 'allow' };
const COLUMNS = [
  ['sender', 'Sender', '*@push.test'],
  ['application', 'Application', 'mms.ua'],
  ['type', 'Content type', 'image/*'],
] as const;

type RuleTableProps = { readonly terminal: TerminalView; readonly change: ChangeTrust };

/** The rules in the order they are tried, each edited where it stands, and a line for a new one. */
export function RuleTable({ terminal, change }: RuleTableProps) {
  const { rules } = terminal.trust;
  const listId = useId();
  const setRules = (make: (rules: readonly TrustRule[]) => readonly TrustRule[]) =>
    change((trust) => ({ ...trust, rules: [...make(trust.rules)] }));
  const edit = (index: number, one: Partial<TrustRule>) =>
    setRules((before) => before.map((rule, at) => (at === index ? { ...rule, ...one } : rule)));
  const move = (index: number, to: number) =>
    void setRules((before) => {
      const rule = before[index];
      return rule === undefined ? before : before.toSpliced(index, 1).toSpliced(to, 0, rule);
    });
  return (
    <>
      <datalist id={listId}>
        {terminal.applications.map((application) => (
          <option key={application} value={application} />
        ))}
      </datalist>
      <table aria-label="Rules" className="w-full table-fixed border-collapse">
        <thead>
          <tr className="text-left text-muted">
            <th className="w-7 py-1 font-normal">
              <span className="sr-only">Order</span>
            </th>
            {COLUMNS.map(([field, title]) => (
              <th key={field} className="py-1 pr-2 font-normal">
                {title}
              </th>
            ))}
            <th className="w-28 py-1 pr-2 font-normal">Decision</th>
            <th className="w-24 py-1 font-normal">
              <span className="sr-only">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rules.map((rule, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two rules may be alike; only their place tells them apart.
            <tr key={index}>
              <td className="py-1 text-muted tabular-nums">{index + 1}</td>
              {COLUMNS.map(([field, title]) => (
                <td key={field} className="py-1 pr-2">
                  <CellInput
                    label={`${title} of rule ${index + 1}`}
                    value={rule[field]}
                    empty={orAny(field, '')}
                    {...(field === 'application' ? { list: listId } : {})}
                    commit={(text) => edit(index, { [field]: text })}
                  />
                </td>
              ))}
              <td className="py-1 pr-2">
                <Decision
                  label={`Decision of rule ${index + 1}`}
                  value={rule.decide}
                  choose={(decide) => void edit(index, { decide })}
                />
              </td>
              <td className="whitespace-nowrap py-1 text-right text-muted">
                <IconButton
                  label={`Move rule ${index + 1} up`}
                  disabled={index === 0}
                  onClick={() => move(index, index - 1)}
                >
                  <ArrowUp aria-hidden size={14} />
                </IconButton>
                <IconButton
                  label={`Move rule ${index + 1} down`}
                  disabled={index === rules.length - 1}
                  onClick={() => move(index, index + 1)}
                >
                  <ArrowDown aria-hidden size={14} />
                </IconButton>
                <IconButton
                  label={`Remove rule ${index + 1}`}
                  onClick={() => void setRules((before) => before.toSpliced(index, 1))}
                >
                  <X aria-hidden size={14} />
                </IconButton>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <NewRule
        terminal={terminal.name}
        listId={listId}
        add={(rule) => setRules((before) => [rule, ...before])}
      />
    </>
  );
}

type NewRuleProps = {
  readonly terminal: string;
  readonly listId: string;
  /** Whether it was taken. */
  readonly add: (rule: TrustRule) => Promise<boolean>;
};

/** A line to begin a rule in; begun from a push, it is filled in and waits for a decision. */
function NewRule({ terminal, listId, add }: NewRuleProps) {
  const draft = useStore((state) => (state.ruleDraft?.terminal === terminal ? state.ruleDraft : null));
  const [rule, setRule] = useState(EMPTY);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (draft === null) return;
    const { sender, application, type } = draft;
    setRule({ sender, application, type, decide: 'allow' });
    endRule();
    form.current?.scrollIntoView?.({ block: 'center' });
    form.current?.querySelector('select')?.focus({ preventScroll: true });
  }, [draft]);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const { decide } = rule;
    const texts = COLUMNS.map(([field]) => [field, orAny(field, rule[field])]);
    if (await add({ ...Object.fromEntries(texts), decide })) setRule(EMPTY);
  };
  const begun = rule.sender !== '';
  return (
    <form
      ref={form}
      aria-label="New rule"
      className={
        begun
          ? 'my-1 flex items-center gap-2 rounded-lg bg-selected py-1.5 pr-1.5 pl-7'
          : 'my-1 flex items-center gap-2 py-1.5 pl-7'
      }
      onSubmit={(event) => void submit(event)}
    >
      {COLUMNS.map(([field, title, example]) => (
        <input
          key={field}
          aria-label={`${title} of the new rule`}
          className="field mono min-w-0 flex-1"
          spellCheck={false}
          placeholder="any"
          title={`empty for any, or for example ${example}`}
          {...(field === 'application' ? { list: listId } : {})}
          value={rule[field]}
          onChange={(event) => setRule({ ...rule, [field]: event.target.value })}
        />
      ))}
      <div className="w-26 shrink-0">
        <Decision
          label="Decision of the new rule"
          value={rule.decide}
          choose={(decide) => setRule({ ...rule, decide })}
        />
      </div>
      <Button
        type="submit"
        look={begun ? 'main' : 'plain'}
        className="w-24 shrink-0 px-0!"
        title="on top of the others"
      >
        Add rule
      </Button>
    </form>
  );
}

type DecisionProps = {
  readonly label: string;
  readonly value: TrustRule['decide'];
  readonly choose: (decide: TrustRule['decide']) => void;
};

function Decision({ label, value, choose }: DecisionProps) {
  return (
    <select
      aria-label={label}
      className="field px-1.5!"
      value={value}
      onChange={(event) => choose(event.target.value as TrustRule['decide'])}
    >
      {Object.entries(DECISIONS).map(([decide, words]) => (
        <option key={decide} value={decide}>
          {words}
        </option>
      ))}
    </select>
  );
}

type IconButtonProps = {
  readonly label: string;
  readonly disabled?: boolean;
  readonly onClick: () => void;
  readonly children: React.ReactNode;
};

function IconButton({ label, disabled = false, onClick, children }: IconButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      disabled={disabled}
      className="rounded p-1.5 hover:bg-quiet-soft disabled:opacity-40"
      onClick={onClick}
    >
      {children}
    </button>
  );
}

function orAny(field: 'sender' | 'application' | 'type', text: string): string {
  const trimmed = text.trim();
  return trimmed === '' ? (field === 'type' ? '*/*' : '*') : trimmed;
}
