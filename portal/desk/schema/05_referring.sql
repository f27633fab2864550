-- What leaves the desk for others than the reporter: portal.desk.authorities, referring, cleaning, sealing_away.
CREATE TABLE authorities (                 -- to whom cases can be referred
    name TEXT PRIMARY KEY,                 -- how a command names it: parquet
    title TEXT NOT NULL,                   -- what it is called in a letter
    police INTEGER NOT NULL,               -- 1: police or prosecutor, to whom contact data may go with the consent
    recipient TEXT                         -- age recipient, or NULL
) STRICT, WITHOUT ROWID;
INSERT INTO authorities VALUES ('police', 'Police', 1, NULL);
CREATE TABLE referrals (                   -- each folder or file that was made, the newest last
    id INTEGER PRIMARY KEY,
    case_id INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE,
    number INTEGER NOT NULL,               -- 1, 2, 3 … within the case
    day TEXT NOT NULL,
    person TEXT NOT NULL,
    authority TEXT,                        -- its name on that day; NULL where none was named
    formats TEXT NOT NULL,                 -- pdf,json,urls
    attachments TEXT NOT NULL,             -- none, original or cleaned
    contact TEXT NOT NULL,                 -- none, included or withheld
    sealed INTEGER NOT NULL,               -- 1: written as an age file
    manifest BLOB NOT NULL,                -- manifest.json
    signature BLOB NOT NULL,               -- manifest.json.minisig
    sha256 BLOB NOT NULL,                  -- of manifest.json
    UNIQUE (case_id, number)
) STRICT;
CREATE TABLE cleaned (                     -- copies of attachments without their metadata
    id INTEGER PRIMARY KEY,
    case_id INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE,
    message_id INTEGER NOT NULL REFERENCES messages ON DELETE CASCADE,
    number INTEGER NOT NULL,               -- of the attachment in its message
    original BLOB NOT NULL,                -- SHA-256 as the reporter sent it
    sha256 BLOB NOT NULL,                  -- of the copy
    size INTEGER NOT NULL,                 -- of the copy, bytes
    day TEXT NOT NULL,
    person TEXT NOT NULL
) STRICT;
CREATE INDEX cleaned_of_case ON cleaned (case_id);
CREATE TABLE sealed_away (                 -- attachments that only an authority can open now
    message_id INTEGER NOT NULL REFERENCES messages ON DELETE CASCADE,
    number INTEGER NOT NULL,               -- of the attachment in its message
    case_id INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE,
    sha256 BLOB NOT NULL,                  -- of the attachment
    size INTEGER NOT NULL,                 -- of the attachment, bytes
    authority TEXT NOT NULL,
    day TEXT NOT NULL,
    person TEXT NOT NULL,
    original BLOB NOT NULL,                -- SHA-256 of the sealed item that held it, which is erased
    remainder BLOB NOT NULL,               -- SHA-256 of the sealed item that took its place
    handed BLOB NOT NULL,                  -- SHA-256 of the age file for the authority
    PRIMARY KEY (message_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX sealed_away_of_case ON sealed_away (case_id);
