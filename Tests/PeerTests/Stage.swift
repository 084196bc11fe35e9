import Foundation
import TestKit

/// A scenario on its way with one of the proxies: who speaks, and what was said.
final class Stage: @unchecked Sendable {
  let scenario: Scenario
  let side: Side
  /// Its origins; the second one only where the routes or the steps name it.
  let origin: ScriptedOrigin
  let secondOrigin: ScriptedOrigin
  var clients: [String: ScriptedClient] = [:]
  var transcript: [String] = []
  /// Sockets of ZeroMQ by what they do.
  var peers: [String: ZeroMQPeer] = [:]
  /// What stands for the ids that a proxy gave its connections.
  var connectionIDs: [(text: String, mark: String)] = []
  /// Where the proxy's log was when it began.
  private(set) var firstLogOffset = 0
  private var logOffset = 0

  /// How long anything may take on a loaded machine.
  var patience: Duration {
    // What the other one never does is not waited for as long.
    side == .pushpin && scenario.difference?.theirs.contains(" failed: ") == true ? .seconds(5) : .seconds(30)
  }

  init(_ scenario: Scenario, _ side: Side) throws {
    (self.scenario, self.side) = (scenario, side)
    let tls = scenario.isOriginSecure ? try Certificates.shared.context() : nil
    (origin, secondOrigin) = (try ScriptedOrigin(tls: tls), try ScriptedOrigin(tls: tls))
  }

  /// Its lines of the routes file.
  func routes() -> String { scenario.routes.map { filled($0) + "\n" }.joined() }

  /// The channels that are to have a listener before it begins.
  var warmChannels: [String] { scenario.isWarm ? scenario.channels.map(filled) : [] }

