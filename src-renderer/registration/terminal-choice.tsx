import { clsx } from 'clsx';
import type { TerminalView } from '../../src-main/ipc/contract.ts';
import { Dot } from '../components/ui.tsx';
import { describeRegistration } from '../terminals/registration.ts';

/** More terminals than this are chosen from a menu. */
const MAX_SEGMENTS = 8;

type ChoiceProps = {
  readonly terminals: readonly TerminalView[];
  readonly chosen: string;
  readonly now: number;
  readonly choose: (terminal: string) => void;
};

/** Which terminal the tab shows. */
export function TerminalChoice({ terminals, chosen, now, choose }: ChoiceProps) {
  if (terminals.length > MAX_SEGMENTS) {
    return (
      <select
        aria-label="Terminal"
        className="field max-w-96"
        value={chosen}
        onChange={(event) => choose(event.target.value)}
      >
        {terminals.map(({ name, displayName, registration }) => (
          <option key={name} value={name}>
            {displayName ?? name} · {describeRegistration(registration, now).word}
          </option>
        ))}
      </select>
    );
  }
  return (
    <fieldset className="flex flex-wrap gap-1">
      <legend className="sr-only">Terminal</legend>
      {terminals.map(({ name, displayName, registration }) => {
        const { tone, word } = describeRegistration(registration, now);
        return (
          <button
            key={name}
            type="button"
            aria-pressed={name === chosen}
            title={word}
            className={clsx(
              'flex min-w-0 max-w-60 items-center gap-2 rounded-lg border px-2.5 py-1',
              name === chosen
                ? 'border-line bg-raised font-medium'
                : 'border-transparent text-muted hover:bg-raised',
            )}
            onClick={() => choose(name)}
          >
            <Dot tone={tone} />
            <span className="truncate">{displayName ?? name}</span>
          </button>
        );
      })}
    </fieldset>
  );
}
