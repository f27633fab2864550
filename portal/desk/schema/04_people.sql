-- The desk's settings, its own texts, and its people: portal.desk.preferences, templating, people, rekeying, handover.
CREATE TABLE settings (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL                    -- canonical JSON
) STRICT, WITHOUT ROWID;
CREATE TABLE templates (                   -- answers as this desk words them, in place of the shipped ones
    status TEXT NOT NULL,
    language TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (status, language)
) STRICT, WITHOUT ROWID;
CREATE TABLE people (                      -- who has a keyring here
    name TEXT PRIMARY KEY,
    recipient TEXT NOT NULL                -- age recipient to which keys.age is sealed for this person
) STRICT, WITHOUT ROWID;
CREATE TABLE rekeying (                    -- a change of the desk's keys that is under way; one row or none
    id INTEGER PRIMARY KEY CHECK (id = 1),
    keys BLOB NOT NULL,                    -- keys.age as it will be, sealed to everybody who stays
    removed TEXT                           -- whose keyring goes
) STRICT;
CREATE TABLE visits (                      -- how far each person has read the log
    person TEXT PRIMARY KEY,
    entry INTEGER NOT NULL                 -- number of the last entry
) STRICT, WITHOUT ROWID;
