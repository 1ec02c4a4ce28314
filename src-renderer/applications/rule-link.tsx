import type { PushRecord } from '../../src-main/ipc/contract.ts';
import { Button } from '../components/ui.tsx';
import { beginRule } from '../store/store.ts';

/** Begins a rule of trust for pushes like this one. */
export function RuleLink({ record }: { readonly record: PushRecord }) {
  const begin = () =>
    beginRule({
      terminal: record.terminal,
      sender: record.from.replace(/;.*$/, ''),
      application: record.application ?? '*',
      type: typeOf(record),
    });
  return (
    <Button look="link" className="-my-1.5 ml-auto" onClick={begin}>
      Rule for this sender…
    </Button>
  );
}

/** The one media type a push carries or offers, or any where there are several. */
function typeOf({ method, contentType, body }: PushRecord): string {
  const files = body.kind === 'files' ? body.files.map(({ type }) => type) : [];
  const types = method === 'INVITE' ? files : [contentType];
  const [first = null] = types;
  return first === null || types.some((type) => type !== first) ? '*/*' : (first.split(';')[0] ?? '').trim();
}
