import { ArrowDown, ArrowUp, X } from 'lucide-react';
import { Button } from '../components/ui.tsx';
import { useForm } from './form-context.ts';
import { NEW_RULE, type RuleValues } from './rule-values.ts';

const COLUMNS = [
  ['sender', 'Sender', '*@push.test'],
  ['application', 'Application', 'mms.ua'],
  ['type', 'Type', 'image/*'],
  ['atLeast', 'At least', '64 KiB'],
  ['atMost', 'At most', '10 MiB'],
] as const;
const DECISIONS: Readonly<Record<RuleValues['decide'], string>> = {
  accept: 'Accept',
  ask: 'Ask me',
  decline: 'Decline',
};

/** Rules about offered files, in the order they are tried. */
export function FileRules() {
  const { values, change, problems } = useForm();
  const rules = values['files.rules'];
  const problem = problems.get('files.rules');
  const set = (next: readonly RuleValues[]) => change({ 'files.rules': next });
  const edit = (at: number, one: Partial<RuleValues>) =>
    set(rules.map((rule, index) => (index === at ? { ...rule, ...one } : rule)));
  const move = (from: number, to: number) => {
    const rule = rules[from];
    if (rule !== undefined) set(rules.toSpliced(from, 1).toSpliced(to, 0, rule));
  };
  return (
    <fieldset>
      <legend className="mb-1 font-medium">Rules for files</legend>
      {rules.length > 0 && (
        <table aria-label="Rules for files" className="mb-2 w-full table-fixed border-collapse">
          <thead>
            <tr className="text-left text-muted">
              <th className="w-5 py-1 font-normal">
                <span className="sr-only">Order</span>
              </th>
              {COLUMNS.map(([field, title]) => (
                <th
                  key={field}
                  className={
                    field === 'atLeast' || field === 'atMost'
                      ? 'w-18 py-1 pr-1.5 font-normal'
                      : 'py-1 pr-1.5 font-normal'
                  }
                >
                  {title}
                </th>
              ))}
              <th className="w-22 py-1 pr-1.5 font-normal">Decision</th>
              <th className="w-19 py-1 font-normal">
                <span className="sr-only">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rules.map((rule, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: two rules may be alike; only their place tells them apart.
              <tr key={index}>
                <td className="py-0.5 text-muted tabular-nums">{index + 1}</td>
                {COLUMNS.map(([field, title, example]) => (
                  <td key={field} className="py-0.5 pr-1.5">
                    <input
                      aria-label={`${title} of file rule ${index + 1}`}
                      className="field mono px-1.5!"
                      spellCheck={false}
                      autoComplete="off"
                      placeholder="any"
                      title={`empty for any, or for example ${example}`}
                      value={rule[field]}
                      onChange={(event) => edit(index, { [field]: event.target.value })}
                    />
                  </td>
                ))}
                <td className="py-0.5 pr-1.5">
                  <select
                    aria-label={`Decision of file rule ${index + 1}`}
                    className="field px-1!"
                    value={rule.decide}
                    onChange={(event) => edit(index, { decide: event.target.value as RuleValues['decide'] })}
                  >
                    {Object.entries(DECISIONS).map(([decide, words]) => (
                      <option key={decide} value={decide}>
                        {words}
                      </option>
                    ))}
                  </select>
                </td>
                <td className="whitespace-nowrap py-0.5 text-right text-muted">
                  <RuleButton
                    label={`Move file rule ${index + 1} up`}
                    disabled={index === 0}
                    onClick={() => move(index, index - 1)}
                  >
                    <ArrowUp aria-hidden size={14} />
                  </RuleButton>
                  <RuleButton
                    label={`Move file rule ${index + 1} down`}
                    disabled={index === rules.length - 1}
                    onClick={() => move(index, index + 1)}
                  >
                    <ArrowDown aria-hidden size={14} />
                  </RuleButton>
                  <RuleButton
                    label={`Remove file rule ${index + 1}`}
                    onClick={() => set(rules.toSpliced(index, 1))}
                  >
                    <X aria-hidden size={14} />
                  </RuleButton>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <Button className="px-2.5 py-1" onClick={() => set([...rules, NEW_RULE])}>
        Add file rule
      </Button>
      <p
        role={problem === undefined ? undefined : 'alert'}
        className={problem === undefined ? 'mt-1 text-muted' : 'mt-1 text-bad'}
      >
        {problem ??
          'the first rule that fits a file decides on it; without one, the choice above. Sizes such as 64 KiB, both ends included'}
      </p>
    </fieldset>
  );
}

type RuleButtonProps = {
  readonly label: string;
  readonly disabled?: boolean;
  readonly onClick: () => void;
  readonly children: React.ReactNode;
};

function RuleButton({ label, disabled = false, onClick, children }: RuleButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      disabled={disabled}
      className="rounded p-1 hover:bg-quiet-soft disabled:opacity-40"
      onClick={onClick}
    >
      {children}
    </button>
  );
}
