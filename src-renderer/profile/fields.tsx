import { clsx } from 'clsx';
import { type ReactNode, useId, useState } from 'react';
import { Button } from '../components/ui.tsx';
import { useForm } from './form-context.ts';
import type { ChoiceField, FieldName, FlagField, TextField, Values } from './values.ts';

/** What ties a control to its label and its note. */
type ControlAttributes = {
  readonly id: string;
  readonly 'aria-describedby'?: string;
  readonly 'aria-invalid'?: true;
};

type FieldProps = {
  readonly field: FieldName;
  readonly label: string;
  readonly hint?: string | undefined;
  readonly children: (attributes: ControlAttributes) => ReactNode;
};

/** A label, its control, and below them the hint or, in its place, what is wrong. */
export function Field({ field, label, hint, children }: FieldProps) {
  const { id, problem, attributes } = useControl(field, hint);
  return (
    <div>
      <label htmlFor={id} className="mb-1 block font-medium">
        {label}
      </label>
      {children(attributes)}
      <Note id={id} hint={hint} problem={problem} />
    </div>
  );
}

type TextProps = {
  readonly field: TextField;
  readonly label: string;
  readonly hint?: string;
  readonly mono?: boolean;
  readonly readOnly?: boolean;
};

/** One line of text. */
export function TextInput({ field, label, hint, mono = false, readOnly = false }: TextProps) {
  const { values, change } = useForm();
  return (
    <Field field={field} label={label} hint={hint}>
      {(attributes) => (
        <input
          {...attributes}
          className={clsx('field', mono && 'mono', readOnly && 'text-muted')}
          readOnly={readOnly}
          spellCheck={false}
          autoComplete="off"
          value={values[field]}
          onChange={(event) => change({ [field]: event.target.value })}
        />
      )}
    </Field>
  );
}

/** A whole number; a text all the same, so that what is wrong stays visible. */
export function NumberInput({ field, label, hint }: Omit<TextProps, 'mono' | 'readOnly'>) {
  const { values, change } = useForm();
  return (
    <Field field={field} label={label} hint={hint}>
      {(attributes) => (
        <input
          {...attributes}
          className="field"
          inputMode="numeric"
          autoComplete="off"
          value={values[field]}
          onChange={(event) => change({ [field]: event.target.value })}
        />
      )}
    </Field>
  );
}

type ListProps = Omit<TextProps, 'mono' | 'readOnly'> & { readonly disabled?: boolean };

/** Several entries, one a line. */
export function ListInput({ field, label, hint, disabled = false }: ListProps) {
  const { values, change } = useForm();
  return (
    <Field field={field} label={label} hint={hint}>
      {(attributes) => (
        <textarea
          {...attributes}
          className="field mono resize-y disabled:opacity-50"
          rows={2}
          spellCheck={false}
          disabled={disabled}
          value={values[field]}
          onChange={(event) => change({ [field]: event.target.value })}
        />
      )}
    </Field>
  );
}

/** A password or key: hidden until it is asked for. */
export function SecretInput({ field, label, hint }: Omit<TextProps, 'mono' | 'readOnly'>) {
  const { values, change } = useForm();
  const [shown, setShown] = useState(false);
  return (
    <Field field={field} label={label} hint={hint}>
      {(attributes) => (
        <div className="flex gap-2">
          <input
            {...attributes}
            className="field mono min-w-0"
            type={shown ? 'text' : 'password'}
            spellCheck={false}
            autoComplete="off"
            value={values[field]}
            onChange={(event) => change({ [field]: event.target.value })}
          />
          <Button
            className="w-16 shrink-0"
            aria-label={`${shown ? 'Hide' : 'Show'} ${label}`}
            onClick={() => setShown(!shown)}
          >
            {shown ? 'Hide' : 'Show'}
          </Button>
        </div>
      )}
    </Field>
  );
}

type PathProps = Omit<TextProps, 'mono' | 'readOnly'> & { readonly what: 'file' | 'folder' };

/** A path, typed or chosen in the system's dialog. */
export function PathInput({ field, label, hint, what }: PathProps) {
  const { values, change, fail } = useForm();
  const choose = async () => {
    try {
      const path = await window.pushTerminal.call('profile.pickPath', { what, title: label });
      if (path !== null) change({ [field]: path });
    } catch (error) {
      fail(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <Field field={field} label={label} hint={hint}>
      {(attributes) => (
        <div className="flex gap-2">
          <input
            {...attributes}
            className="field min-w-0"
            spellCheck={false}
            autoComplete="off"
            value={values[field]}
            onChange={(event) => change({ [field]: event.target.value })}
          />
          <Button className="shrink-0" aria-label={`Choose ${label}`} onClick={() => void choose()}>
            Choose…
          </Button>
        </div>
      )}
    </Field>
  );
}

type CheckProps = { readonly field: FlagField; readonly label: string; readonly hint?: string };

export function Check({ field, label, hint }: CheckProps) {
  const { values, change } = useForm();
  const { id, problem, attributes } = useControl(field, hint);
  return (
    <div>
      <label className="flex items-center gap-2 font-medium">
        <input
          {...attributes}
          type="checkbox"
          checked={values[field]}
          onChange={(event) => change({ [field]: event.target.checked })}
        />
        {label}
      </label>
      <div className="pl-6">
        <Note id={id} hint={hint} problem={problem} />
      </div>
    </div>
  );
}

type SelectProps<F extends ChoiceField> = {
  readonly field: F;
  readonly label: string;
  readonly hint?: string;
  readonly options: Readonly<Record<Values[F], string>>;
};

/** One of a few, with the words for each. */
export function Select<F extends ChoiceField>({ field, label, hint, options }: SelectProps<F>) {
  const { values, change } = useForm();
  return (
    <Field field={field} label={label} hint={hint}>
      {(attributes) => (
        <select
          {...attributes}
          className="field"
          value={values[field]}
          onChange={(event) => change({ [field]: event.target.value })}
        >
          {Object.entries<string>(options).map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

function useControl(field: FieldName, hint: string | undefined) {
  const id = useId();
  const problem = useForm().problems.get(field);
  const attributes: ControlAttributes = {
    id,
    ...(problem === undefined && hint === undefined ? {} : { 'aria-describedby': `${id}-note` }),
    ...(problem === undefined ? {} : { 'aria-invalid': true }),
  };
  return { id, problem, attributes };
}

type NoteProps = {
  readonly id: string;
  readonly hint: string | undefined;
  readonly problem: string | undefined;
};

function Note({ id, hint, problem }: NoteProps) {
  if (problem === undefined && hint === undefined) return null;
  return (
    <p
      id={`${id}-note`}
      className={clsx('mt-0.5 break-words', problem === undefined ? 'text-muted' : 'text-bad')}
    >
      {problem ?? hint}
    </p>
  );
}
