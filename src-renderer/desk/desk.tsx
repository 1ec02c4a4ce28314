import { useState } from 'react';
import type { AppState, CoreBindingView } from '../../src-main/ipc/contract.ts';
import { Notices } from '../components/notices.tsx';
import { Button, Chip } from '../components/ui.tsx';
import { useStore } from '../store/store.ts';
import { Compose } from './compose.tsx';
import { GruuGuide } from './gruu-guide.tsx';
import { Results } from './results.tsx';
import { type Selection, Targets } from './targets.tsx';

type DeskProps = {
  /** Shows the guide to GRUU delivery instead of who and what. */
  readonly guided?: boolean;
};

/** The sender desk: who, what, and what came back. */
export function Desk({ guided = false }: DeskProps) {
  const app = useStore((state) => state.app);
  const [selection, setSelection] = useState<Selection>({ mode: 'aor', aors: new Set(), gruus: new Set() });
  const [isGuide, setGuide] = useState(guided);
  if (app === null) return null;
  const { sandbox } = app;
  if (sandbox.kind !== 'running') {
    return (
      <main className="grid h-full place-items-center p-8 text-center text-muted">
        <p>The sandbox does not run. Start it in the main window.</p>
      </main>
    );
  }
  return (
    <div className="flex h-full flex-col">
      <header className="flex h-12 shrink-0 items-center gap-3 border-line border-b px-4">
        <span aria-hidden className="size-5 rounded-md bg-linear-to-br from-[#5b8cff] to-[#9b6bff]" />
        <h1 className="font-bold">Sender desk</h1>
        <p className="min-w-0 flex-1 truncate text-muted">
          Push Sender Agent of the sandbox · {sandbox.sender} · third-party registrations received:{' '}
          {sandbox.thirdPartyRegistrations}
        </p>
        {guided && (
          <Button look="link" onClick={() => setGuide(!isGuide)}>
            {isGuide ? 'Whole desk' : 'Guide'}
          </Button>
        )}
        <Chip tone="ok">core running</Chip>
      </header>
      {isGuide ? (
        <main className="min-h-0 flex-1 overflow-y-auto">
          <GruuGuide app={app} />
          <Results results={app.results} />
        </main>
      ) : (
        <main className="grid min-h-0 flex-1 auto-rows-max overflow-y-auto min-[860px]:auto-rows-fr min-[860px]:grid-cols-[300px_minmax(0,1fr)_minmax(0,1fr)]">
          <Targets bindings={sandbox.bindings} selection={selection} change={setSelection} />
          <Compose
            targets={targetsOf(selection, sandbox.bindings)}
            first={selection.mode === 'first'}
            sandbox={sandbox}
          />
          <Results results={app.results} />
        </main>
      )}
      <Footer app={app} />
      <Notices />
    </div>
  );
}

function Footer({ app }: { readonly app: AppState }) {
  const { sandbox, results } = app;
  if (sandbox.kind !== 'running') return null;
  return (
    <footer className="flex shrink-0 gap-4 border-line border-t bg-panel px-3 py-1 text-muted text-xs">
      <span>
        Sandbox core {sandbox.core} · {sandbox.transports.join(' ')}
      </span>
      <span>MSRP relay {sandbox.relay.replace(/^msrps?:\/\/|;.*$/g, '')}</span>
      <span className="ml-auto">
        {results.length} {results.length === 1 ? 'push' : 'pushes'} this session
      </span>
    </footer>
  );
}

/** The addresses to push to; what is no longer registered falls away. */
function targetsOf(selection: Selection, bindings: readonly CoreBindingView[]): readonly string[] {
  if (selection.mode !== 'gruu') {
    return [...new Set(bindings.map(({ aor }) => aor))].filter((aor) => selection.aors.has(aor));
  }
  return bindings.flatMap(({ pubGruu }) =>
    pubGruu !== null && selection.gruus.has(pubGruu) ? [pubGruu] : [],
  );
}
