import type { ContentField } from '../../src-main/ipc/contract.ts';
import { CopyButton } from '../components/ui.tsx';
import { formatDateTime } from '../format.ts';

/** What a recognised content says. An address is text: nothing here opens it. */
export function FieldsTable({
  title,
  fields,
}: {
  readonly title: string;
  readonly fields: readonly ContentField[];
}) {
  return (
    <table className="w-full table-fixed border-collapse">
      <caption className="pb-1.5 text-left font-semibold">{title}</caption>
      <tbody>
        {fields.map((field, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: names may repeat, and the order is the sender's.
          <tr key={index} className="border-line border-t align-baseline">
            <th scope="row" className="wrap-anywhere w-44 py-1.5 pr-3 text-left font-normal text-muted">
              {field.name}
            </th>
            <td className="select-text py-1.5">
              <Value field={field} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Value({ field: { name, value, kind } }: { readonly field: ContentField }) {
  switch (kind) {
    case 'uri':
      return (
        <span className="flex items-baseline gap-2">
          <span className="mono min-w-0 break-all">{value}</span>
          <CopyButton text={value} what={name} />
        </span>
      );
    case 'hex':
      return <span className="mono break-all">{value}</span>;
    case 'time':
      return <Time value={value} />;
    case 'number':
    case 'text':
      return <span className="wrap-anywhere whitespace-pre-wrap">{value}</span>;
  }
}

/** As sent, and here. */
function Time({ value }: { readonly value: string }) {
  const date = new Date(value);
  return (
    <>
      <time dateTime={value}>{value}</time>
      {!Number.isNaN(date.getTime()) && <span className="text-muted"> · here {formatDateTime(value)}</span>}
    </>
  );
}
