/**
 * The tables of batches. A request is waiting (0), under way in the process that owns its batch (1), or done (2). What a
 * request said is deleted when it is done.
 */
export const SCHEMA = `
CREATE TABLE IF NOT EXISTS batches (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, headers TEXT NOT NULL, total INTEGER NOT NULL,
  bytes INTEGER NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, cancelled_at INTEGER,
  ended_at INTEGER, archived_at INTEGER, whole INTEGER NOT NULL DEFAULT 0, owner TEXT, lease INTEGER NOT NULL DEFAULT 0,
  succeeded INTEGER NOT NULL DEFAULT 0, errored INTEGER NOT NULL DEFAULT 0, canceled INTEGER NOT NULL DEFAULT 0,
  expired INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS requests (
  batch INTEGER NOT NULL, position INTEGER NOT NULL, custom_id TEXT NOT NULL, params TEXT NOT NULL,
  state INTEGER NOT NULL DEFAULT 0, tries INTEGER NOT NULL DEFAULT 0, not_before INTEGER NOT NULL DEFAULT 0,
  outcome TEXT, body TEXT NOT NULL DEFAULT '', PRIMARY KEY (batch, position)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS requests_by_state ON requests (batch, state, position);`;
