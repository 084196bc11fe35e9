import Channels
import XMPP

extension ChannelServerConfiguration {
  /// Everything that is wrong, in words.
  package func validate() -> [String] {
    var problems: [String] = []
    for (name, value) in [
      ("domain", domain), ("topicsDomain", topicsDomain), ("channelsDomain", channelsDomain),
    ] {
      do {
        let prepared = try JID(local: nil, domain: value).domain
        if prepared != value { problems.append("\(name) is \(value); write it as \(prepared)") }
      } catch {
        problems.append("\(name): \(error.description)")
      }
    }
    if domain == topicsDomain { problems.append("domain and topicsDomain are the same; they have to differ") }
    for (name, value) in [
      ("nodes.personalAffiliation", nodes.personalAffiliation), ("nodes.topicAffiliation", nodes.topicAffiliation),
    ] where value != .member && value != .publisher {
      problems.append("\(name) is \(value.rawValue); member and publisher are accepted")
    }
    for (name, node) in nodes.overrides.sorted(by: { $0.key < $1.key }) {
      if let affiliation = node.affiliation, affiliation != .member, affiliation != .publisher {
        problems.append(
          "nodes.overrides.\(name).affiliation is \(affiliation.rawValue); member and publisher are accepted")
      }
    }
    if !nodes.personalNodes.contains("posts") { problems.append("nodes.personalNodes lacks posts") }
    if !(1...1023).contains(maxNameBytes) { problems.append("maxNameBytes is \(maxNameBytes); it is 1 to 1023") }
    if passwords.iterations < 10_000 {
      problems.append("passwords.iterations is \(passwords.iterations); it is at least 10000")
    }
    if passwords.cacheSize < 0 { problems.append("passwords.cacheSize is \(passwords.cacheSize); it is at least 0") }
    for (name, value) in counts where value < 1 {
      problems.append("\(name) is \(value); it is at least 1")
    }
    if retention.interval <= .zero { problems.append("retention.interval has to be more than nothing") }
    return problems
  }

  private var counts: [(String, Int)] {
    [
      ("limits.defaultPage", limits.defaultPage), ("limits.defaultThreadPage", limits.defaultThreadPage),
      ("limits.maxPage", limits.maxPage), ("limits.maxThreadReplies", limits.maxThreadReplies),
      ("limits.maxRecentEntries", limits.maxRecentEntries), ("limits.maxMembers", limits.maxMembers),
      ("limits.maxSubscriptions", limits.maxSubscriptions), ("limits.maxOwnedChannels", limits.maxOwnedChannels),
      ("limits.maxNodes", limits.maxNodes), ("limits.maxNodeNameBytes", limits.maxNodeNameBytes),
      ("limits.maxTitleCharacters", limits.maxTitleCharacters), ("limits.maxEvents", limits.maxEvents),
      ("limits.maxDescriptionCharacters", limits.maxDescriptionCharacters),
      ("limits.maxConfigurationFields", limits.maxConfigurationFields),
      ("limits.maxConfigurationBytes", limits.maxConfigurationBytes), ("limits.maxItems", limits.maxItems),
      ("limits.maxRankedNodes", limits.maxRankedNodes), ("announcements.maxListeners", announcements.maxListeners),
      ("limits.maxSearchBytes", limits.maxSearchBytes), ("limits.maxSearchOffset", limits.maxSearchOffset),
      ("passwords.maxConcurrent", passwords.maxConcurrent), ("passwords.maxWaiting", passwords.maxWaiting),
      ("entries.maxEntryBytes", entries.maxEntryBytes), ("retention.maxEvents", retention.maxEvents),
    ]
  }
}
