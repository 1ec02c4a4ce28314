// The thread of row-writer.ts: owns a connection and runs batches of rows, one transaction each. Its text is part of the
// bundle and it is started from there, so that it needs no file of its own, in an archive or out of it.
const { isMainThread, parentPort, workerData } = require('node:worker_threads');

if (isMainThread) {
  // Only a bundler knows `?raw`. Loaded by Node itself, as under Playwright, this is its text all the same.
  module.exports = require('node:fs').readFileSync(__filename, 'utf8');
} else {
  serve();
}

function serve() {
  const Database = require(workerData.libsql);

  const database = new Database(workerData.path);
  database.exec(workerData.settings);
  const statements = workerData.statements.map(({ sql, sums }) => ({
    statement: database.prepare(sql),
    sums: sums === true,
  }));
  const savepoint = database.prepare('SAVEPOINT one_write');
  const release = database.prepare('RELEASE one_write');
  const rollBackTo = database.prepare('ROLLBACK TO one_write');

  /** What is summed in this transaction, by statement and first value. */
  const sums = new Map();

  /** One write: rows, each the number of its statement and its values. What it adds counts once all of it is written. */
  function run(write) {
    for (const [number, values] of write) {
      const { statement, sums: isSum } = statements[number];
      if (!isSum) statement.run(values);
    }
    for (const [number, values] of write) if (statements[number].sums) add(number, values);
  }

  function add(number, values) {
    const key = `${number} ${values[0]}`;
    const sum = sums.get(key);
    // A copy: the write may have to run again.
    if (sum === undefined) sums.set(key, { number, values: [...values] });
    else for (let at = 1; at < values.length; at += 1) sum.values[at] += values[at];
  }

  function runSums() {
    for (const { number, values } of sums.values()) statements[number].statement.run(values);
  }

  function runAlone(write) {
    savepoint.run();
    try {
      run(write);
      release.run();
      return null;
    } catch (error) {
      rollBackTo.run();
      release.run();
      return told(error);
    }
  }

  /** Ends a transaction; without an open one, as when BEGIN itself failed or SQLite undid it, there is nothing to do. */
  function rollBack() {
    try {
      database.exec('ROLLBACK');
    } catch {}
  }

  function told(error) {
    return { message: error.message, code: error.code };
  }

  /** Answers what was wrong with each write, null where nothing was, or with all of them. */
  function commit(packed) {
    try {
      const writes = unpack(packed);
      let failed = null;
      sums.clear();
      database.exec('BEGIN IMMEDIATE');
      try {
        for (const write of writes) run(write);
      } catch {
        rollBack();
        sums.clear();
        database.exec('BEGIN IMMEDIATE');
        failed = writes.map(runAlone);
      }
      runSums();
      database.exec('COMMIT');
      return { failed };
    } catch (error) {
      rollBack();
      return { all: told(error) };
    }
  }

  parentPort.on('message', (message) => {
    if (message !== null) {
      const { memory, bytes } = message;
      const answer = commit(Buffer.from(memory, 0, bytes));
      parentPort.postMessage({ ...answer, memory }, [memory]);
      return;
    }
    database.close();
    parentPort.close();
  });
}

/** The writes that a RowPack (row-pack.ts) has packed. */
function unpack(packed) {
  const writes = [];
  let at = 0;
  const readValue = () => {
    const kind = packed[at++];
    if (kind === 0) return null;
    if (kind === 1) {
      at += 8;
      return packed.readDoubleLE(at - 8);
    }
    const from = at + 4;
    at = from + packed.readUInt32LE(at);
    return kind === 2 ? packed.utf8Slice(from, at) : packed.subarray(from, at);
  };
  while (at < packed.length) {
    const write = [];
    for (let rows = packed[at++]; rows > 0; rows -= 1) {
      const number = packed[at++];
      const values = [];
      for (let left = packed[at++]; left > 0; left -= 1) values.push(readValue());
      write.push([number, values]);
    }
    writes.push(write);
  }
  return writes;
}
