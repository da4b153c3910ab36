-- Codes that hung on a subject and were taken off: the old sticker still tells whose it was. An index for screens,
-- rebuilt from records at will.
CREATE TABLE former_code (
  code    TEXT NOT NULL,
  subject INTEGER NOT NULL,              -- record.no
  PRIMARY KEY (code, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX former_code_by_subject ON former_code (subject);

INSERT INTO former_code (code, subject)
SELECT substr(cell.key, 7), record.no
FROM record, json_each(record.cells, '$.v') AS cell
WHERE record.kind = 'subject' AND cell.key LIKE 'codes.%' AND cell.type = 'false';
