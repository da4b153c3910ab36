-- The first schema. Steps only add: a step that has shipped is never edited, and no column is dropped or retyped,
-- because an older app may open the file. Every table is STRICT; every column has a meaning written here.

-- What this replica knows of itself: one text per key.
CREATE TABLE meta (
  key   TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Shelves by number. count and sum are the digest of the records the server has numbered.
CREATE TABLE shelf (
  no        INTEGER PRIMARY KEY,
  programme TEXT NOT NULL,
  zone      TEXT NOT NULL,
  cursor    INTEGER NOT NULL DEFAULT 0,  -- device: server number up to which everything is here
  begun     INTEGER NOT NULL DEFAULT 0,  -- device: the cursor when the reading in pages that goes on now began
  held      INTEGER NOT NULL DEFAULT 0,  -- device: 1 while granted
  count     INTEGER NOT NULL DEFAULT 0,
  sum       INTEGER NOT NULL DEFAULT 0,
  UNIQUE (programme, zone)
) STRICT;

-- One row per record, its cells packed (domain::merge::Packed as JSON).
CREATE TABLE record (
  no     INTEGER PRIMARY KEY,
  id     BLOB NOT NULL UNIQUE,
  kind   TEXT NOT NULL,
  shelf  INTEGER NOT NULL REFERENCES shelf (no),
  seq    INTEGER NOT NULL,               -- server number of the last commit that touched it; 0: not numbered
  moved  INTEGER NOT NULL,               -- server: number at which it came to its shelf; device: 2^53-1 if it has
                                         -- left the device but for words that wait
  sum    INTEGER NOT NULL,               -- checksum of the numbered cells
  cells  TEXT NOT NULL,                  -- what people see: the numbered cells, with unsent ones laid over
  synced TEXT                            -- device: the numbered cells, while unsent ones lie over them; '' if none are
) STRICT;
CREATE INDEX record_by_shelf ON record (shelf, seq);
CREATE INDEX record_definitions ON record (no) WHERE kind = 'programme';

-- Server: records that left a shelf.
CREATE TABLE gone (
  shelf  INTEGER NOT NULL,
  seq    INTEGER NOT NULL,
  record BLOB NOT NULL,
  PRIMARY KEY (shelf, seq, record)
) STRICT, WITHOUT ROWID;

-- Values that were replaced or lost. Nobody's work disappears silently.
CREATE TABLE history (
  no      INTEGER PRIMARY KEY,
  record  BLOB NOT NULL,
  field   TEXT NOT NULL,
  value   TEXT NOT NULL,                 -- JSON
  ms      INTEGER NOT NULL,
  counter INTEGER NOT NULL,
  device  INTEGER NOT NULL,
  seq     INTEGER NOT NULL,
  unseen  INTEGER NOT NULL               -- 1: it lost against a change its writer had not seen, or the other way
) STRICT;
CREATE INDEX history_by_record ON history (record, field, ms);

-- Server: every commit received, refused ones too. (device, install, n) is a commit's identity.
CREATE TABLE commit_log (
  device   INTEGER NOT NULL,
  install  TEXT NOT NULL,
  n        INTEGER NOT NULL,
  seq      INTEGER NOT NULL,             -- 0: refused
  author   TEXT NOT NULL,                -- the person of the credential, not what the commit says of itself
  ms       INTEGER NOT NULL,             -- the fixed stamp
  counter  INTEGER NOT NULL,
  received INTEGER NOT NULL,             -- server time, ms
  hash     BLOB NOT NULL,
  refused  TEXT NOT NULL,                -- error code, or ''
  body     TEXT NOT NULL,                -- the commit as it came, JSON
  PRIMARY KEY (device, install, n)
) STRICT;
CREATE INDEX commit_log_by_seq ON commit_log (seq) WHERE seq > 0;
CREATE INDEX commit_log_refused ON commit_log (received) WHERE refused <> '';

-- Device: every commit made here, for 90 days. What is above the last receipt waits, the rest is the black box.
CREATE TABLE outbox (
  n       INTEGER PRIMARY KEY,
  body    TEXT NOT NULL,                 -- the commit as it is sent, JSON
  refused TEXT NOT NULL                  -- error code, or ''
) STRICT;
CREATE INDEX outbox_refused ON outbox (n) WHERE refused <> '';

-- Device: when the server had answered for every commit up to a number. One row a push, not a mark on each commit.
CREATE TABLE receipt (
  upto  INTEGER PRIMARY KEY,
  at_ms INTEGER NOT NULL                 -- server time
) STRICT;

-- Device: which waiting commits lie over which record.
CREATE TABLE outbox_record (
  record BLOB NOT NULL,
  n      INTEGER NOT NULL,
  PRIMARY KEY (record, n)
) STRICT, WITHOUT ROWID;

-- ---------------------------------------------------------------- indexes for screens, rebuilt from records at will

-- Subjects; no is record.no.
CREATE TABLE subject (
  no         INTEGER PRIMARY KEY,
  shelf      INTEGER NOT NULL,
  sort_key   TEXT NOT NULL,              -- place in the walking order; digits padded
  search_key TEXT NOT NULL,              -- domain::text::search_key of the searchable fields
  first_day  TEXT NOT NULL               -- day it came into the registry, ISO
) STRICT;
CREATE INDEX subject_by_shelf ON subject (shelf, sort_key, no);
CREATE VIRTUAL TABLE subject_search USING fts5 (
  search_key, content = '', contentless_delete = 1, tokenize = 'trigram', detail = none
);
CREATE VIRTUAL TABLE subject_place USING rtree (no, south, north, west, east);

-- Codes bound to subjects.
CREATE TABLE code (
  code    TEXT NOT NULL,
  subject INTEGER NOT NULL,
  PRIMARY KEY (code, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX code_by_subject ON code (subject);

-- Visits; no is record.no. The subject may arrive later, so it is named by id.
CREATE TABLE visit (
  no      INTEGER PRIMARY KEY,
  subject BLOB NOT NULL,
  shelf   INTEGER NOT NULL,
  form    TEXT NOT NULL,
  at_ms   INTEGER NOT NULL,
  day     TEXT NOT NULL,                 -- local day, ISO
  outcome TEXT NOT NULL,
  cycle   TEXT NOT NULL
) STRICT;
CREATE INDEX visit_by_subject ON visit (subject, form, at_ms);
CREATE INDEX visit_by_day ON visit (day, at_ms);

-- When each subject is due for each scheduled form, in the order in which lists show it.
CREATE TABLE due (
  shelf    INTEGER NOT NULL,
  form     TEXT NOT NULL,
  sort_key TEXT NOT NULL,
  subject  INTEGER NOT NULL,             -- record.no
  opens_on TEXT NOT NULL,                -- ISO days
  due_on   TEXT NOT NULL,
  done_on  TEXT NOT NULL,                -- '' if never
  failed   TEXT NOT NULL,                -- outcome code of a later attempt, or ''
  PRIMARY KEY (shelf, form, sort_key, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX due_by_subject ON due (subject);

-- Questions; no is record.no.
CREATE TABLE question (
  no      INTEGER PRIMARY KEY,
  subject BLOB NOT NULL,
  shelf   INTEGER NOT NULL,
  raised  INTEGER NOT NULL,              -- ms
  settled INTEGER NOT NULL
) STRICT;
CREATE INDEX question_open ON question (raised) WHERE settled = 0;
CREATE INDEX question_by_subject ON question (subject);

-- ---------------------------------------------------------------- this device only

CREATE TABLE draft (
  programme TEXT NOT NULL,
  form      TEXT NOT NULL,
  subject   BLOB NOT NULL,               -- empty for a form that makes its subject
  body      TEXT NOT NULL,
  kept      INTEGER NOT NULL,            -- ms
  PRIMARY KEY (programme, form, subject)
) STRICT, WITHOUT ROWID;

CREATE TABLE photo (
  hash  TEXT NOT NULL PRIMARY KEY,       -- BLAKE3, hexadecimal
  mime  TEXT NOT NULL,
  bytes BLOB NOT NULL,
  state INTEGER NOT NULL,                -- device: 1 waiting, 2 received; server: 0 arriving, 2 whole
  kept  INTEGER NOT NULL                 -- ms
) STRICT;
CREATE INDEX photo_waiting ON photo (kept) WHERE state = 1;

-- ---------------------------------------------------------------- the server only

CREATE TABLE device (
  no       INTEGER PRIMARY KEY,
  name     TEXT NOT NULL,
  install  TEXT NOT NULL,
  token    BLOB NOT NULL UNIQUE,         -- BLAKE3 of the token
  grants   TEXT NOT NULL,                -- domain::access::Grant, JSON
  enrolled INTEGER NOT NULL,             -- ms
  seen     INTEGER NOT NULL,             -- ms
  last_n   INTEGER NOT NULL,             -- highest n with none missing below
  top_n    INTEGER NOT NULL,             -- highest n it said it has
  sent     INTEGER NOT NULL DEFAULT 0,   -- highest server number it was ever sent
  ms       INTEGER NOT NULL,             -- fixed stamp of its last commit
  counter  INTEGER NOT NULL,
  revoked  INTEGER NOT NULL,
  copy_of  INTEGER NOT NULL              -- 0: an original
) STRICT;

-- When a device said that it had no commit above top_n: the proof of a lower bound.
CREATE TABLE contact (
  device INTEGER NOT NULL,
  top_n  INTEGER NOT NULL,
  at_ms  INTEGER NOT NULL,
  PRIMARY KEY (device, top_n)
) STRICT, WITHOUT ROWID;

CREATE TABLE enrolment (
  code   BLOB NOT NULL PRIMARY KEY,      -- BLAKE3 of the one-time code
  grants TEXT NOT NULL,
  until  INTEGER NOT NULL,               -- ms
  device INTEGER NOT NULL                -- 0: not used yet
) STRICT;

CREATE TABLE account (
  name     TEXT NOT NULL PRIMARY KEY,
  password TEXT NOT NULL,                -- argon2id, PHC string
  grants   TEXT NOT NULL,
  made     INTEGER NOT NULL              -- ms
) STRICT;

CREATE TABLE session (
  token   BLOB NOT NULL PRIMARY KEY,     -- BLAKE3 of the cookie
  account TEXT NOT NULL,
  until   INTEGER NOT NULL               -- ms
) STRICT;

-- Who looked at or changed what. Each row hashes the one before; triggers forbid change.
CREATE TABLE audit (
  no    INTEGER PRIMARY KEY AUTOINCREMENT,
  at_ms INTEGER NOT NULL,
  who   TEXT NOT NULL,
  what  TEXT NOT NULL,
  about TEXT NOT NULL,
  hash  BLOB NOT NULL
) STRICT;
CREATE TRIGGER audit_is_append_only_1 BEFORE UPDATE ON audit BEGIN SELECT raise(ABORT, 'audit is append-only'); END;
CREATE TRIGGER audit_is_append_only_2 BEFORE DELETE ON audit BEGIN SELECT raise(ABORT, 'audit is append-only'); END;
