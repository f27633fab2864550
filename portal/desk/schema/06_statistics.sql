-- Figures of cases that are gone (portal.desk.statistics.facts): a purge leaves how many there were, and no case.
CREATE TABLE counted (                     -- WITHOUT ROWID: nothing tells in which order cases were purged
    facts TEXT PRIMARY KEY,                -- canonical JSON of Fact, which names no case, person or place below a country
    count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
