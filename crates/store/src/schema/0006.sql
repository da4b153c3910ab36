-- The sixth step: what is old is found without reading everything.

-- Photos that are at the office: how many there are (server), and which may make room (device). Without it each such
-- question reads through the bytes of every photo.
CREATE INDEX photo_received ON photo (kept, hash) WHERE state = 2;

-- Of a record that left a shelf several times, the last time is told; the others cost every new device their bytes.
CREATE INDEX gone_by_record ON gone (record, shelf);
DELETE FROM gone WHERE EXISTS (
  SELECT 1 FROM gone AS later WHERE later.record = gone.record AND later.shelf = gone.shelf AND later.seq > gone.seq
);
