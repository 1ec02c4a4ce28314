/**
 * The full-text index of pushes, and how far it has come. It keeps no text of its own; a push that is removed goes at
 * once, one that is new is indexed soon after it was written, so that the write itself costs nothing more.
 */
export const CREATE_SEARCH = `
  CREATE VIRTUAL TABLE push_search USING fts5 (
    sender, application, files, ids, type, content,
    content = '', contentless_delete = 1, prefix = '2 3', tokenize = 'unicode61 remove_diacritics 2'
  );
  CREATE TABLE search_state (indexed INTEGER NOT NULL);
  INSERT INTO search_state VALUES (0);
  CREATE TRIGGER push_unsearched AFTER DELETE ON push BEGIN
    DELETE FROM push_search WHERE rowid = OLD.rowid;
    UPDATE search_state SET indexed = MIN(indexed, (SELECT COALESCE(MAX(rowid), 0) FROM push));
  END;`;

const COLUMNS = 'rowid, sender, application, files, ids, type, content';

/** The searchable text of a row, column by column; a record that is no JSON is found by its text alone. */
const TEXTS = `rowid,
  COALESCE(json_extract(record, '$.from'), ''),
  COALESCE(json_extract(record, '$.application'), ''),
  COALESCE((SELECT group_concat(json_extract(value, '$.name'), ' ') FROM json_each(record, '$.body.files')), ''),
  COALESCE(json_extract(record, '$.callId'), '') || COALESCE((SELECT ' ' || group_concat(id, ' ') FROM (
    SELECT json_extract(value, '$.report.messageId') AS id FROM json_each(record, '$.body.files')
    UNION SELECT json_extract(report.value, '$.messageId')
      FROM json_each(record, '$.body.files') AS file, json_each(file.value, '$.report.reports') AS report)), ''),
  COALESCE(json_extract(record, '$.contentType'), ''),
  search`;

/** Indexes the next rows, as many as its value says at most. */
export const INDEX_NEXT = `INSERT OR REPLACE INTO push_search (${COLUMNS})
  SELECT ${TEXTS} FROM push
  WHERE rowid > (SELECT indexed FROM search_state) AND json_valid(record) ORDER BY rowid LIMIT ?`;

/** Notes how far it has come after as many rows. */
export const NOTE_INDEXED = `UPDATE search_state SET indexed = COALESCE(
  (SELECT MAX(rowid) FROM (SELECT rowid FROM push WHERE rowid > (SELECT indexed FROM search_state) AND json_valid(record)
    ORDER BY rowid LIMIT ?)), (SELECT COALESCE(MAX(rowid), 0) FROM push))`;

/** Indexes one row anew, by the id of its push, if it was indexed before. */
export const INDEX_AGAIN = `INSERT OR REPLACE INTO push_search (${COLUMNS})
  SELECT ${TEXTS} FROM push
  WHERE id = ? AND rowid <= (SELECT indexed FROM search_state) AND json_valid(record)`;

/** How many rows at most are not indexed yet. */
export const UNINDEXED = `SELECT (SELECT COALESCE(MAX(rowid), 0) FROM push) - indexed AS behind FROM search_state`;
