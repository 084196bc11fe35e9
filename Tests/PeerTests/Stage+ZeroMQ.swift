import Foundation
import TestKit

/// What happens through ZeroMQ.
enum ZeroMQStep: Sendable {
  /// A message is pushed.
  case push(Message)
  /// A message is published by channel, once somebody listens to it.
  case publish(channel: String, Message)
  /// A publisher by channel connects.
  case connectPublisher
  /// The publisher hears of interest in the scenario's channels, or that it is over.
  case interest
  /// A command is sent, and its answer noted. Some have none: then the next command must be on the same socket.
  case command(Message)
  /// Statistics of one type are asked for.
  case watch(String)
  /// So many of those about the scenario are noted, in the order of their texts.
  case told(Int)

  /// What a message has in it.
  enum Message: Sendable {
    case json(String)
    /// With a `T` in front.
    case tnet(TNet)
    case bare(TNet)
    case bytes(String)
  }
}

extension Stage {
  func perform(_ step: ZeroMQStep, with proxy: any ProxyUnderTest) throws {
    let deadline = Deadline(in: patience)
    switch step {
    case .push(let message): try peer("push", .push, proxy).send([encoded(message)])
    case .connectPublisher: _ = try peer("sub", .publisherThatSees, proxy)
    case .publish(let channel, let message):
      try peer("sub", .publisherThatSees, proxy).send([Array(filled(channel).utf8), encoded(message)])
    case .interest:
      while true {
        let message = try peer("sub", .publisherThatSees, proxy).receive(deadline)[0]
        let name = String(decoding: message.dropFirst(), as: UTF8.self)
        guard name.hasPrefix(scenario.slug) else { continue }
        transcript.append("interest: \(message.first == 1 ? "+" : "-")\(name)")
        return
      }
    case .command(let message):
      let socket = try peer("command", .request, proxy)
      try socket.send([encoded(message)])
      var answer = try socket.receive(deadline).flatMap(\.self)[...]
      var words = TNet(&answer)?.words ?? "what is no value"
      for name in ["push", "sub", "command"] {
        words = words.replacingOccurrences(of: proxy.socket(name), with: "{\(name)}")
      }
      if !scenario.unforgiven.contains(.publishErrorTexts) {
        words.replace(#/Invalid format: [^”]*/#, with: "Invalid format: …")
      }
      transcript.append("command → " + normal.replaced(words))
    case .watch(let type): try watch(type, proxy, deadline)
    case .told(let count): try noteStatistics(count, deadline)
    }
  }

  /// Asks for statistics, and waits until some come: what is told before the proxy knows that is lost. Every request is
  /// activity, which is told within a moment.
  private func watch(_ type: String, _ proxy: any ProxyUnderTest, _ deadline: Deadline) throws {
    let socket = try ZeroMQPeer(.subscriber, to: proxy.socket("stats"), topics: ["activity ", "\(type) "])
    peers["stats"] = socket
    while true {
      _ = try HTTPConnection.exchange(
        proxy.address, HTTPRequest("GET", "/probe", [("Host", "warmth.test")]))
      if (try? socket.receive(Deadline(in: min(.milliseconds(300), deadline.remaining)))) != nil { return }
      if deadline.hasPassed { throw TestFailure("no statistics are told") }
    }
  }

  private func noteStatistics(_ count: Int, _ deadline: Deadline) throws {
    guard let socket = peers["stats"] else { throw TestFailure("nothing is watched") }
    var lines: [String] = []
    while lines.count < count {
      var bytes = try socket.receive(deadline)[0][...]
      guard let blank = bytes.firstIndex(of: 32) else { continue }
      let type = String(decoding: bytes[..<blank], as: UTF8.self)
      bytes = bytes[(blank + 2)...]
      guard type != "activity", var value = TNet(&bytes), value.words.contains(scenario.slug) else { continue }
      value["from"] = value["from"].map { _ in "…" }
      if case .text(let id)? = value["id"] { noteConnectionID(id[...]) }
      lines.append("told: \(type) " + normal.replaced(value.words))
    }
    transcript += lines.sorted()
  }

  private func peer(_ name: String, _ kind: ZeroMQPeer.Kind, _ proxy: any ProxyUnderTest) throws -> ZeroMQPeer {
    if let peer = peers[name] { return peer }
    let peer = try ZeroMQPeer(kind, to: proxy.socket(name))
    peers[name] = peer
    return peer
  }

  private func encoded(_ message: ZeroMQStep.Message) -> [UInt8] {
    switch message {
    case .json(let text): Array("J\(filled(text))".utf8)
    case .tnet(let value): [UInt8(ascii: "T")] + value.encoded(filled)
    case .bare(let value): value.encoded(filled)
    case .bytes(let text): bytes(filled(text))
    }
  }
}
