import { useEffect, useState } from 'react';

type CellInputProps = {
  readonly label: string;
  readonly value: string;
  /** What an empty field stands for. */
  readonly empty: string;
  /** Id of a list of suggestions. */
  readonly list?: string;
  /** Takes what was typed; answers whether it was taken. */
  readonly commit: (text: string) => Promise<boolean>;
};

/** A field of a table that is edited in place: Enter or leaving it keeps the change, Esc takes it back. */
export function CellInput({ label, value, empty, list, commit }: CellInputProps) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const keep = async () => {
    const typed = text.trim() === '' ? empty : text.trim();
    if (typed === value || !(await commit(typed))) setText(value);
  };
  return (
    <input
      aria-label={label}
      className="field mono border-transparent! bg-transparent! hover:border-line! focus:border-line! focus:bg-raised!"
      spellCheck={false}
      list={list}
      value={text}
      title={text}
      onChange={(event) => setText(event.target.value)}
      onBlur={() => void keep()}
      onKeyDown={(event) => {
        if (event.key === 'Enter') void keep();
        if (event.key === 'Escape') setText(value);
      }}
    />
  );
}
