-- Finding, linking and sorting out: what is kept beside cases, messages and replies so that every list is fast.
-- What is kept when a message is stored: portal.desk.arriving. Replies and notes are kept by the triggers below.
ALTER TABLE cases ADD COLUMN assigned TEXT;           -- whose case it is, the name of a person; NULL: nobody's
ALTER TABLE cases ADD COLUMN merged_into INTEGER REFERENCES cases ON DELETE SET NULL;  -- the main case of a duplicate
ALTER TABLE cases ADD COLUMN looked TEXT;             -- day on which somebody first looked at it
ALTER TABLE cases ADD COLUMN unseen TEXT;             -- day of the oldest message that nobody has looked at yet
ALTER TABLE cases ADD COLUMN answered TEXT;           -- day of the first answer
ALTER TABLE cases ADD COLUMN asked TEXT;              -- day of a question to the reporter that is still open
ALTER TABLE cases ADD COLUMN asks INTEGER NOT NULL DEFAULT 0;   -- questions of the form that could be answered
ALTER TABLE cases ADD COLUMN said INTEGER NOT NULL DEFAULT 0;   -- … and how many of them were
ALTER TABLE replies ADD COLUMN before TEXT;           -- JSON: how the case stood before it, if it is withdrawn
CREATE INDEX cases_merged ON cases (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX cases_received ON cases (received);
CREATE VIEW main_cases AS                             -- as lists show them: what waits in a merged one waits here
    SELECT id, year, number, name, portal, channel, status, received, urgent, assigned, looked, answered, asks, said,
        coalesce(min(main.unseen, own.unseen), main.unseen, own.unseen) AS unseen,
        coalesce(min(main.asked, own.asked), main.asked, own.asked) AS asked,
        coalesce(own.merged, 0) AS merged
    FROM cases AS main LEFT JOIN
        (SELECT merged_into AS of, min(unseen) AS unseen, min(asked) AS asked, count(*) AS merged
            FROM cases WHERE merged_into IS NOT NULL GROUP BY merged_into) AS own ON own.of = main.id
    WHERE main.merged_into IS NULL;
UPDATE cases SET
    unseen = received,
    answered = (SELECT min(json_extract(CAST(reply AS TEXT), '$.day')) FROM replies WHERE case_id = cases.id),
    asked = CASE status WHEN 'question' THEN
        (SELECT max(json_extract(CAST(reply AS TEXT), '$.day')) FROM replies WHERE case_id = cases.id) END;
UPDATE cases SET looked = answered, unseen = NULL WHERE answered IS NOT NULL;

CREATE TABLE notes (                                  -- written by caseworkers, never changed
    id INTEGER PRIMARY KEY,
    case_id INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE,
    person TEXT NOT NULL,
    at TEXT NOT NULL,                                 -- UTC, to the second
    text TEXT NOT NULL
) STRICT;
CREATE INDEX notes_of_case ON notes (case_id);
CREATE TABLE tags (
    case_id INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE,
    tag TEXT NOT NULL,
    PRIMARY KEY (tag, case_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX tags_of_case ON tags (case_id);
CREATE TABLE looks (                                  -- who read which case on which day
    case_id INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE,
    person TEXT NOT NULL,
    day TEXT NOT NULL,
    PRIMARY KEY (person, day, case_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX looks_of_case ON looks (case_id);
CREATE TABLE marks (                                  -- what cases can have in common (portal.desk.fingerprints)
    case_id INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (kind, value, case_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX marks_of_case ON marks (case_id);
CREATE TABLE flags (                                  -- what a rule of triage.toml, or the channel, says of an answer
    case_id INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE,
    rule TEXT NOT NULL,
    channel TEXT NOT NULL,
    field TEXT NOT NULL,                              -- the answer that raised it: suspect-1-return_date
    urgent INTEGER NOT NULL,
    PRIMARY KEY (case_id, rule, channel, field)
) STRICT, WITHOUT ROWID;
CREATE INDEX flags_of_rule ON flags (rule);
CREATE TABLE kept (                                   -- what marks, flags and texts were made by; see arriving.refresh
    what TEXT PRIMARY KEY,
    version TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE passages (                               -- the texts that can be searched; `texts` has the words
    id INTEGER PRIMARY KEY,
    case_id INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE,
    kind TEXT NOT NULL,                               -- narrative, answers, note or reply
    source INTEGER NOT NULL,                          -- id of the message or note, number of the reply
    day TEXT NOT NULL,
    UNIQUE (case_id, kind, source)
) STRICT;
CREATE VIRTUAL TABLE texts USING fts5 (body, tokenize = "unicode61 remove_diacritics 2");
INSERT INTO texts (texts, rank) VALUES ('secure-delete', 1);
CREATE TRIGGER passage_deleted AFTER DELETE ON passages BEGIN
    DELETE FROM texts WHERE rowid = old.id;
END;
CREATE TRIGGER note_written AFTER INSERT ON notes BEGIN
    INSERT INTO passages (case_id, kind, source, day) VALUES (new.case_id, 'note', new.id, substr(new.at, 1, 10));
    INSERT INTO texts (rowid, body)
        SELECT id, new.text FROM passages WHERE case_id = new.case_id AND kind = 'note' AND source = new.id;
END;
CREATE TRIGGER note_deleted AFTER DELETE ON notes BEGIN
    DELETE FROM passages WHERE case_id = old.case_id AND kind = 'note' AND source = old.id;
END;
CREATE TRIGGER reply_written AFTER INSERT ON replies BEGIN
    UPDATE cases SET
        answered = coalesce(answered, json_extract(CAST(new.reply AS TEXT), '$.day')),
        looked = coalesce(looked, json_extract(CAST(new.reply AS TEXT), '$.day')),
        unseen = NULL,
        asked = CASE json_extract(CAST(new.reply AS TEXT), '$.status')
            WHEN 'question' THEN json_extract(CAST(new.reply AS TEXT), '$.day') END
        WHERE id = new.case_id;
    INSERT INTO passages (case_id, kind, source, day)
        VALUES (new.case_id, 'reply', new.number, json_extract(CAST(new.reply AS TEXT), '$.day'));
    INSERT INTO texts (rowid, body)
        SELECT id, json_extract(CAST(new.reply AS TEXT), '$.text') FROM passages
        WHERE case_id = new.case_id AND kind = 'reply' AND source = new.number;
END;
CREATE TRIGGER reply_deleted AFTER DELETE ON replies BEGIN
    DELETE FROM passages WHERE case_id = old.case_id AND kind = 'reply' AND source = old.number;
END;
CREATE TRIGGER message_deleted AFTER DELETE ON messages BEGIN
    DELETE FROM passages WHERE case_id = old.case_id AND kind IN ('narrative', 'answers') AND source = old.id;
END;
