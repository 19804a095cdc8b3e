import { expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { openDatabase } from '../../src/storage/database.ts';
import { IN_MEMORY } from '../../src/storage/lock.ts';

test('a database in memory leaves no file behind', () => {
  const db = openDatabase({ file: IN_MEMORY, schema: 'CREATE TABLE a (b)', now: 0, onWarning() {} });
  db.run('INSERT INTO a VALUES (1)');
  expect(db.query('SELECT b FROM a').get()).toEqual({ b: 1 });
  db.close();
  expect([existsSync(IN_MEMORY), existsSync(`${IN_MEMORY}.lock`)]).toEqual([false, false]);
});
