-- Photos: who may see one, and what is kept of it. Shelves that were taken from a device that does not know it yet.

-- Server: which records name a photo. Who may read one of these records may see the photo.
CREATE TABLE photo_use (
  hash   TEXT NOT NULL,
  record INTEGER NOT NULL,               -- record.no
  PRIMARY KEY (hash, record)
) STRICT, WITHOUT ROWID;
CREATE INDEX photo_use_by_record ON photo_use (record);
INSERT INTO photo_use (hash, record)
  SELECT substr(cell.key, 8), record.no FROM record, json_each(record.cells, '$.v') AS cell
  WHERE substr(cell.key, 1, 7) = 'photos.';

-- Server: the device that sent it; 0: the office. Until a record names it, only its sender sees it.
ALTER TABLE photo ADD COLUMN sender INTEGER NOT NULL DEFAULT 0;
-- Server: BLAKE3 of the bytes as drawn anew; NULL where they are still those that the name is the hash of.
ALTER TABLE photo ADD COLUMN drawn BLOB;

-- A small picture of a photo, JPEG. On the server beside every photo; on a device of photos that are at the office.
CREATE TABLE thumbnail (
  hash  TEXT NOT NULL PRIMARY KEY,       -- of the photo
  bytes BLOB NOT NULL
) STRICT;

-- Server: shelves that the office took from a device, until the device has been told. What it writes there meanwhile is
-- honest work and counts.
CREATE TABLE taken (
  device    INTEGER NOT NULL,
  programme TEXT NOT NULL,
  zone      TEXT NOT NULL,
  PRIMARY KEY (device, programme, zone)
) STRICT, WITHOUT ROWID;
