import { X } from 'lucide-react';
import { type FormEvent, useId, useState } from 'react';
import type { Profile } from '../../src-main/ipc/contract.ts';
import { Button } from '../components/ui.tsx';
import type { ChangeTrust } from './trust-section.tsx';

type SendersProps = {
  readonly trust: Profile['trust'];
  readonly aor: string;
  readonly change: ChangeTrust;
};

/** Who may push where no rule fits. */
export function TrustedSenders({ trust, aor, change }: SendersProps) {
  const [draft, setDraft] = useState('');
  const headingId = useId();
  const { senders } = trust;
  const domain = (aor.split('@').at(-1) ?? '').split(/[;?:]/)[0] ?? '';
  const own = `*@${domain.toLowerCase()}`;
  const add = async (event: FormEvent) => {
    event.preventDefault();
    const added = draft.trim();
    if (added === '') return;
    const taken = await change((before) => ({
      ...before,
      // A first one comes beside the default, which would else be lost unseen.
      senders: [...new Set([...(before.senders ?? [own]), added])],
    }));
    if (taken) setDraft('');
  };
  const remove = (sender: string) =>
    void change((before) => ({
      ...before,
      senders: (before.senders ?? [own]).filter((one) => one !== sender),
    }));
  return (
    <section aria-labelledby={headingId} className="mt-3 border-line border-t pt-3">
      <h4 id={headingId} className="mb-1.5 font-medium">
        Trusted senders <span className="font-normal text-muted">where no rule fits; others get 403</span>
      </h4>
      <div className="flex flex-wrap items-center gap-1.5">
        <ul aria-labelledby={headingId} className="contents">
          {(senders ?? [own]).map((sender) => (
            <li
              key={sender}
              className="flex min-w-0 items-center gap-1 rounded-md bg-info-soft py-0.5 pr-0.5 pl-2 text-info"
            >
              <span className="mono min-w-0 select-text break-all">{sender}</span>
              <button
                type="button"
                aria-label={`Trust ${sender} no more`}
                title={`Trust ${sender} no more`}
                className="rounded p-0.5 hover:bg-raised"
                onClick={() => remove(sender)}
              >
                <X aria-hidden size={13} />
              </button>
            </li>
          ))}
        </ul>
        {senders?.length === 0 && <span className="text-warn">Nobody: only what a rule allows gets in.</span>}
        {senders === undefined && (
          <span className="text-muted">everyone of your own domain, as long as nothing is said here</span>
        )}
        <form className="flex gap-2" onSubmit={(event) => void add(event)}>
          <input
            aria-label="Add a trusted sender"
            className="field mono w-56! py-1!"
            spellCheck={false}
            placeholder="sip:psa@push.test or *@…"
            value={draft}
            onChange={(event) => setDraft(event.target.value)}
          />
          <Button type="submit" className="px-2.5 py-1" disabled={draft.trim() === ''}>
            Add
          </Button>
        </form>
        {senders !== undefined && (
          <Button
            look="link"
            onClick={() => void change(({ senders: _, ...rest }) => rest)}
            title={`Trust ${own}, which is what holds where nothing is said`}
          >
            Back to the default
          </Button>
        )}
      </div>
    </section>
  );
}
