import { idsFrom } from './push-id.ts';
import type { Search, SearchCondition, SearchField } from './search-language.ts';

/** A condition of SQL and its values, in order. */
export type SqlCondition = { readonly sql: string; readonly values: readonly (string | number)[] };

/** What a search is in SQL: `match` for the full-text index, null when it needs none, and the other conditions. */
export type SearchSql = { readonly match: string | null; readonly conditions: readonly SqlCondition[] };

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
    conditions: conditions.flatMap((one) => sqlOf(one) ?? []),
  };
}

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
      return {
        sql: `json_extract(push.record, '$.code') IS ${condition.negated ? 'NOT ' : ''}?`,
        values: [condition.code],
      };
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

/** `state <> 'received'` lets SQLite use the index that leaves plain messages out. */
function stateSql(state: string, negated: boolean): SqlCondition {
  if (negated) return { sql: 'push.state <> ?', values: [state] };
  const rare = state === 'received' ? '' : "push.state <> 'received' AND ";
  return { sql: `${rare}push.state = ?`, values: [state] };
}

function isOrNot({ negated }: { readonly negated: boolean }): string {
  return negated ? '<>' : '=';
}
