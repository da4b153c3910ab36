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
