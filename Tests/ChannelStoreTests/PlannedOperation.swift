import Channels
import Testing
import XMPP

/// An operation whose statements are explained.
struct PlannedOperation: Sendable {
  let name: String
  /// Whether it reads a part of something long, in an order that an index has to have.
  let isPage: Bool
  let run: @Sendable (any ChannelWriter) throws -> Void

  init(_ name: String, isPage: Bool = false, _ run: @escaping @Sendable (any ChannelWriter) throws -> Void) {
    self.name = name
    self.isPage = isPage
    self.run = run
  }

  /// What the operations find.
  static let prepare: @Sendable (any ChannelWriter) throws -> Void = { store in
    try store.insert(postsNode, metadata())
    try store.set(membership(alice, .owner))
    for number in 1...3 {
      let entry = entry("\(number)", at: Int64(number), replyTo: number == 2 ? "1" : nil)
      try store.insert(entry, rated: nil)
      _ = try store.append(.published(entry), of: postsNode, time: entry.updated, to: [.anonymous, .user(alice)])
    }
  }

  static let all: [PlannedOperation] = pages + others

  private static let pages: [PlannedOperation] = [
    PlannedOperation("feed page", isPage: true) { _ = try $0.entries(of: postsNode, page: PageRequest(max: 5)) },
    PlannedOperation("feed page after", isPage: true) {
      _ = try $0.entries(of: postsNode, page: PageRequest(max: 5, after: "1"))
    },
    PlannedOperation("feed page before", isPage: true) {
      _ = try $0.entries(of: postsNode, page: PageRequest(max: 5, before: "1"))
    },
    PlannedOperation("threads page", isPage: true) {
      _ = try $0.threads(of: postsNode, page: PageRequest(max: 5), maxReplies: 3)
    },
    PlannedOperation("threads page after", isPage: true) {
      _ = try $0.threads(of: postsNode, page: PageRequest(max: 5, after: "1"), maxReplies: 3)
    },
    PlannedOperation("replies", isPage: true) { _ = try $0.replies(to: "1", of: postsNode, page: PageRequest(max: 5)) },
    PlannedOperation("replies after", isPage: true) {
      _ = try $0.replies(to: "1", of: postsNode, page: PageRequest(max: 5, after: "2"))
    },
    PlannedOperation("recent", isPage: true) {
      _ = try $0.recentEntries(of: postsNode, since: Timestamp(milliseconds: 0), max: 5)
    },
    PlannedOperation("queue read", isPage: true) { _ = try $0.events(in: .anonymous, after: 0, max: 5) },
    PlannedOperation("items", isPage: true) {
      _ = try $0.items(of: postsNode, query: ItemQuery(page: PageRequest(max: 5), includesTombstones: true))
    },
    PlannedOperation("items after", isPage: true) {
      _ = try $0.items(of: postsNode, query: ItemQuery(page: PageRequest(max: 5, after: "1"), isParentOnly: true))
    },
    PlannedOperation("updated", isPage: true) {
      _ = try $0.updatedEntries(
        of: postsNode, since: Timestamp(milliseconds: 0), after: nil, isParentOnly: false, max: 5)
    },
    PlannedOperation("updated after", isPage: true) {
      let position = TimelinePosition(updated: Timestamp(milliseconds: 3), id: "3")
      _ = try $0.updatedEntries(
        of: postsNode, since: Timestamp(milliseconds: 0), after: position, isParentOnly: true, max: 5)
    },
    PlannedOperation("archive", isPage: true) {
      _ = try $0.archive([.anonymous], from: Timestamp(milliseconds: 1), to: nil, max: 5)
    },
    PlannedOperation("advertised", isPage: true) {
      _ = try $0.advertisedNodes(domains: ["example.com"], page: PageRequest(max: 5))
    },
    PlannedOperation("members page", isPage: true) {
      _ = try $0.members(of: postsNode, scope: .all, page: PageRequest(max: 5, after: "b@example.com"))
    },
  ]

  private static let others: [PlannedOperation] = [
    PlannedOperation("by author") { _ = try $0.entries(by: alice, max: 5) },
    PlannedOperation("rating") { _ = try $0.hasRating(by: alice, of: "1", in: postsNode) },
    PlannedOperation("outbox read") { _ = try $0.outbox(after: 0, maxEvents: 5) },
    PlannedOperation("append") {
      _ = try $0.append(.retracted(id: "1"), of: postsNode, time: Timestamp(milliseconds: 1), to: [.anonymous])
    },
    PlannedOperation("owners") { _ = try $0.owners(of: postsNode) },
    PlannedOperation("membership") { _ = try $0.membership(of: alice, in: postsNode) },
    PlannedOperation("memberships") { _ = try $0.memberships(of: alice) },
    PlannedOperation("subscription count") { _ = try $0.subscriptionCount(of: alice) },
    PlannedOperation("owned channels") { _ = try $0.ownedChannels(of: alice) },
    PlannedOperation("nodes") { _ = try $0.nodes(of: alice) },
    PlannedOperation("account") { _ = try $0.account(alice) },
    PlannedOperation("insert entry") { try $0.insert(entry("9", at: 1), rated: nil) },
    PlannedOperation("bump") { try $0.bump("1", of: postsNode, to: Timestamp(milliseconds: 5)) },
    PlannedOperation("clear queues") { try $0.clearQueues(of: alice) },
    PlannedOperation("prune") { _ = try $0.prune(EventRetention(before: Timestamp(milliseconds: 3), maxEvents: 1)) },
    PlannedOperation("item count") { _ = try $0.itemCount(of: postsNode, query: ItemQuery()) },
    PlannedOperation("reply count") { _ = try $0.replyCount(to: "1", of: postsNode) },
    PlannedOperation("updated count") {
      _ = try $0.updatedCount(of: postsNode, since: Timestamp(milliseconds: 0), isParentOnly: false)
    },
    PlannedOperation("listeners") { _ = try $0.listeners(of: postsNode, localDomain: "example.com") },
    PlannedOperation("moderators") { _ = try $0.moderators(of: postsNode) },
    PlannedOperation("described") { _ = try $0.describedMemberships(of: alice) },
    PlannedOperation("pending") { _ = try $0.pendingRequests(for: alice, max: 5) },
    PlannedOperation("tombstone") { _ = try $0.tombstone("1", of: postsNode) },
    PlannedOperation("replace") { try $0.replace(entry("1", at: 4)) },
    PlannedOperation("bury") { try $0.bury("2", of: postsNode, at: Timestamp(milliseconds: 5)) },
    PlannedOperation("prune tombstones") { _ = try $0.pruneTombstones(before: Timestamp(milliseconds: 9), max: 5) },
    PlannedOperation("delete entry") { try $0.deleteEntry("1", of: postsNode) },
    PlannedOperation("delete memberships") { try $0.deleteMemberships(of: bob) },
    PlannedOperation("delete node") { try $0.delete(postsNode) },
  ]
}
