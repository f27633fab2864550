-- Retention and rights: what must stay, what has gone, and what a purge leaves.
CREATE TABLE holds (                       -- legal holds: nothing of the case is erased (portal.desk.holding)
    case_id INTEGER PRIMARY KEY REFERENCES cases ON DELETE CASCADE,
    day TEXT NOT NULL,
    person TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT;
CREATE TABLE decisions (                   -- on requests of the people whom a case mentions (portal.desk.persons)
    id INTEGER PRIMARY KEY,
    case_id INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE,
    day TEXT NOT NULL,
    person TEXT NOT NULL,
    decision TEXT NOT NULL,                -- access, correction, restriction or unrestricted
    note TEXT NOT NULL
) STRICT;
CREATE INDEX decisions_of_case ON decisions (case_id);
CREATE TABLE reviews (                     -- who decided when that a case is still needed (portal.desk.retention)
    case_id INTEGER PRIMARY KEY REFERENCES cases ON DELETE CASCADE,
    day TEXT NOT NULL,
    person TEXT NOT NULL
) STRICT;
CREATE TABLE erased_contacts (             -- messages whose contact data is not in the casebook any more (portal.desk.contacts)
    message_id INTEGER PRIMARY KEY REFERENCES messages ON DELETE CASCADE,
    case_id INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE,
    day TEXT NOT NULL
) STRICT;
CREATE INDEX erased_contacts_of_case ON erased_contacts (case_id);
ALTER TABLE cases ADD COLUMN earlier TEXT; -- name of the case that this thread was before it was purged

CREATE TABLE tombstones (                  -- purged cases (portal.desk.tombstones)
    name TEXT PRIMARY KEY,
    year INTEGER NOT NULL,
    number INTEGER NOT NULL,               -- so that no other case gets its name
    thread BLOB NOT NULL,                  -- HMAC-SHA-256 of its locator
    status TEXT NOT NULL,
    manifest BLOB,                         -- SHA-256 of the manifest of its last referral
    day TEXT NOT NULL                      -- of the purge
) STRICT, WITHOUT ROWID;
CREATE INDEX tombstones_of_thread ON tombstones (thread);
CREATE TABLE gone_items (                  -- what was purged and must not come back with an older bundle
    item BLOB PRIMARY KEY                  -- HMAC-SHA-256 of the id under which it travelled
) STRICT, WITHOUT ROWID;
CREATE TABLE tombstone_key (               -- one row; of its own, so that it outlives a new key of the casebook
    key BLOB NOT NULL
) STRICT;
INSERT INTO tombstone_key (key) VALUES (randomblob(32));
CREATE TABLE erasing (                     -- sealed items of purged cases whose files may still be there
    sha256 BLOB PRIMARY KEY
) STRICT, WITHOUT ROWID;