  /// Plays it and returns what was said.
  func play(with proxy: any ProxyUnderTest) -> String {
    firstLogOffset = proxy.log.count
    logOffset = firstLogOffset
    for step in scenario.steps {
      do {
        try perform(step, with: proxy)
      } catch {
        let reason = "\(error)".replacing(#/ within [0-9.]+ seconds/#, with: " in time")
        transcript.append("(\(step) failed: \(reason))")
        break
      }
    }
    clients.values.forEach { $0.close() }
    peers = [:]
    origin.stop()
    secondOrigin.stop()
    return transcript.joined(separator: "\n")
  }

  private func perform(_ step: Step, with proxy: any ProxyUnderTest) throws {
    let deadline = Deadline(in: patience)
    switch step {
    case .send(let text, let name):
      let text = filled(text)
      try client(name, proxy).send(text, bytes(text))
    case .answer(let text):
      try note(origin.next(within: patience, "for \(text.prefix(60))"), "origin")
      try origin.reply(bytes(filled(text)))
    case .answerAtSecond(let text):
      try note(secondOrigin.next(within: patience, "for \(text.prefix(60))"), "origin2")
      try secondOrigin.reply(bytes(filled(text)))
    case .request: try note(origin.next(within: patience, "without an answer"), "origin")
    case .reply(let text): try origin.reply(bytes(filled(text)))
    case .hangUp: origin.hangUp()
    case .held(let count): try waitForSubscriptions(side == .pushpin ? count : 1, proxy)
    case .publish(let items):
      let answer = try HTTPConnection.exchange(
        proxy.control, HTTPRequest("POST", "/publish/", body: #"{"items":[\#(filled(items))]}"#))
      guard answer.status == 200 else { throw TestFailure("publish: \(answer.status) \(answer.text)") }
    case .control(let text):
      let connection = try ScriptedClient(to: proxy.control)
      let text = filled(text)
      try connection.send(text, bytes(text))
      transcript.append("control →\n" + normal.response(try connection.response(readsBody: true, deadline)))
    case .response(let name):
      note(try client(name, proxy).response(readsBody: true, deadline), name)
    case .interim(let name): note(try client(name, proxy).interim(deadline), name)
    case .head(let name): note(try client(name, proxy).response(readsBody: false, deadline), name)
    case .body(let text, let name): note(try client(name, proxy).body(until: filled(text), deadline), name)
    case .end(let name): note(try client(name, proxy).end(deadline), name)
    case .close(let name): clients[name]?.close()
    case .secure(let server, let alpn, let name):
      guard let address = proxy.secureAddress else { throw TestFailure("these servers speak no TLS") }
      let wire = try TLSWire(client: TCPConnection(to: address), name: server.map(filled), alpn: alpn, deadline)
      transcript.append(normal.replaced("\(name): \(wire.description)"))
      clients[name] = ScriptedClient(wire)
    case .socket(let step): try perform(step, with: proxy)
    case .zeroMQ(let step): try perform(step, with: proxy)
    }
  }

  func client(_ name: String, _ proxy: any ProxyUnderTest) throws -> ScriptedClient {
    if let client = clients[name] { return client }
    let client = try ScriptedClient(to: proxy.address)
    clients[name] = client
    return client
  }

  private func waitForSubscriptions(_ count: Int, _ proxy: any ProxyUnderTest) throws {
    for _ in 0..<count {
      let mark = scenario.slug
      guard
        let end = proxy.log.endOfLine(
          from: logOffset, within: patience,
          where: { $0.contains("subscribe") && !$0.contains("unsubscribe") && $0.contains(mark) })
      else { throw TestFailure("nothing was held") }
      logOffset = end
    }
  }

  func note(_ request: ScriptedOrigin.Request, _ name: String) {
    noteConnectionID(request.head.lowercased().firstMatch(of: #/\r\nconnection-id: *([^\r]+)/#)?.output.1)
    transcript.append("→ \(name)\n" + normal.request(request))
  }

  /// Gives a new id of a connection its mark.
  func noteConnectionID(_ id: Substring?) {
    guard let id, !connectionIDs.contains(where: { $0.text == id }) else { return }
    let isUUID = id.wholeMatch(of: #/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/#) != nil
    connectionIDs.append((String(id), "{\(isUUID ? "id" : "odd id") \(connectionIDs.count + 1)}"))
  }

  func note(_ received: String, _ name: String) {
    transcript.append("→ \(name)\n" + normal.response(received))
  }

  var normal: Normal {
    Normal(
      side: side, unforgiven: scenario.unforgiven,
      replacements: [
        (origin.address.description, "{origin}"), (secondOrigin.address.description, "{origin2}"),
      ] + connectionIDs)
  }

  /// The text with the marks of `Scenario` filled in.
  func filled(_ text: String) -> String {
    guard text.contains("{") else { return text }
    let marked = text.replacingOccurrences(of: "{host}", with: scenario.host)
      .replacingOccurrences(of: "{HOST}", with: scenario.host.uppercased())
      .replacingOccurrences(of: "{origin}", with: origin.address.description)
      .replacingOccurrences(of: "{origin2}", with: secondOrigin.address.description)
      .replacingOccurrences(of: "{slug}", with: scenario.slug)
      .replacingOccurrences(of: "{accept}", with: origin.acceptValue)
      .replacingOccurrences(of: "{dead}", with: "127.0.0.1:1")
      .replacingOccurrences(of: "{c}", with: scenario.slug + "-c")
      .replacingOccurrences(of: "{d}", with: scenario.slug + "-d")
      .replacingOccurrences(of: "{e}", with: scenario.slug + "-e")
    guard let end = marked.range(of: "\r\n\r\n") else { return marked }
    return marked.replacingOccurrences(of: "{length}", with: "\(bytes(String(marked[end.upperBound...])).count)")
  }

  /// The bytes of a text, those in hexadecimal included.
  func bytes(_ text: String) -> [UInt8] {
    guard text.contains("{x") else { return Array(text.utf8) }
    var bytes: [UInt8] = []
    var rest = text[...]
    while let match = rest.firstMatch(of: #/\{x([0-9a-f]+)\}/#) {
      bytes += rest[..<match.range.lowerBound].utf8
      var digits = match.output.1
      while !digits.isEmpty {
        bytes.append(UInt8(digits.prefix(2), radix: 16) ?? 0)
        digits = digits.dropFirst(2)
      }
      rest = rest[match.range.upperBound...]
    }
    return bytes + rest.utf8
  }
}
