-- The fifth step: one file for all that came in one session, a heading for each topic.

-- ---------------------------------------------------------------- rights that end (mends)

-- Server: the account that issued an enrolment code, '' where that is not known. A code that nobody has used ends with the
-- account's right to issue it.
ALTER TABLE enrolment ADD COLUMN issuer TEXT NOT NULL DEFAULT '';

-- Server: since when a shelf is taken, ms. What came before this step counts from the last time anybody was here.
ALTER TABLE taken ADD COLUMN since INTEGER NOT NULL DEFAULT 0;
UPDATE taken SET since = (SELECT coalesce(max(seen), 0) FROM device);

-- Server: pieces of photos, each sender's apart from those of others: nobody goes on with what somebody else began.
CREATE TABLE arriving (
  hash   TEXT NOT NULL,
  sender INTEGER NOT NULL,               -- device
  bytes  BLOB NOT NULL,
  kept   INTEGER NOT NULL,               -- ms of the first piece
  PRIMARY KEY (hash, sender)
) STRICT, WITHOUT ROWID;
INSERT INTO arriving (hash, sender, bytes, kept) SELECT hash, sender, bytes, kept FROM photo WHERE state = 0;
DELETE FROM photo WHERE state = 0;

-- Server: devices that had the bytes of a photo, and so sent it.
CREATE TABLE photo_sender (
  hash   TEXT NOT NULL,
  device INTEGER NOT NULL,
  PRIMARY KEY (hash, device)
) STRICT, WITHOUT ROWID;
INSERT INTO photo_sender (hash, device) SELECT hash, sender FROM photo WHERE sender <> 0;

-- Server: which device named the photo there first; 0: the office; NULL: named before this step.
ALTER TABLE photo_use ADD COLUMN namer INTEGER;

-- ---------------------------------------------------------------- notifications and systems outside (server only)

-- Ways by which people hear of things. Secrets stay in this file: no reply ever holds one.
CREATE TABLE notify_channel (
  id      INTEGER PRIMARY KEY,
  way     TEXT NOT NULL,                 -- domain::notify::Way
  title   TEXT NOT NULL,                 -- what the office calls it
  target  TEXT NOT NULL,                 -- address of a webhook, e-mail address, or id of a LINE user or group
  secret  TEXT NOT NULL,                 -- key of a webhook's signature, LINE's channel access token; else ''
  last_ok INTEGER NOT NULL,              -- when something was handed over last, ms; 0: never
  trouble TEXT NOT NULL                  -- domain::notify::Trouble of the last attempt, or ''
) STRICT;

-- Of what a channel tells. Programme '' stands for what belongs to none.
CREATE TABLE notify_rule (
  channel   INTEGER NOT NULL,
  programme TEXT NOT NULL,
  event     TEXT NOT NULL,               -- domain::notify::Event
  PRIMARY KEY (channel, programme, event)
) STRICT, WITHOUT ROWID;

-- The outbox: written in the transaction of what a message tells of, so that neither is there without the other.
CREATE TABLE notice (
  no        INTEGER PRIMARY KEY,
  channel   INTEGER NOT NULL,            -- notify_channel.id; 0: a letter to recipient
  recipient TEXT NOT NULL,               -- e-mail address of a citizen who left one, until it is handed over; else ''
  about     TEXT NOT NULL,               -- what it tells of: the same is told once
  body      TEXT NOT NULL,               -- domain::notify::Message, JSON
  made      INTEGER NOT NULL,            -- ms
  tries     INTEGER NOT NULL,
  next      INTEGER NOT NULL,            -- when it is tried next, ms
  state     INTEGER NOT NULL,            -- 0 waits, 1 handed over, 2 given up
  trouble   TEXT NOT NULL,               -- domain::notify::Trouble of the last attempt, or ''
  UNIQUE (channel, recipient, about)
) STRICT;
CREATE INDEX notice_waiting ON notice (next) WHERE state = 0;
CREATE INDEX notice_by_about ON notice (about);
CREATE INDEX notice_failed ON notice (no) WHERE trouble <> '';

-- Keys of systems outside that may open cases (Open311).
CREATE TABLE outside_key (
  id    INTEGER PRIMARY KEY,
  hash  BLOB NOT NULL UNIQUE,            -- BLAKE3 of the key
  title TEXT NOT NULL,                   -- who has it
  made  INTEGER NOT NULL,                -- ms
  used  INTEGER NOT NULL,                -- ms; 0: never
  hour  INTEGER NOT NULL,                -- ms: when the hour began whose uses are counted
  uses  INTEGER NOT NULL,                -- in that hour
  ended INTEGER NOT NULL                 -- 1: it opens nothing any more
) STRICT;

-- ---------------------------------------------------------------- orders

-- Orders (domain::order); no is record.no. An index for screens, rebuilt from records at will.
CREATE TABLE order_case (
  no       INTEGER PRIMARY KEY,
  subject  BLOB NOT NULL,
  shelf    INTEGER NOT NULL,
  kind     TEXT NOT NULL,
  state    TEXT NOT NULL,
  class    INTEGER NOT NULL,             -- 0: to be dealt with; 1: done; 2: closed
  urgency  INTEGER NOT NULL,             -- 0 is the most urgent
  assigned TEXT NOT NULL,                -- '' if nobody is
  opened   INTEGER NOT NULL,             -- ms
  due      INTEGER,                      -- ms; NULL: nothing is to be done, or it waits for somebody outside
  ended    INTEGER                       -- ms; NULL while it is to be dealt with
) STRICT;
CREATE INDEX order_case_by_subject ON order_case (subject, class);
CREATE INDEX order_case_open ON order_case (shelf, urgency, due) WHERE class = 0;
CREATE INDEX order_case_by_opening ON order_case (shelf, opened);

