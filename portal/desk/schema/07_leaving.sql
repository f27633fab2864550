-- Backups and what they hold, where cases came from, and threads that go from desk to desk.
CREATE TABLE backups (                     -- each one was read back when it was made (portal.desk.backing_up)
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,                    -- of its file
    day TEXT NOT NULL,
    sha256 BLOB NOT NULL,                  -- of its file
    size INTEGER NOT NULL,                 -- of its file, bytes
    items INTEGER NOT NULL,
    place TEXT                             -- the folder whose newest backups are kept; NULL: it lies elsewhere
) STRICT;
ALTER TABLE arrivals ADD COLUMN backup INTEGER REFERENCES backups ON DELETE SET NULL;  -- the first that holds it
ALTER TABLE portals ADD COLUMN seen INTEGER NOT NULL DEFAULT 0;   -- counter of the newest bundle that was begun
UPDATE portals SET seen = bundle;
CREATE TABLE sources (                     -- cases that no bundle brought (portal.desk.origins)
    case_id INTEGER PRIMARY KEY REFERENCES cases ON DELETE CASCADE,
    source TEXT NOT NULL                   -- phone, letter, hotline, visit, other or by-hand
) STRICT;
CREATE TABLE transfers (                   -- what was handed over to other desks (portal.desk.transferring)
    id BLOB PRIMARY KEY,                   -- as its manifest says
    case_id INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE,
    desk TEXT NOT NULL,                    -- to whom
    day TEXT NOT NULL,
    sha256 BLOB NOT NULL,                  -- of its file
    message INTEGER NOT NULL,              -- the last message, note and log entry that it holds, 0 for none
    note INTEGER NOT NULL,
    entry INTEGER NOT NULL
) STRICT;
CREATE INDEX transfers_of_case ON transfers (case_id);
CREATE TABLE received (                    -- transfers that came from other desks (portal.desk.receiving)
    id BLOB PRIMARY KEY,
    case_id INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE,
    desk TEXT NOT NULL,                    -- from whom
    name TEXT NOT NULL,                    -- what the case is called there
    day TEXT NOT NULL,
    sha256 BLOB NOT NULL,                  -- of its file
    manifest_key TEXT NOT NULL             -- the sender's minisign public key, base64
) STRICT;
CREATE INDEX received_of_case ON received (case_id);
CREATE VIEW own_replies AS                 -- without those that other desks gave, which came with transfers
    SELECT * FROM replies WHERE sealed IS NOT NULL OR pack IS NOT NULL;
CREATE TABLE received_items (              -- what was sealed anew on its way here
    message_id INTEGER PRIMARY KEY REFERENCES messages ON DELETE CASCADE,
    case_id INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE,
    original BLOB NOT NULL                 -- SHA-256 of the age file at the sender
) STRICT;
CREATE INDEX received_items_of_case ON received_items (case_id);
CREATE TABLE received_notes (              -- which notes of another desk are here already
    case_id INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE,
    desk TEXT NOT NULL,
    number INTEGER NOT NULL,               -- of the note at the sender
    PRIMARY KEY (case_id, desk, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE received_log (                -- the custody log of another desk, as far as it speaks of this case
    case_id INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE,
    desk TEXT NOT NULL,
    number INTEGER NOT NULL,
    transfer BLOB NOT NULL,                -- which brought it: the id of `received`
    entry BLOB NOT NULL,                   -- as signed there
    signature TEXT NOT NULL,
    key TEXT NOT NULL,                     -- minisign public key that signed it, base64
    salt BLOB,
    details TEXT,                          -- both NULL where a purge there had deleted them
    PRIMARY KEY (case_id, desk, number)
) STRICT;
