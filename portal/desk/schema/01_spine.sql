-- Portals, cases and their messages, replies, and what packs acknowledge.
CREATE TABLE portals (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    key TEXT NOT NULL UNIQUE,              -- its minisign public key, base64
    bundle INTEGER NOT NULL DEFAULT 0,     -- counter of the newest bundle that was imported whole
    pack INTEGER NOT NULL DEFAULT 0,       -- counter of our last pack for it
    confirmed INTEGER NOT NULL DEFAULT 0   -- counter of the last of our packs that it says it took
) STRICT;
CREATE TABLE cases (
    id INTEGER PRIMARY KEY,
    year INTEGER NOT NULL,
    number INTEGER NOT NULL,
    name TEXT NOT NULL UNIQUE,             -- 2026-0001
    portal INTEGER NOT NULL REFERENCES portals,
    locator BLOB NOT NULL,
    channel TEXT NOT NULL,
    status TEXT NOT NULL,
    received TEXT NOT NULL,                -- day of its first message
    urgent INTEGER NOT NULL,
    UNIQUE (year, number),
    UNIQUE (portal, locator)
) STRICT;
CREATE TABLE messages (
    id INTEGER PRIMARY KEY,
    case_id INTEGER NOT NULL REFERENCES cases,
    portal INTEGER NOT NULL REFERENCES portals,
    item BLOB NOT NULL,                    -- id under which it travelled
    sha256 BLOB NOT NULL,                  -- of the sealed item, and so the name of its file
    kind TEXT NOT NULL,
    received TEXT NOT NULL,
    report BLOB NOT NULL,                  -- report.json as it was signed
    UNIQUE (portal, item)
) STRICT;
CREATE INDEX messages_of_case ON messages (case_id);
CREATE TABLE replies (
    id BLOB PRIMARY KEY,
    case_id INTEGER NOT NULL REFERENCES cases,
    number INTEGER NOT NULL,
    reply BLOB NOT NULL,                   -- reply.json
    sealed BLOB,                           -- its age file, until the portal has it
    pack INTEGER,                          -- counter of the first pack that carried it
    UNIQUE (case_id, number)
) STRICT;
CREATE INDEX replies_to_send ON replies (case_id) WHERE sealed IS NOT NULL;
CREATE TABLE arrivals (                    -- what the packs acknowledge until the portal confirms that
    portal INTEGER NOT NULL REFERENCES portals,
    item BLOB NOT NULL,
    sha256 BLOB NOT NULL,
    pack INTEGER,                          -- counter of the first pack that named it
    PRIMARY KEY (portal, item)
) STRICT;
CREATE TABLE quarantine (
    id INTEGER PRIMARY KEY,
    portal INTEGER NOT NULL REFERENCES portals,
    item BLOB NOT NULL,
    sha256 BLOB NOT NULL,
    reason TEXT NOT NULL,
    day TEXT NOT NULL,                     -- of the bundle that brought it
    UNIQUE (portal, item, sha256)
) STRICT;
