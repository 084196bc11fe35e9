import ArgumentParser
import Channels
import Foundation
import Logging
import ServerKit
import XMPP

/// `buddycloud bench-store`: how many posts a store commits durably in a second.
struct BenchStoreCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench-store",
    abstract: "Measure how many posts an empty store commits durably in a second.",
    discussion:
      "A post is what the channel server does for one: it looks at the node and the author's membership, writes "
      + "the entry, and an event into four queues. Each writer waits for its commit before the next post.")

  @Option(
    help:
      "As the server's --store: sqlite:FILE or a PostgreSQL database. It must be empty; what is measured stays there.")
  var store: String
  @Option(help: "How many write at once, separated by commas.")
  var writers = "1,10,100"
  @Option(help: "How long each number of writers is measured, in seconds.")
  var seconds = 5

  private static let node = NodeID(channel: JID(prepared: "bench@localhost"), name: "posts")

  func run() async throws {
    let counts = writers.split(separator: ",").compactMap { Int($0) }
    guard !counts.isEmpty, counts.allSatisfy({ 1...10_000 ~= $0 }), 1...3600 ~= seconds else {
      throw ValidationError("--writers is a list of numbers from 1 to 10000, --seconds from 1 to 3600")
    }
    let values = ConfigurationValues(arguments: ["--store", store], environment: [:])
    do {
      let opened = try StorePlace(values).open(Logger(label: "buddycloud"))
      try await Self.prepare(opened)
      print("writers  posts/s  ms median  ms 99 %")
      for count in counts {
        let times = try await measure(opened, writers: count)
        let sorted = times.sorted()
        print(
          String(
            format: "%7d  %7.0f  %9.2f  %7.2f", count, Double(sorted.count) / Double(seconds),
            Self.quantile(0.5, sorted), Self.quantile(0.99, sorted)))
      }
    } catch let problem as ConfigurationProblem {
      Standard.error(problem.description)
      throw ExitCode(1)
    } catch let error as ChannelError {
      Standard.error(error.description)
      throw ExitCode(1)
    }
  }

  private static func prepare(_ store: any ChannelStore) async throws {
    let isEmpty = try await store.read { try $0.outboxHead() == 0 && $0.accounts(after: nil, max: 1).isEmpty }
    guard isEmpty else { throw ChannelError(.conflict, "the store is not empty: name one that nobody uses") }
    try await store.write { store in
      try store.insert(
        node,
        NodeMetadata(
          title: "", description: "", accessModel: .open, defaultAffiliation: .publisher, channelType: .topic,
          creationDate: Timestamp(milliseconds: 0)))
      try store.set(
        StoredMembership(
          Membership(node: node, user: node.channel, affiliation: .owner, subscription: .subscribed)))
    }
  }

  /// How long each post took, in milliseconds.
  private func measure(_ store: any ChannelStore, writers: Int) async throws -> [Double] {
    let end = ContinuousClock.now + .seconds(seconds)
    return try await withThrowingTaskGroup(of: [Double].self) { group in
      for _ in 0..<writers {
        group.addTask {
          var times: [Double] = []
          while ContinuousClock.now < end {
            let took = try await ContinuousClock().measure { try await Self.post(to: store) }
            times.append(Double(took.components.seconds) * 1000 + Double(took.components.attoseconds) / 1e15)
          }
          return times
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
  }

  private static func post(to store: any ChannelStore) async throws {
    let id = UUID().uuidString
    let entry = Entry(
      id: id, node: node, author: node.channel, published: Timestamp(milliseconds: 1),
      updated: Timestamp(milliseconds: 1), title: nil, content: "It was the nightingale, and not the lark",
      inReplyTo: nil, media: [],
      xml: XMLElement(
        "entry", namespace: Namespaces.atom,
        children: [
          .element(XMLElement("content", namespace: Namespaces.atom, text: "It was the nightingale, and not the lark"))
        ]))
    try await store.write { store in
      guard try store.metadata(of: node) != nil, try store.membership(of: node.channel, in: node) != nil else { return }
      try store.insert(entry, rated: nil)
      _ = try store.append(
        .published(entry), of: node, time: entry.published,
        to: [.anonymous, .node(node), .user(node.channel), .remote(domain: "example.com")])
    }
  }

  private static func quantile(_ part: Double, _ sorted: [Double]) -> Double {
    sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))]
  }
}
