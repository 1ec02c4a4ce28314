import type { TerminalView } from '../../src-main/ipc/contract.ts';
import { Chip, Fact } from '../components/ui.tsx';
import { EARLIER, Mono, MonoListFact, NOT_YET, Section } from './section.tsx';

/** How the terminal reaches the core, and what the core said of the way. */
export function Connection({ terminal }: { readonly terminal: TerminalView }) {
  const { cores, flow, msrp, registration, lastRegistered } = terminal;
  const isEarlier = registration.kind !== 'registered' && lastRegistered !== null;
  const details = (registration.kind === 'registered' ? registration : lastRegistered)?.details ?? null;
  const missing = details === null ? NOT_YET : 'none given';
  return (
    <Section title="Connection" aside={isEarlier && EARLIER}>
      <dl>
        <Fact name="Flow">
          {flow === null ? (
            <span className="text-muted">not connected</span>
          ) : (
            <span className="flex flex-wrap items-baseline gap-x-2">
              <Chip tone="info">{flow.transport}</Chip>
              <span className="min-w-0">
                <Mono text={flow.local} />{' '}
                <span role="img" aria-label="to">
                  →
                </span>{' '}
                <Mono text={flow.remote} />
              </span>
            </span>
          )}
        </Fact>
        <Fact name={cores.length === 1 ? 'Core' : 'Cores'}>
          <ol aria-label="Cores">
            {cores.map((core) => (
              <li key={core}>
                <Mono text={core} />{' '}
                {flow?.core === core && <CoreInUse standsInFor={flow.spare ? (cores[0] ?? null) : null} />}
              </li>
            ))}
          </ol>
        </Fact>
        <Fact name="Server">
          {details?.server ?? (
            <span className="text-muted">{details === null ? NOT_YET : 'does not name itself'}</span>
          )}
        </Fact>
        <MonoListFact name="Path" what="Path" texts={details?.path ?? []} missing={missing} />
        <MonoListFact
          name="Service-Route"
          what="Service-Route"
          texts={details?.serviceRoute ?? []}
          missing={missing}
        />
        <Fact name="Outbound">
          {details === null ? (
            <span className="text-muted">{NOT_YET}</span>
          ) : details.outbound ? (
            'yes, the core keeps this flow (RFC 5626)'
          ) : (
            'no, the core did not confirm it'
          )}
        </Fact>
        <Fact name="Flow-Timer">
          {details === null || details.flowTimer === null ? (
            <span className="text-muted">{missing}</span>
          ) : (
            `${details.flowTimer} s`
          )}
        </Fact>
        <Fact name="MSRP">
          {msrp === null ? (
            <span className="text-muted">not listening</span>
          ) : (
            <>
              listening on <Mono text={`${msrp.host}:${msrp.port}`} />
            </>
          )}
        </Fact>
      </dl>
    </Section>
  );
}

function CoreInUse({ standsInFor }: { readonly standsInFor: string | null }) {
  if (standsInFor === null) return <Chip tone="ok">in use</Chip>;
  return (
    <>
      <Chip tone="warn">in use</Chip>{' '}
      <span className="text-warn [overflow-wrap:anywhere]">standing in for {standsInFor}</span>
    </>
  );
}
