import { Plus } from 'lucide-react';
import { useRef } from 'react';
import { Button } from '../components/ui.tsx';
import { Field } from './fields.tsx';
import { useForm } from './form-context.ts';
import { NEW_SUBSCRIPTION, type SubscriptionKey } from './values.ts';

const MAX_SUBSCRIPTIONS = 20;

type Column = { readonly key: SubscriptionKey; readonly label: string; readonly hint: string };

const COLUMNS: readonly Column[] = [
  { key: 'event', label: 'Event package', hint: 'the parameters of ua-profile are filled in' },
  { key: 'target', label: 'With', hint: 'SIP address; empty: the terminal’s own' },
  { key: 'application', label: 'Application', hint: 'whose pushes they are; empty: only shown' },
  { key: 'expires', label: 'Expires', hint: 'seconds; empty: usual for the package' },
];

/** Subscriptions that are kept up while the terminal is registered. */
export function SubscriptionList() {
  const { values, change } = useForm();
  const list = useRef<HTMLDivElement>(null);
  const all = values.subscriptions;
  const set = (index: number, key: SubscriptionKey, text: string) =>
    change({ subscriptions: all.map((one, at) => (at === index ? { ...one, [key]: text } : one)) });
  const focus = (index: number) =>
    // After the rows have been drawn anew.
    setTimeout(() =>
      list.current?.querySelector<HTMLElement>(`[data-subscription="${index}"] input`)?.focus(),
    );
  const add = () => {
    change({ subscriptions: [...all, NEW_SUBSCRIPTION] });
    focus(all.length);
  };
  const remove = (index: number) => {
    change({ subscriptions: all.toSpliced(index, 1) });
    focus(Math.max(0, index - 1));
  };
  return (
    <div ref={list} className="flex flex-col gap-3">
      {all.length === 0 && (
        <p className="text-muted">
          None. Subscribe to ua-profile at a push sender to have pushes come by NOTIFY, or to any other event
          package.
        </p>
      )}
      {all.map((subscription, index) => (
        <fieldset
          // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place; what stands in it moves.
          key={index}
          data-subscription={index}
          className="rounded-lg border border-line p-3"
        >
          <legend className="px-1 font-medium">Subscription {index + 1}</legend>
          <div className="grid grid-cols-2 gap-3">
            {COLUMNS.map(({ key, label, hint }) => (
              <Field key={key} field={`subscriptions.${index}.${key}`} label={label} hint={hint}>
                {(attributes) => (
                  <input
                    {...attributes}
                    className="field mono"
                    spellCheck={false}
                    autoComplete="off"
                    value={subscription[key]}
                    onChange={(event) => set(index, key, event.target.value)}
                  />
                )}
              </Field>
            ))}
          </div>
          <div className="mt-3 flex items-end gap-3">
            <div className="min-w-0 flex-1">
              <Field
                field={`subscriptions.${index}.accept`}
                label="Accept"
                hint="media types, one a line; empty: what Content takes"
              >
                {(attributes) => (
                  <textarea
                    {...attributes}
                    className="field mono resize-y"
                    rows={2}
                    spellCheck={false}
                    value={subscription.accept}
                    onChange={(event) => set(index, 'accept', event.target.value)}
                  />
                )}
              </Field>
            </div>
            <Button
              aria-label={`Remove subscription ${index + 1}`}
              className="mb-6"
              onClick={() => remove(index)}
            >
              Remove
            </Button>
          </div>
        </fieldset>
      ))}
      <div>
        <Button
          look="link"
          className="inline-flex items-center gap-1"
          disabled={all.length >= MAX_SUBSCRIPTIONS}
          onClick={add}
        >
          <Plus aria-hidden size={14} /> Add a subscription
        </Button>
      </div>
    </div>
  );
}
