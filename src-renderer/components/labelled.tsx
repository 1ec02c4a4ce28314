import { type ReactNode, useId } from 'react';

type LabelledProps = {
  readonly label: string;
  readonly hint?: string;
  /** `hintId` names the hint, for `aria-describedby`. */
  readonly children: (id: string, hintId: string) => ReactNode;
};

/** A label, its control, and a hint below it that the control is described by. */
export function Labelled({ label, hint, children }: LabelledProps) {
  const id = useId();
  return (
    <div className="min-w-0">
      <label htmlFor={id} className="mb-1 block font-medium">
        {label}
      </label>
      {children(id, `${id}-hint`)}
      {hint !== undefined && (
        <p id={`${id}-hint`} className="mt-0.5 text-muted">
          {hint}
        </p>
      )}
    </div>
  );
}
