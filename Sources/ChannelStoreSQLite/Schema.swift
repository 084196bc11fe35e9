import GRDB

/// The tables, as migrations: each is applied once, in order, and never changed after a release.
///
/// Moments are milliseconds since 1970; affiliations are their rank (0 outcast … 5 owner), so that SQL can compare them.
enum Schema {
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1 accounts, nodes, memberships") { db in try db.execute(sql: people) }
    migrator.registerMigration("2 entries and their text index") { db in try db.execute(sql: entries) }
    migrator.registerMigration("3 outbox and queues") { db in try db.execute(sql: events) }
    migrator.registerMigration("4 configurations, listeners, tombstones") { db in try db.execute(sql: federation) }
    return migrator
  }

  private static let people = """
    CREATE TABLE accounts (
      user TEXT NOT NULL PRIMARY KEY, email TEXT NOT NULL, salt BLOB NOT NULL, iterations INTEGER NOT NULL,
      stored_key BLOB NOT NULL, server_key BLOB NOT NULL, created INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE nodes (
      id INTEGER PRIMARY KEY, channel TEXT NOT NULL, name TEXT NOT NULL, title TEXT NOT NULL, description TEXT NOT NULL,
      access_model TEXT NOT NULL, default_affiliation INTEGER NOT NULL, channel_type TEXT, created INTEGER NOT NULL,
      UNIQUE (channel, name));
    CREATE TABLE memberships (
      node INTEGER NOT NULL REFERENCES nodes (id) ON DELETE CASCADE, user TEXT NOT NULL, affiliation INTEGER NOT NULL,
      subscription TEXT NOT NULL, invited_by TEXT, PRIMARY KEY (node, user)) WITHOUT ROWID;
    CREATE INDEX memberships_by_user ON memberships (user, node);
    CREATE VIRTUAL TABLE channel_text USING fts5 (
      channel, title, description, tokenize = 'unicode61 remove_diacritics 2');
    CREATE TRIGGER channel_inserted AFTER INSERT ON nodes WHEN new.name = 'posts' BEGIN
      INSERT INTO channel_text (rowid, channel, title, description)
      VALUES (new.id, new.channel, new.title, new.description);
    END;
    CREATE TRIGGER channel_updated AFTER UPDATE OF title, description ON nodes WHEN new.name = 'posts' BEGIN
      UPDATE channel_text SET title = new.title, description = new.description WHERE rowid = new.id;
    END;
    CREATE TRIGGER channel_deleted AFTER DELETE ON nodes WHEN old.name = 'posts' BEGIN
      DELETE FROM channel_text WHERE rowid = old.id;
    END;
    """

  private static let entries = """
    CREATE TABLE entries (
      sequence INTEGER PRIMARY KEY AUTOINCREMENT, node INTEGER NOT NULL REFERENCES nodes (id) ON DELETE CASCADE,
      id TEXT NOT NULL, author TEXT NOT NULL, published INTEGER NOT NULL, updated INTEGER NOT NULL,
      activity INTEGER NOT NULL, title TEXT, content TEXT, in_reply_to TEXT, rated TEXT, xml TEXT NOT NULL,
      UNIQUE (node, id));
    CREATE INDEX entries_by_activity ON entries (node, activity, sequence);
    CREATE INDEX threads_by_activity ON entries (node, activity, sequence) WHERE in_reply_to IS NULL;
    CREATE INDEX entries_by_parent ON entries (node, in_reply_to, sequence) WHERE in_reply_to IS NOT NULL;
    CREATE INDEX entries_by_time ON entries (node, published, sequence);
    CREATE INDEX entries_by_author ON entries (author);
    CREATE INDEX ratings ON entries (node, rated, author) WHERE rated IS NOT NULL;
    CREATE VIRTUAL TABLE entry_text USING fts5 (
      title, content, content = 'entries', content_rowid = 'sequence', tokenize = 'unicode61 remove_diacritics 2');
    CREATE TRIGGER entry_inserted AFTER INSERT ON entries BEGIN
      INSERT INTO entry_text (rowid, title, content) VALUES (new.sequence, new.title, new.content);
    END;
    CREATE TRIGGER entry_deleted AFTER DELETE ON entries BEGIN
      INSERT INTO entry_text (entry_text, rowid, title, content)
      VALUES ('delete', old.sequence, old.title, old.content);
    END;
    """

  /// `queues.head` and `queues.pruned` outlive the rows of a queue: the next event needs its predecessor's number, and a
  /// cursor needs to know what was there, however much retention removed.
  private static let events = """
    CREATE TABLE outbox (
      sequence INTEGER PRIMARY KEY AUTOINCREMENT, channel TEXT NOT NULL, name TEXT NOT NULL, time INTEGER NOT NULL,
      kind TEXT NOT NULL, id TEXT NOT NULL, author TEXT, published INTEGER, updated INTEGER, xml TEXT);
    CREATE INDEX outbox_by_time ON outbox (time);
    CREATE TABLE queues (
      id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, head INTEGER NOT NULL, pruned INTEGER NOT NULL);
    CREATE TABLE event_queue (
      queue INTEGER NOT NULL, sequence INTEGER NOT NULL, previous INTEGER NOT NULL, PRIMARY KEY (queue, sequence)
    ) WITHOUT ROWID;
    CREATE INDEX event_queue_by_sequence ON event_queue (sequence, queue, previous);
    CREATE TABLE relays (name TEXT NOT NULL PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID;
    """

  /// `memberships.listener` and `nodes.fields` are missing where they say nothing.
  private static let federation = """
    ALTER TABLE nodes ADD COLUMN domain TEXT NOT NULL DEFAULT '';
    ALTER TABLE nodes ADD COLUMN creator TEXT;
    ALTER TABLE nodes ADD COLUMN updated INTEGER;
    ALTER TABLE nodes ADD COLUMN advertised INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE nodes ADD COLUMN ephemeral INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE nodes ADD COLUMN publish_model TEXT NOT NULL DEFAULT 'publishers';
    ALTER TABLE nodes ADD COLUMN fields TEXT;
    UPDATE nodes SET domain = substr(channel, instr(channel, '@') + 1);
    CREATE INDEX nodes_by_domain ON nodes (domain, channel, name);
    ALTER TABLE memberships ADD COLUMN listener TEXT;
    ALTER TABLE memberships ADD COLUMN temporary INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX entries_by_update ON entries (node, updated, id);
    CREATE TABLE tombstones (
      node INTEGER NOT NULL REFERENCES nodes (id) ON DELETE CASCADE, id TEXT NOT NULL, sequence INTEGER NOT NULL,
      published INTEGER NOT NULL, deleted INTEGER NOT NULL, in_reply_to TEXT, PRIMARY KEY (node, id)) WITHOUT ROWID;
    CREATE INDEX tombstones_by_activity ON tombstones (node, deleted, sequence);
    CREATE INDEX tombstones_by_time ON tombstones (deleted);
    CREATE TRIGGER entry_changed AFTER UPDATE OF title, content ON entries BEGIN
      INSERT INTO entry_text (entry_text, rowid, title, content)
      VALUES ('delete', old.sequence, old.title, old.content);
      INSERT INTO entry_text (rowid, title, content) VALUES (new.sequence, new.title, new.content);
    END;
    """
}
