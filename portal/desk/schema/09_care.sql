-- How much each person has read (portal.desk.care): a number a day, and never which cases.
CREATE TABLE reading (
    person TEXT NOT NULL,
    day TEXT NOT NULL,
    cases INTEGER NOT NULL,
    PRIMARY KEY (person, day)
) STRICT, WITHOUT ROWID;
