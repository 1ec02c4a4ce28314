type ChoiceProps<T extends string | number> = {
  readonly label: string;
  readonly options: readonly (readonly [value: T, word: string])[];
  readonly value: T;
  readonly choose: (value: T) => void;
};

/** A few ways to see the same thing, one of them chosen. Nothing where there is only one. */
export function Choice<T extends string | number>({ label, options, value, choose }: ChoiceProps<T>) {
  if (options.length < 2) return null;
  return (
    <fieldset className="flex w-fit max-w-full flex-wrap gap-0.5 rounded-lg border border-line bg-panel p-0.5">
      <legend className="sr-only">{label}</legend>
      {options.map(([option, word]) => (
        <button
          key={option}
          type="button"
          aria-pressed={option === value}
          className={
            option === value
              ? 'whitespace-nowrap rounded-md bg-info-soft px-2.5 py-0.5 font-medium text-info'
              : 'whitespace-nowrap rounded-md px-2.5 py-0.5 text-muted hover:text-ink'
          }
          onClick={() => choose(option)}
        >
          {word}
        </button>
      ))}
    </fieldset>
  );
}
