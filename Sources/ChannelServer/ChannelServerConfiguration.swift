package import Channels
package import XMPP

/// How a channel server works.
package struct ChannelServerConfiguration: Sendable {
  /// The domain of users; default `localhost`.
  package var domain: String
  /// The domain of topic channels; default `topics.` and the domain. Topic channels stand there only, so they and
  /// accounts never want the same name.
  package var topicsDomain: String
  /// The address in the tag form of ids; default `channels.` and the domain.
  package var channelsDomain: String
  /// Whether anybody may register; default yes.
  package var isRegistrationOpen = true
  /// User names that nobody can register; default below. `addAccount` ignores it.
  package var reservedUsernames: Set<String> = [
    "abuse", "admin", "administrator", "anonymous", "hostmaster", "postmaster", "root", "security", "webmaster",
  ]
  /// The most bytes of a user's or topic channel's name before the `@`; default 128, at most 1023.
  package var maxNameBytes = 128
  /// What new nodes are; defaults below.
  package var nodes = NodeDefaults()
  /// Who hears of memberships and configurations, and which servers hear anything.
  package var announcements = Announcements()
  /// What new users follow from the beginning; default nothing.
  package var autosubscribe: [NodeID] = []
  /// Whether they are let into private ones of these at once; default no.
  package var isAutosubscribeApproved = false
  /// Who hears every event, as services do that tell others; default nobody.
  package var admins: Set<JID> = []
  /// Bounds on entries.
  package var entries = EntryLimits()
  /// Bounds on what one answer or one user takes.
  package var limits = Limits()
  /// How passwords are kept and checked.
  package var passwords = Passwords()
  /// How long events are kept.
  package var retention = Retention()
  /// How often events of other processes over the same store are looked for; default 2 seconds.
  package var foreignCommitInterval = Duration.seconds(2)
  /// Called with an event's sequence after its commit, before relays and the publisher hear of it: where a test can end
  /// the process. Default `nil`.
  package var afterCommitBeforeRelay: (@Sendable (_ sequence: Int64) -> Void)?

  /// The defaults for a domain.
  package init(domain: String = "localhost") {
    self.domain = domain
    topicsDomain = "topics.\(domain)"
    channelsDomain = "channels.\(domain)"
  }

  /// What new nodes are. In texts `%jid%` is the channel, `%local%` its name before the `@`, `%node%` the node's name.
  package struct NodeDefaults: Sendable {
    /// Default `open`.
    package var accessModel = AccessModel.open
    /// Exceptions, by node name, such as `geo/current`; default none.
    package var overrides: [String: NodeOverride] = [:]
    /// What followers of a personal channel are: `member` (default) or `publisher`.
    package var personalAffiliation = Affiliation.member
    /// What followers of a topic channel are: `member` or `publisher` (default), so that they can post.
    package var topicAffiliation = Affiliation.publisher
    /// Title of a personal channel.
    package var personalTitle = "%jid%'s very own buddycloud channel"
    /// Its description; default empty, since the title says all that is known.
    package var personalDescription = ""
    /// Title of a topic channel; its description is empty.
    package var topicTitle = "%local%"
    /// Title of other nodes; their description is empty.
    package var nodeTitle = "%jid% %node%"
    /// The nodes that a registered user gets.
    package var personalNodes = ["posts", "status", "subscriptions", "geo/previous", "geo/current", "geo/next"]
    package init() {}
  }

  /// What is different with nodes of one name; `nil` where nothing is.
  package struct NodeOverride: Sendable {
    package var accessModel: AccessModel?
    /// `member` or `publisher`.
    package var affiliation: Affiliation?
    package var title: String?
    package var description: String?

    package init(
      accessModel: AccessModel? = nil, affiliation: Affiliation? = nil, title: String? = nil,
      description: String? = nil
    ) {
      self.accessModel = accessModel
      self.affiliation = affiliation
      self.title = title
      self.description = description
    }
  }

  /// What is written down for those who hear over XMPP.
  package struct Announcements: Sendable {
    /// Whether anybody does; default yes. Without, followers' queues hold entries only.
    package var isEnabled = true
    /// In a node with more local followers than so many, a change of one follower is told to moderators and to other servers,
    /// not to each follower; default 1000. A channel of a hundred thousand would otherwise write as many rows for each newcomer.
    package var maxListeners = 1000
    package init() {}
  }

  /// Bounds on what one answer or one user takes.
  package struct Limits: Sendable {
    /// Entries in a page where none is asked for; default 50.
    package var defaultPage = 50
    /// Threads in a page where none is asked for; default 15.
    package var defaultThreadPage = 15
    /// The most in a page, whatever is asked for; default 100.
    package var maxPage = 100
    /// Replies of one thread in a page of threads, the newest; default 200.
    package var maxThreadReplies = 200
    /// Entries in a recent-items answer; default 5000.
    package var maxRecentEntries = 5000
    /// Members in a node's list; default 10,000.
    package var maxMembers = 10_000
    /// Nodes that one user is subscribed to; default 10,000.
    package var maxSubscriptions = 10_000
    /// Channels that one user owns; default 1000.
    package var maxOwnedChannels = 1000
    /// Nodes of one channel; default 100.
    package var maxNodes = 100
    /// Bytes of a node's name; default 200.
    package var maxNodeNameBytes = 200
    /// Characters of a title; default 128. Longer ones are cut.
    package var maxTitleCharacters = 128
    /// Characters of a description; default 1024. Longer ones are cut.
    package var maxDescriptionCharacters = 1024
    /// Fields of a node's configuration that this server doesn't know; default 32.
    package var maxConfigurationFields = 32
    /// Bytes of all of these; default 8192.
    package var maxConfigurationBytes = 8192
    /// Items in one retraction, and ids in one question for items; default 100.
    package var maxItems = 100
    /// Nodes in a list of the greatest; default 10.
    package var maxRankedNodes = 10
    /// How old such a list may be; default one minute.
    package var rankingLifetime = Duration.seconds(60)
    /// Bytes of a search text; default 256.
    package var maxSearchBytes = 256
    /// How far into a search one may page; default 10,000.
    package var maxSearchOffset = 10_000
    /// Events in a part of a queue; default 1000.
    package var maxEvents = 1000
    package init() {}
  }

  /// How passwords are kept and checked.
  package struct Passwords: Sendable {
    /// Rounds of PBKDF2 for new passwords; default 100,000, at least 10,000.
    package var iterations = 100_000
    /// Computations at the same time, each on a thread; default 2.
    package var maxConcurrent = 2
    /// Computations that wait; default 256. Beyond it logins fail with `resourceConstraint`.
    package var maxWaiting = 256
    /// Proven passwords that are remembered (as a keyed hash); default 10,000, 0 for none.
    package var cacheSize = 10_000
    /// How long; default 5 minutes.
    package var cacheLifetime = Duration.seconds(300)
    package init() {}
  }

  /// How long events are kept.
  package struct Retention: Sendable {
    /// Default 7 days.
    package var age = Duration.seconds(7 * 24 * 3600)
    /// Default 1,000,000.
    package var maxEvents = 1_000_000
    /// How long it is known that an entry was taken back; default 90 days.
    package var tombstoneAge = Duration.seconds(90 * 24 * 3600)
    /// How often old ones are removed; default 10 minutes.
    package var interval = Duration.seconds(600)
    package init() {}
  }
}
