import Foundation
import TestKit

/// A running `buddycloud channels` beside a Prosody, with data of its own.
final class ChannelsProcess {
  /// The domain of users; `channels.` and `topics.` of it are the components.
  static let domain = "montague.example"
  static let secret = "what both know"

  let prosody: ProsodyServer
  let data: TemporaryFolder
  private(set) var process: ChildProcess

  /// Starts both, with accounts whose password is `secret`.
  init(users: [String]) throws {
    var settings = ProsodyServer.Settings()
    settings.hosts = [Self.domain]
    settings.components = ["channels.\(Self.domain)": Self.secret, "topics.\(Self.domain)": Self.secret]
    prosody = try ProsodyServer(settings)
    try prosody.addUsers(users, password: "secret")
    data = try TemporaryFolder()
    process = try Self.launch(data, at: prosody.components)
    try waitUntilReady()
  }

  static func launch(
    _ data: TemporaryFolder, at components: Address, secret: String = secret
  ) throws -> ChildProcess {
    let file = try data.write("secret", secret + "\n")
    return try ChildProcess(
      try Products.path("buddycloud"),
      [
        "channels", "--domain", domain, "--data-dir", data.file("data"), "--secret", "file:\(file)",
        "--xmpp-component-port", "\(components.port)",
      ])
  }

  private func waitUntilReady() throws {
    let isReady = process.log.firstValue(within: .seconds(60)) { line in
      line.contains("buddycloud channels is ready") ? true : nil
    }
    guard isReady == true else { throw TestFailure("it is not ready\n\(process.log.tail(40))") }
  }

  /// Ends it without a word and starts it again over the same data.
  func killAndRestart() throws {
    try process.kill()
    process = try Self.launch(data, at: prosody.components)
    try waitUntilReady()
  }
}

/// A step of a conversation.
enum ConversationStep {
  /// A query, and what its answer has.
  case asks(String, _ type: String, _ xml: String, has: [String])
  /// A message that somebody gets.
  case hears(String, String)
}

extension ChannelsProcess {
  /// Plays a conversation by slixmpp.
  /// - Returns: The steps that went otherwise, in words.
  func play(_ steps: [ConversationStep], users: [String]) throws -> [String] {
    let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "xmpp_conversation.py").path
    let input: [String: Any] = [
      "port": Int(prosody.clients.port), "domain": Self.domain, "server": "channels.\(Self.domain)",
      "authority": prosody.authority.rootFile, "users": users,
      "steps": steps.map { step -> [String: String] in
        switch step {
        case .asks(let who, let type, let xml, _): ["who": who, "type": type, "xml": xml]
        case .hears(let who, let text): ["who": who, "hears": text]
        }
      },
    ]
    let text = String(decoding: try JSONSerialization.data(withJSONObject: input), as: UTF8.self)
    let output = try Command.run(Python.path, ["-u", "-W", "ignore", script], input: text, deadline: .seconds(180))
      .output
    let lines = output.split(separator: "\n").filter { $0.hasPrefix("step ") }.map {
      try? JSONSerialization.jsonObject(with: Data($0.dropFirst(5).utf8), options: .fragmentsAllowed)
    }
    guard lines.count == steps.count else { return ["\(lines.count) of \(steps.count) steps were played: \(output)"] }
    return zip(steps, lines).compactMap { step, line in
      let answer = line as? String
      switch step {
      case .asks(let who, _, let xml, let texts):
        let missing = texts.filter { answer?.contains($0) != true }
        return missing.isEmpty ? nil : "\(who) asked \(xml)\nand missed \(missing) in \(answer ?? "no answer")"
      case .hears(let who, let text): return answer == nil ? "\(who) did not hear '\(text)'" : nil
      }
    }
  }
}
