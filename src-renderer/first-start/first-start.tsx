import { FlaskConical, Network, Waypoints } from 'lucide-react';
import type { ReactNode } from 'react';
import type { SandboxView } from '../../src-main/ipc/contract.ts';
import { call } from '../store/store.ts';

type FirstStartProps = { readonly sandbox: SandboxView; readonly addTerminal: () => void };

/** What a new user sees: three ways to begin. */
export function FirstStart({ sandbox, addTerminal }: FirstStartProps) {
  return (
    <main className="grid flex-1 place-items-center p-8">
      <div className="w-full max-w-4xl">
        <h1 className="mb-1 font-semibold text-xl">Receive your first push</h1>
        <p className="mb-6 text-muted">
          Push Terminal registers with a SIP/IP core, takes pushed messages and files, and shows what it
          answered and reported.
        </p>
        <div className="grid grid-cols-3 gap-4">
          <Choice
            icon={<FlaskConical aria-hidden size={20} />}
            title="Try it with the sandbox"
            text="A small core and a sender on this machine, and two terminals of one user. No network is needed."
            disabled={sandbox.kind === 'starting'}
            choose={() => void call('sandbox.start')}
          />
          <Choice
            icon={<Waypoints aria-hidden size={20} />}
            title="See GRUU delivery"
            text="Two terminals of one user in two windows, and a guide: a push to the user reaches both, a push to a GRUU one."
            disabled={sandbox.kind === 'starting'}
            choose={() => void call('demo.start')}
          />
          <Choice
            icon={<Network aria-hidden size={20} />}
            title="Connect to a core"
            text="Register a terminal with your own SIP/IP core: an address, a host, a user name and a password."
            disabled={false}
            choose={addTerminal}
          />
        </div>
      </div>
    </main>
  );
}

type ChoiceProps = {
  readonly icon: ReactNode;
  readonly title: string;
  readonly text: string;
  readonly disabled: boolean;
  readonly choose: () => void;
};

function Choice({ icon, title, text, disabled, choose }: ChoiceProps) {
  return (
    <button
      type="button"
      disabled={disabled}
      className="rounded-xl border border-line bg-panel p-5 text-left hover:border-accent hover:bg-raised disabled:opacity-60"
      onClick={choose}
    >
      <span className="mb-3 grid size-10 place-items-center rounded-lg bg-info-soft text-info">{icon}</span>
      <span className="mb-1 block font-semibold text-[15px]">{title}</span>
      <span className="block text-muted">{text}</span>
    </button>
  );
}
