import { createContext, useContext } from 'react';
import type { Problems } from './problems.ts';
import type { Values } from './values.ts';

/** What a field needs of the form around it. */
export type Form = {
  readonly values: Values;
  readonly problems: Problems;
  readonly change: (change: Partial<Values>) => void;
  /** Something outside the form refused, in a sentence. */
  readonly fail: (sentence: string) => void;
};

export const FormContext = createContext<Form | null>(null);

export function useForm(): Form {
  const form = useContext(FormContext);
  if (form === null) throw new Error('A field stands outside of a form.');
  return form;
}
