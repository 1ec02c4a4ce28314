import type { Binding, TerminalView } from '../../src-main/ipc/contract.ts';
import { Chip } from '../components/ui.tsx';
import { formatCountdown, formatInstance } from '../format.ts';
import { describeSource } from './binding-source.ts';
import { ColumnHeads, type Columns } from './column-heads.tsx';
import { Mono, Section, SmallCopy } from './section.tsx';

/** Where the table has no room for its columns, each row is a list of names and values. */
const CELL =
  '@max-xl:flex @max-xl:items-baseline @max-xl:py-0.5! @max-xl:before:w-24 @max-xl:before:shrink-0 @max-xl:before:text-muted @max-xl:before:content-[attr(data-name)]';

const COLUMNS: Columns = [
  ['Contact', ''],
  ['Instance', 'w-[158px]'],
  ['Expires in', 'w-[84px]'],
  ['Applications', 'w-[112px]'],
  ['GRUU', ''],
];

/** Every contact of the user that the core knows. */
export function Bindings({ terminal, now }: { readonly terminal: TerminalView; readonly now: number }) {
  const { aor, bindings, regEvent } = terminal;
  const { live, text } = describeSource(regEvent, now);
  return (
    <Section
      title="Bindings"
      aside={
        <p className="min-w-0 break-words text-muted">
          <Chip tone={live ? 'ok' : 'quiet'}>{live ? 'live' : 'not live'}</Chip> {text}
        </p>
      }
    >
      {bindings.length === 0 ? (
        <p className="text-muted">The core has told of no contact.</p>
      ) : (
        <div className="@container">
          <table className="w-full table-fixed border-collapse text-left align-baseline @max-xl:block">
            <caption className="sr-only">Contacts of {aor}</caption>
            <ColumnHeads columns={COLUMNS} />
            <tbody className="@max-xl:block">
              {bindings.map((binding, index) => (
                <Row
                  key={`${binding.contact} ${binding.instance}`}
                  binding={binding}
                  number={index + 1}
                  now={now}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Section>
  );
}

type RowProps = { readonly binding: Binding; readonly number: number; readonly now: number };

function Row({ binding, number, now }: RowProps) {
  const { contact, instance, applications, pubGruu, ours } = binding;
  return (
    <tr className="border-line border-t @max-xl:block @max-xl:py-1.5 *:py-1.5 *:pr-3 *:align-baseline">
      <th scope="row" className="font-normal @max-xl:block">
        <Mono text={contact} className="block" />
        <Chip tone={ours ? 'info' : 'quiet'}>{ours ? 'this terminal' : 'another terminal'}</Chip>
      </th>
      <td className={CELL} data-name="Instance">
        {instance === null ? (
          <None words="not told" />
        ) : (
          <span className="flex items-baseline gap-1">
            <span className="mono min-w-0 truncate" title={instance}>
              {formatInstance(instance)}
            </span>
            <SmallCopy text={instance} what={`instance of contact ${number}`} />
          </span>
        )}
      </td>
      <td className={`tabular-nums ${CELL}`} data-name="Expires in">
        {timeLeft(binding, now)}
      </td>
      <td className={`break-words ${CELL}`} data-name="Applications">
        {applications.length === 0 ? <None words="not told" /> : applications.join(', ')}
      </td>
      <td className={CELL} data-name="GRUU">
        {pubGruu === null ? (
          <None words="not told" />
        ) : (
          <>
            <Mono text={pubGruu} /> <SmallCopy text={pubGruu} what={`GRUU of contact ${number}`} />
          </>
        )}
      </td>
    </tr>
  );
}

function timeLeft({ expires, expiresAt }: Binding, now: number): string {
  if (expiresAt !== null) {
    const left = Date.parse(expiresAt) - now;
    return left > 0 ? formatCountdown(left) : 'run out';
  }
  return expires === null ? 'not told' : `${expires} s`;
}

function None({ words }: { readonly words: string }) {
  return <span className="text-muted">{words}</span>;
}
