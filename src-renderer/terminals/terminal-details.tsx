import type { TerminalView } from '../../src-main/ipc/contract.ts';
import { Modal } from '../components/modal.tsx';
import { CopyButton, Fact, useNow } from '../components/ui.tsx';
import { describeRegistration } from './registration.ts';

type DetailsProps = { readonly terminal: TerminalView; readonly close: () => void };

/** Everything an engineer asks of a terminal's registration. */
export function TerminalDetails({ terminal, close }: DetailsProps) {
  const { registration, msrp } = terminal;
  const { text, detail } = describeRegistration(registration, useNow());
  return (
    <Modal title={terminal.displayName ?? terminal.name} close={close}>
      <dl className="select-text">
        <Fact name="Registration">
          {text}
          {detail !== null && <span className="block text-bad">{detail}</span>}
        </Fact>
        <Fact name="Address">{terminal.aor}</Fact>
        <Fact name="Core">{terminal.core}</Fact>
        <Fact name="Instance id">
          <Code text={terminal.instanceId} what="instance id" />
        </Fact>
        <Fact name="Applications">{terminal.applications.join(', ')}</Fact>
        <Fact name="MSRP">{msrp === null ? 'not listening' : `${msrp.host}:${msrp.port}`}</Fact>
        {registration.kind === 'registered' && (
          <>
            <Fact name="Public GRUU">
              <Code text={registration.pubGruu} what="public GRUU" />
            </Fact>
            <Fact name="Temporary GRUU">
              <Code text={registration.tempGruu} what="temporary GRUU" />
            </Fact>
            <Fact name="Bindings">
              <ul>
                {registration.bindings.map((binding) => (
                  <li key={binding.contact} className="mb-1">
                    <span className="mono break-all">{binding.contact}</span>
                    <span className="block text-muted">
                      {binding.ours ? 'this terminal' : 'another terminal'}
                      {binding.expires !== null && ` · ${binding.expires} s`}
                      {binding.instance !== null && ` · ${binding.instance}`}
                    </span>
                  </li>
                ))}
              </ul>
            </Fact>
            {registration.warnings.map((warning) => (
              <p key={warning} className="mt-2 rounded-lg bg-warn-soft p-2 text-warn">
                {warning}
              </p>
            ))}
          </>
        )}
      </dl>
    </Modal>
  );
}

function Code({ text, what }: { readonly text: string | null; readonly what: string }) {
  if (text === null) return <span className="text-muted">none given</span>;
  return (
    <>
      <span className="mono break-all">{text}</span> <CopyButton text={text} what={what} />
    </>
  );
}
