import { idsFrom } from './push-id.ts';
import type { Search, SearchCondition, SearchField } from './search-language.ts';

/** A condition of SQL and its values, in order. */
export type SqlCondition = { readonly sql: string; readonly values: readonly (string | number)[] };

/**
 * What a search is in SQL: `match` for the full-text index, null when it needs none; `rows`, conditions on
 * `push_search.rowid` that follow from times and only save work; and all other conditions. `rare` finds, by an index,
 * rows few enough to be asked one by one, null where nothing promises that.
 */
export type SearchSql = {
  readonly match: string | null;
  readonly rows: readonly SqlCondition[];
  readonly conditions: readonly SqlCondition[];
  readonly rare: string | null;
};

const COLUMNS: Readonly<Record<SearchField, string>> = {
  any: '',
  from: 'sender : ',
  app: 'application : ',
  file: 'files : ',
  id: 'ids : ',
  type: 'type : ',
};

/** Makes SQL over `push` of a search. */
export function searchSql({ conditions }: Search): SearchSql {
  const wanted = conditions.flatMap((one) => (one.kind === 'text' && !one.negated ? [phrase(one)] : []));
  return {
    match: wanted.length === 0 ? null : wanted.join(' AND '),
    rows: conditions.flatMap((one) => rowsOf(one) ?? []),
    conditions: conditions.flatMap((one) => sqlOf(one) ?? []),
    rare: conditions.flatMap((one) => rareOf(one) ?? [])[0] ?? null,
  };
}

/** Rows are in the order of their ids, but for those that waited for their content to be written. */
const MAX_DISORDER = 10_000;

function rowsOf(condition: SearchCondition): SqlCondition | null {
  const values = 'time' in condition ? [idsFrom(condition.time)] : [];
  const boundary = 'COALESCE((SELECT rowid FROM push WHERE id < ? ORDER BY id DESC LIMIT 1), 0)';
  switch (condition.kind) {
    case 'after':
      return { sql: `push_search.rowid > ${boundary} - ${MAX_DISORDER}`, values };
    case 'before':
      return { sql: `push_search.rowid <= ${boundary} + ${MAX_DISORDER}`, values };
    default:
      return null;
  }
}

function rareOf(condition: SearchCondition): string | null {
  if ('negated' in condition && condition.negated) return null;
  if (condition.kind === 'pinned') return 'pinned = 1';
  if (condition.kind === 'code' && condition.code !== 200)
    return `${NOT_RECEIVED} AND json_extract(record, '$.code') = ${condition.code}`;
  if (condition.kind === 'method' && condition.method === 'INVITE') return "method = 'INVITE'";
  const isRare = condition.kind === 'state' && condition.state !== 'received';
  return isRare ? `${NOT_RECEIVED} AND state = '${condition.state}'` : null;
}

/** Lets SQLite use the index that leaves plain messages out. */
const NOT_RECEIVED = "state <> 'received'";

/** The words of a value stand in a row in this order; the last may go on. */
function phrase({ field, text }: Extract<SearchCondition, { kind: 'text' }>): string {
  return `${COLUMNS[field]}"${text.replaceAll('"', '""').replaceAll('\0', ' ')}" *`;
}

function sqlOf(condition: SearchCondition): SqlCondition | null {
  switch (condition.kind) {
    case 'text':
      if (!condition.negated) return null;
      return {
        sql: 'push.rowid NOT IN (SELECT rowid FROM push_search WHERE push_search MATCH ?)',
        values: [phrase(condition)],
      };
    case 'terminal':
      return { sql: `push.terminal ${isOrNot(condition)} ?`, values: [condition.name] };
    case 'method':
      return { sql: `push.method ${isOrNot(condition)} ?`, values: [condition.method] };
    case 'state':
      return stateSql(condition.state, condition.negated);
    case 'code':
      return codeSql(condition.code, condition.negated);
    case 'unread':
      return { sql: `push.unread = ${condition.negated ? 0 : 1}`, values: [] };
    case 'pinned':
      return { sql: `push.pinned = ${condition.negated ? 0 : 1}`, values: [] };
    case 'after':
      return { sql: 'push.id >= ?', values: [idsFrom(condition.time)] };
    case 'before':
      return { sql: 'push.id < ?', values: [idsFrom(condition.time)] };
  }
}

function stateSql(state: string, negated: boolean): SqlCondition {
  if (negated) return { sql: 'push.state <> ?', values: [state] };
  const rare = state === 'received' ? '' : `push.${NOT_RECEIVED} AND `;
  return { sql: `${rare}push.state = ?`, values: [state] };
}

/** A message that was received was answered 200: nothing else has to be looked at for other codes. */
function codeSql(code: number, negated: boolean): SqlCondition {
  const rare = negated || code === 200 ? '' : `push.${NOT_RECEIVED} AND `;
  return { sql: `${rare}json_extract(push.record, '$.code') IS ${negated ? 'NOT ' : ''}?`, values: [code] };
}

function isOrNot({ negated }: { readonly negated: boolean }): string {
  return negated ? '<>' : '=';
}
