import type { PartView } from '../../src-main/ipc/contract.ts';
import { Button } from '../components/ui.tsx';
import { call, notify } from '../store/store.ts';
import type { Which } from './use-content.ts';

type PartActionsProps = {
  readonly push: string;
  readonly which: Which;
  readonly index: number;
  readonly part: PartView;
};

/** Saves a part, or opens a copy of it with the system where that is certainly harmless. */
export function PartActions({ push, which, index, part }: PartActionsProps) {
  const where = { push, which, part: index };
  return (
    <div className="flex flex-wrap items-center gap-2">
      <SaveButton {...where} />
      {part.canOpen && <Button onClick={() => void call('push.open', where)}>Open with the system</Button>}
      {part.runsPrograms && (
        <p className="basis-full text-bad">
          Opening this file may run a program on your machine. It is saved without the right to run.
        </p>
      )}
    </div>
  );
}

/** Asks where to save a part, and says where it is. */
export function SaveButton(where: { readonly push: string; readonly which: Which; readonly part: number }) {
  const save = async () => {
    const path = await call('push.save', where);
    if (path !== null) notify('info', `Saved as ${path}`);
  };
  return <Button onClick={() => void save()}>Save as…</Button>;
}
