/// The tables, as migrations: each is applied once, in order, and never changed after a release.
///
/// Moments are milliseconds since 1970; affiliations are their rank (0 outcast … 5 owner), so that SQL can compare them. Texts
/// are compared byte by byte, whatever language the database is set to.
enum Schema {
  /// Names without an apostrophe, and what each does.
  static let steps: [(name: String, sql: String)] = [
    ("1 accounts, nodes, memberships", people), ("2 entries", entries), ("3 outbox and queues", events),
  ]

  /// `nodes.words` is there for what is searched: the `posts` nodes. `memberships.listener_domain` is where its events go.
  private static let people = """
    CREATE TABLE store_lock ();
    CREATE TABLE accounts (
      "user" text COLLATE "C" NOT NULL PRIMARY KEY, email text NOT NULL, salt bytea NOT NULL, iterations bigint NOT NULL,
      stored_key bytea NOT NULL, server_key bytea NOT NULL, created bigint NOT NULL);
    CREATE TABLE nodes (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, channel text COLLATE "C" NOT NULL,
      name text COLLATE "C" NOT NULL, domain text COLLATE "C" NOT NULL, title text NOT NULL, description text NOT NULL,
      access_model text NOT NULL, default_affiliation integer NOT NULL, channel_type text, created bigint NOT NULL,
      creator text, updated bigint, advertised boolean NOT NULL, ephemeral boolean NOT NULL, publish_model text NOT NULL,
      fields text, words tsvector, UNIQUE (channel, name));
    CREATE INDEX nodes_by_domain ON nodes (domain, channel, name);
    CREATE INDEX nodes_by_word ON nodes USING gin (words);
    CREATE TABLE memberships (
      node bigint NOT NULL REFERENCES nodes (id) ON DELETE CASCADE, "user" text COLLATE "C" NOT NULL,
      affiliation integer NOT NULL, subscription text NOT NULL, invited_by text, temporary boolean NOT NULL,
      listener text, listener_domain text COLLATE "C" NOT NULL, PRIMARY KEY (node, "user"));
    CREATE INDEX memberships_by_user ON memberships ("user", node);
    CREATE INDEX memberships_by_listener ON memberships (node, listener_domain);
    """

  private static let entries = """
    CREATE TABLE entries (
      sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      node bigint NOT NULL REFERENCES nodes (id) ON DELETE CASCADE, id text COLLATE "C" NOT NULL,
      author text COLLATE "C" NOT NULL, published bigint NOT NULL, updated bigint NOT NULL, activity bigint NOT NULL,
      title text, content text, in_reply_to text COLLATE "C", rated text COLLATE "C", xml text NOT NULL,
      words tsvector NOT NULL, UNIQUE (node, id));
    CREATE INDEX entries_by_activity ON entries (node, activity, sequence);
    CREATE INDEX threads_by_activity ON entries (node, activity, sequence) WHERE in_reply_to IS NULL;
    CREATE INDEX entries_by_parent ON entries (node, in_reply_to, sequence) WHERE in_reply_to IS NOT NULL;
    CREATE INDEX entries_by_time ON entries (node, published, sequence);
    CREATE INDEX entries_by_update ON entries (node, updated, id);
    CREATE INDEX entries_by_author ON entries (author);
    CREATE INDEX ratings ON entries (node, rated, author) WHERE rated IS NOT NULL;
    CREATE INDEX entries_by_word ON entries USING gin (words);
    CREATE TABLE tombstones (
      node bigint NOT NULL REFERENCES nodes (id) ON DELETE CASCADE, id text COLLATE "C" NOT NULL,
      sequence bigint NOT NULL, published bigint NOT NULL, deleted bigint NOT NULL, in_reply_to text,
      PRIMARY KEY (node, id));
    CREATE INDEX tombstones_by_activity ON tombstones (node, deleted, sequence);
    CREATE INDEX tombstones_by_time ON tombstones (deleted);
    """

  /// `outbox_head` has one row. A sequence of PostgreSQL's own would count on after a transaction that came to nothing, and
  /// go back after a crash; this number is as durable as the events that it counts.
  ///
  /// `queues.head` and `queues.pruned` outlive the rows of a queue: the next event needs its predecessor's number, and a
  /// cursor needs to know what was there, however much retention removed. `previous` is the head before. `kind` and `reader`
  /// are parts of `key`.
  private static let events = """
    CREATE TABLE outbox_head (sequence bigint NOT NULL) WITH (fillfactor = 10);
    INSERT INTO outbox_head (sequence) VALUES (0);
    CREATE TABLE outbox (
      sequence bigint NOT NULL PRIMARY KEY, channel text NOT NULL, name text NOT NULL, time bigint NOT NULL,
      kind text NOT NULL, id text NOT NULL, author text, published bigint, updated bigint, xml text);
    CREATE INDEX outbox_by_time ON outbox (time, sequence);
    CREATE TABLE queues (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, key text COLLATE "C" NOT NULL UNIQUE, kind text NOT NULL,
      reader text COLLATE "C" NOT NULL, head bigint NOT NULL, previous bigint NOT NULL, pruned bigint NOT NULL
    ) WITH (fillfactor = 70);
    CREATE TABLE event_queue (
      queue bigint NOT NULL, sequence bigint NOT NULL, previous bigint NOT NULL, PRIMARY KEY (queue, sequence));
    CREATE INDEX event_queue_by_sequence ON event_queue (sequence, queue);
    CREATE TABLE relays (name text COLLATE "C" NOT NULL PRIMARY KEY, position bigint NOT NULL);
    """
}
