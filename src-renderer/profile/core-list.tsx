import { ArrowDown, ArrowUp, Plus, Trash2 } from 'lucide-react';
import { type ReactNode, useRef } from 'react';
import { Button } from '../components/ui.tsx';
import { Field } from './fields.tsx';
import { useForm } from './form-context.ts';

const MAX_CORES = 8;
const HINT =
  'sip:HOST:PORT with ;transport=tcp, tls or udp; ws://HOST:PORT or wss://HOST:PORT; sip:DOMAIN for what DNS says';

/** The cores in the order they are tried. */
export function CoreList() {
  const { values, change } = useForm();
  const list = useRef<HTMLDivElement>(null);
  const cores = values.core;
  const set = (core: readonly string[]) => change({ core });
  const focus = (name: string) =>
    // After the rows have been drawn anew.
    setTimeout(() => list.current?.querySelector<HTMLElement>(`[data-core="${name}"]`)?.focus());
  const move = (from: number, step: 1 | -1) => {
    const to = from + step;
    set(cores.with(from, cores[to] ?? '').with(to, cores[from] ?? ''));
    const atEnd = to === 0 || to === cores.length - 1;
    focus(atEnd ? `field ${to}` : `${step < 0 ? 'up' : 'down'} ${to}`);
  };
  const remove = (index: number) => {
    set(cores.toSpliced(index, 1));
    focus(`field ${Math.min(index, cores.length - 2)}`);
  };
  const add = () => {
    set([...cores, '']);
    focus(`field ${cores.length}`);
  };
  return (
    <div ref={list} className="flex flex-col gap-2">
      {cores.map((core, index) => (
        <Field
          // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place; what stands in it moves.
          key={index}
          field={`core.${index}`}
          label={nameOf(index)}
          hint={index === 0 ? HINT : undefined}
        >
          {(attributes) => (
            <div className="flex gap-1">
              <input
                {...attributes}
                data-core={`field ${index}`}
                className="field mono min-w-0"
                spellCheck={false}
                autoComplete="off"
                value={core}
                onChange={(event) => set(cores.with(index, event.target.value))}
              />
              {cores.length > 1 && (
                <>
                  <RowButton
                    name={`up ${index}`}
                    label={`Move ${nameOf(index)} up`}
                    disabled={index === 0}
                    act={() => move(index, -1)}
                  >
                    <ArrowUp aria-hidden size={14} />
                  </RowButton>
                  <RowButton
                    name={`down ${index}`}
                    label={`Move ${nameOf(index)} down`}
                    disabled={index === cores.length - 1}
                    act={() => move(index, 1)}
                  >
                    <ArrowDown aria-hidden size={14} />
                  </RowButton>
                  <RowButton
                    name={`remove ${index}`}
                    label={`Remove ${nameOf(index)}`}
                    disabled={false}
                    act={() => remove(index)}
                  >
                    <Trash2 aria-hidden size={14} />
                  </RowButton>
                </>
              )}
            </div>
          )}
        </Field>
      ))}
      <div className="flex items-baseline gap-2">
        <Button
          look="link"
          className="inline-flex items-center gap-1"
          disabled={cores.length >= MAX_CORES}
          onClick={add}
        >
          <Plus aria-hidden size={14} /> Add a core
        </Button>
        {cores.length > 1 && (
          <span className="text-muted">
            The first that answers is used, and an earlier one as soon as it is back.
          </span>
        )}
      </div>
    </div>
  );
}

type RowButtonProps = {
  readonly name: string;
  readonly label: string;
  readonly disabled: boolean;
  readonly act: () => void;
  readonly children: ReactNode;
};

function RowButton({ name, label, disabled, act, children }: RowButtonProps) {
  return (
    <Button
      className="shrink-0 px-2!"
      data-core={name}
      aria-label={label}
      title={label}
      disabled={disabled}
      onClick={act}
    >
      {children}
    </Button>
  );
}

function nameOf(index: number): string {
  return index === 0 ? 'Core' : `Core ${index + 1}`;
}
