import type { PublicationView, TerminalView } from '../../src-main/ipc/contract.ts';
import { Chip, Fact, type Tone } from '../components/ui.tsx';
import { formatCountdown, formatTime } from '../format.ts';
import { Mono, MonoFact, Section } from './section.tsx';

type State = PublicationView['state'];

const CHIPS: Readonly<Record<State['kind'], readonly [Tone, string]>> = {
  off: ['quiet', 'not published'],
  publishing: ['info', 'publishing…'],
  published: ['ok', 'published'],
  failed: ['bad', 'failed'],
};

/** What the terminal tells of its abilities as presence, and where its UAProf document is. */
export function Publication({ terminal, now }: { readonly terminal: TerminalView; readonly now: number }) {
  const { publication, uaProfile } = terminal;
  const [tone, word] = publication === null ? CHIPS.off : CHIPS[publication.state.kind];
  return (
    <Section title="Published capabilities" aside={<Chip tone={tone}>{word}</Chip>}>
      <p className="text-muted empty:hidden">{explain(publication)}</p>
      <dl>
        {publication !== null && <Standing {...publication} now={now} />}
        <Fact name="UAProf">
          {uaProfile === null ? <span className="text-muted">none</span> : <Mono text={uaProfile} />}
        </Fact>
      </dl>
    </Section>
  );
}

function explain(publication: PublicationView | null): string {
  switch (publication?.state.kind) {
    case undefined:
      return 'Not asked for. The profile turns it on, under Capabilities; OPTIONS is answered in any case.';
    case 'off':
      return 'It is published with the next registration.';
    case 'publishing':
      return 'PUBLISH is sent; the core has not answered yet.';
    default:
      return '';
  }
}

function Standing({ state, lastFailure, now }: PublicationView & { readonly now: number }) {
  return (
    <>
      {state.kind === 'published' && (
        <>
          <Fact name="Published since">{formatTime(state.since)}</Fact>
          <MonoFact name="ETag" what="ETag" text={state.etag} />
          <Fact name="Expires in">
            <Countdown until={state.expiresAt} now={now} />
          </Fact>
        </>
      )}
      {state.kind === 'failed' && (
        <Fact name="Next try">
          {state.retryAt === null ? (
            'with the next registration'
          ) : (
            <>
              in <Countdown until={state.retryAt} now={now} />
            </>
          )}
        </Fact>
      )}
      <Fact name="Last failure">
        {lastFailure === null ? (
          <span className="text-muted">none</span>
        ) : (
          `${formatTime(lastFailure.at)}: ${lastFailure.reason}`
        )}
      </Fact>
    </>
  );
}

function Countdown({ until, now }: { readonly until: string; readonly now: number }) {
  return (
    <span role="timer" className="tabular-nums">
      {formatCountdown(Date.parse(until) - now)}
    </span>
  );
}