-- Server: what citizens sent, and how they can be reached. On no device.
CREATE TABLE citizen_report (
  token   BLOB NOT NULL PRIMARY KEY,     -- BLAKE3 of the text of the tracking link
  record  BLOB NOT NULL,                 -- the order
  key     TEXT NOT NULL,                 -- of the report within the order
  contact TEXT NOT NULL,
  photos  TEXT NOT NULL,                 -- hashes, with blanks between
  at_ms   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX citizen_report_by_time ON citizen_report (at_ms);

-- ---------------------------------------------------------------- money

-- Entries of accounts: what screens and reports ask of them. no is record.no; the subject may arrive later, so it is named
-- by id. Rebuilt from records at will; what an account is worth is worked out from its entries, never stored.
CREATE TABLE entry (
  no      INTEGER PRIMARY KEY,
  subject BLOB NOT NULL,
  shelf   INTEGER NOT NULL,
  fact    TEXT NOT NULL,                 -- domain::ledger::Fact::word
  at_ms   INTEGER NOT NULL,
  day     TEXT NOT NULL,                 -- local day, ISO
  cycle   TEXT NOT NULL,
  person  TEXT NOT NULL,                 -- who wrote it
  amount  INTEGER NOT NULL,              -- satang; what is owed above zero, what was paid below
  slip    TEXT NOT NULL,                 -- bank and number of the transfer, or ''
  number  TEXT NOT NULL                  -- of the bill or receipt, or ''
) STRICT;
CREATE INDEX entry_by_subject ON entry (subject, at_ms);
CREATE INDEX entry_by_cycle ON entry (cycle, shelf, fact);
CREATE INDEX entry_by_day ON entry (day, shelf, fact);
CREATE INDEX entry_by_slip ON entry (slip) WHERE slip <> '';
CREATE INDEX entry_by_number ON entry (number) WHERE number <> '';

-- How often a paper was printed or shared here: the first is the original, the others are copies.
CREATE TABLE printed (
  entry  BLOB PRIMARY KEY,               -- record id of the bill or payment
  times  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- It is sealed with the other small tables: sealed again by the next transaction.
DELETE FROM meta WHERE key = 'seal';

-- ---------------------------------------------------------------- the round

-- What a programme's [round] counts of each visit, so that a dashboard reads one range of one tree. Rebuilt from records
-- at will.
CREATE TABLE round_visit (
  cycle   TEXT NOT NULL,
  shelf   INTEGER NOT NULL,
  subject BLOB NOT NULL,
  no      INTEGER NOT NULL,              -- record.no of the visit
  at_ms   INTEGER NOT NULL,
  day     TEXT NOT NULL,                 -- local day, ISO
  person  TEXT NOT NULL,                 -- who recorded it
  outcome TEXT NOT NULL,                 -- as in visit
  marks   INTEGER NOT NULL,              -- one bit a mark, in the order of the definition
  state   INTEGER NOT NULL,              -- 0: nothing blocks; 1: waits for the office; 2: the office approved it
  units   INTEGER,                       -- NULL: it says none
  seconds INTEGER,                       -- how long it took; NULL: not known
  PRIMARY KEY (cycle, shelf, subject, no)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX round_visit_by_no ON round_visit (no);

-- Day of the attempt that `failed` tells of, ISO; '' if there is none.
ALTER TABLE due ADD COLUMN failed_on TEXT NOT NULL DEFAULT '';
UPDATE due SET failed_on = coalesce((
  SELECT visit.day FROM visit JOIN record ON record.id = visit.subject
  WHERE record.no = due.subject AND visit.form = due.form AND visit.outcome NOT IN ('done', 'set_aside', 'corrected')
  ORDER BY visit.at_ms DESC LIMIT 1
), '') WHERE failed <> '';

-- ---------------------------------------------------------------- emergencies

-- Who may be looked for in an emergency; no is record.no. An index for screens, rebuilt from records at will.
CREATE TABLE beacon (
  no         INTEGER PRIMARY KEY,
  shelf      INTEGER NOT NULL,
  search_key TEXT NOT NULL,              -- domain::text::search_key of what a rescuer may read
  photo      TEXT NOT NULL,              -- hash of the photo of the way in, or ''
  placed     INTEGER NOT NULL            -- 1: its place is known
) STRICT;
CREATE INDEX beacon_by_photo ON beacon (photo) WHERE photo <> '';
CREATE VIRTUAL TABLE beacon_place USING rtree (no, south, north, west, east);

-- Who opened the emergency view; no is record.no. An index for screens, rebuilt from records at will.
CREATE TABLE access (
  no       INTEGER PRIMARY KEY,
  shelf    INTEGER NOT NULL,
  person   TEXT NOT NULL,
  from_ms  INTEGER NOT NULL,
  until_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX access_by_end ON access (until_ms);
