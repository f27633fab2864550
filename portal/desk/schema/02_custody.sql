-- The chain of custody (portal.desk.custody).
CREATE TABLE log (
    number INTEGER PRIMARY KEY,            -- 1, 2, 3 … without a gap
    entry BLOB NOT NULL,                   -- canonical JSON, as signed
    signature BLOB NOT NULL                -- minisign, by the desk's key of that day
) STRICT;
CREATE TABLE log_details (                 -- what a purge deletes; the entry keeps its HMAC
    number INTEGER PRIMARY KEY REFERENCES log,
    case_id INTEGER REFERENCES cases,
    salt BLOB NOT NULL,
    details TEXT NOT NULL                  -- canonical JSON
) STRICT;
CREATE INDEX log_details_of_case ON log_details (case_id);
CREATE TABLE signing_keys (                -- every key that ever signed for this desk, the newest last
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE               -- minisign public key, base64
) STRICT;
