CREATE TABLE facts (number INTEGER PRIMARY KEY, facts BLOB NOT NULL);
INSERT INTO facts VALUES(1,X'84A57469746C65B24D61747269782C2054686520283139393929A479656172CD07CFA667656E72657392A6416374696F6EA65363692D4669A5766F746573CD2328');
INSERT INTO facts VALUES(2,X'84A57469746C65AB4865617420283139393529A479656172CD07CBA667656E72657392A6416374696F6EA54372696D65A5766F746573CD076C');
CREATE TABLE movies (
    number INTEGER PRIMARY KEY,
    movie TEXT NOT NULL UNIQUE,
    hidden INTEGER NOT NULL,
    votes INTEGER NOT NULL,
    weight REAL NOT NULL,  -- grows with votes and popularity
    name TEXT NOT NULL     -- the title as people say it
);
INSERT INTO movies VALUES(1,'5',0,9000,9.105,'matrix');
INSERT INTO movies VALUES(2,'13',0,1900,7.55,'heat');
CREATE TABLE spellings (form TEXT, word TEXT, PRIMARY KEY (form, word)) WITHOUT ROWID;
INSERT INTO spellings VALUES('atrix','matrix');
INSERT INTO spellings VALUES('marix','matrix');
INSERT INTO spellings VALUES('matix','matrix');
INSERT INTO spellings VALUES('matri','matrix');
INSERT INTO spellings VALUES('matrix','matrix');
INSERT INTO spellings VALUES('matrx','matrix');
INSERT INTO spellings VALUES('mtrix','matrix');
CREATE VIRTUAL TABLE words USING fts5 (
    title, kind, tags, prefix = '1 2 3', tokenize = 'unicode61 remove_diacritics 2'
);
INSERT INTO words VALUES('matrix the 1999','action sci fi 1999','');
INSERT INTO words VALUES('heat 1995','action crime 1995','');
CREATE INDEX most_votes ON movies (votes DESC, weight DESC, movie);
CREATE INDEX names ON movies (name, weight);
PRAGMA application_id = 0x4D415443;
PRAGMA user_version = 1;
