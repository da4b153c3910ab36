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
