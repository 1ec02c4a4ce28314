import type { CoreBindingView } from '../../src-main/ipc/contract.ts';
import { formatGruu } from '../format.ts';
import { useStore } from '../store/store.ts';

/** Whom a push goes to: a whole user by the AOR, chosen terminals by their GRUUs, or the first terminal of a user that takes it. */
export type Selection = {
  readonly mode: 'aor' | 'gruu' | 'first';
  readonly aors: ReadonlySet<string>;
  readonly gruus: ReadonlySet<string>;
};

type TargetsProps = {
  readonly bindings: readonly CoreBindingView[];
  readonly selection: Selection;
  readonly change: (selection: Selection) => void;
};

/** Who: users with their terminals, as the core has them registered. */
export function Targets({ bindings, selection, change }: TargetsProps) {
  const users = [...new Set(bindings.map(({ aor }) => aor))];
  return (
    <section aria-label="Who" className="flex flex-col gap-3 overflow-y-auto border-line border-r p-4">
      <h2 className="heading">Who</h2>
      {users.length === 0 && <p className="text-muted">Nobody is registered.</p>}
      {users.map((aor) => (
        <User
          key={aor}
          aor={aor}
          bindings={bindings.filter((binding) => binding.aor === aor)}
          selection={selection}
          change={change}
        />
      ))}
      <fieldset className="mt-1 flex flex-col gap-1.5">
        <legend className="mb-1 text-muted">Deliver to</legend>
        <Mode label="All terminals (AOR)" mode="aor" selection={selection} change={change} />
        <Mode label="Chosen terminals (GRUU)" mode="gruu" selection={selection} change={change} />
        <Mode label="The first that takes it" mode="first" selection={selection} change={change} />
      </fieldset>
    </section>
  );
}

type ModeProps = {
  readonly label: string;
  readonly mode: Selection['mode'];
  readonly selection: Selection;
  readonly change: (selection: Selection) => void;
};

function Mode({ label, mode, selection, change }: ModeProps) {
  return (
    <label className="flex items-center gap-2">
      <input
        type="radio"
        name="mode"
        checked={selection.mode === mode}
        onChange={() => change({ ...selection, mode })}
      />
      {label}
    </label>
  );
}

type UserProps = {
  readonly aor: string;
  readonly bindings: readonly CoreBindingView[];
  readonly selection: Selection;
  readonly change: (selection: Selection) => void;
};

function User({ aor, bindings, selection, change }: UserProps) {
  const terminals = useStore((state) => state.app?.terminals ?? []);
  const count = `${bindings.length} ${bindings.length === 1 ? 'terminal' : 'terminals'}`;
  const nameOf = (instance: string | null) => {
    const own = terminals.find(({ instanceId }) => instanceId.toLowerCase() === instance?.toLowerCase());
    return own?.displayName ?? own?.name ?? 'terminal';
  };
  const byUser = selection.mode !== 'gruu';
  const gruus = bindings.flatMap(({ pubGruu }) => pubGruu ?? []);
  const isWhole = gruus.length > 0 && gruus.every((gruu) => selection.gruus.has(gruu));
  return (
    <div className="flex flex-col gap-2">
      <div className="flex items-center gap-2 rounded-lg border border-line bg-panel px-3 py-2">
        <input
          type="checkbox"
          aria-label={`All terminals of ${aor}`}
          checked={byUser ? selection.aors.has(aor) : isWhole}
          onChange={() =>
            change(
              byUser
                ? { ...selection, aors: toggled(selection.aors, aor) }
                : { ...selection, gruus: withAll(selection.gruus, gruus, !isWhole) },
            )
          }
        />
        <span className="min-w-0 flex-1 truncate font-semibold">{aor}</span>
        <span className="text-muted">{count}</span>
      </div>
      <ul className="flex flex-col gap-2 pl-6">
        {bindings.map(({ contact, instance, pubGruu, applications }) => (
          <li key={contact} className="rounded-lg border border-line bg-panel px-3 py-2">
            <span className="flex items-center gap-2">
              {pubGruu !== null && (
                <input
                  type="checkbox"
                  disabled={byUser}
                  aria-label={`Terminal ${nameOf(instance)}`}
                  checked={byUser ? selection.aors.has(aor) : selection.gruus.has(pubGruu)}
                  onChange={() => change({ ...selection, gruus: toggled(selection.gruus, pubGruu) })}
                />
              )}
              <span className="min-w-0 flex-1 truncate font-medium">{nameOf(instance)}</span>
              <span className="text-muted">{applications.join(', ')}</span>
            </span>
            {pubGruu !== null && (
              <span className="mono block truncate text-muted">{formatGruu(pubGruu)}</span>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}

function toggled(items: ReadonlySet<string>, item: string): ReadonlySet<string> {
  const next = new Set(items);
  if (!next.delete(item)) next.add(item);
  return next;
}

function withAll(items: ReadonlySet<string>, some: readonly string[], isIn: boolean): ReadonlySet<string> {
  const rest = [...items].filter((item) => !some.includes(item));
  return new Set(isIn ? [...rest, ...some] : rest);
}
