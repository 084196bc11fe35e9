import ServerKit

/// An edge as a `fanout.yaml` describes it: every `EdgeOption` by its name, and the routes.
///
/// **Shape**: `a.b` may also be written as `b` below `a`; case, `-` and `_` make no difference. `routes` is a list: of lines
/// as in a routes file, or of maps with `host`, `targets` and the properties of §3.3.
package struct FanoutConfiguration: Sendable {
  /// All that can be said of an edge.
  package var settings = EdgeSettings()
  /// What its owner should read.
  package var notes: [ConfigurationNote] = []
  /// Where the settings stand that the file says, by name.
  package var places: [String: String] = [:]
  /// The routes as lines of a routes file, each with the number of its own line; `nil` where the file has none.
  package var routes: [(number: Int, text: String)]?

  /// Reads a file.
  ///
  /// - Parameter readFile: gives a file's bytes.
  package init(path: String, readFile: @escaping (String) throws -> [UInt8] = { try SystemFile.read($0) }) {
    do {
      let text = String(decoding: try readFile(path), as: UTF8.self)
      do throws(YAMLNode.Fault) {
        guard case .map(let entries, _) = try YAMLReader.read(text) else {
          throw YAMLNode.Fault(line: 1, text: "the file is no map of settings")
        }
        take(entries, prefix: "", source: path, readFile: readFile)
      } catch {
        notes.append(ConfigurationNote(.error, source: path, line: error.line, text: error.text))
      }
    } catch {
      notes.append(ConfigurationNote(.error, source: path, text: "\(error)"))
    }
    if settings.server.edge.signatureKey != nil, settings.server.edge.signatureIssuer.isEmpty {
      settings.server.edge.signatureIssuer = "pushpin"
    }
  }

  private mutating func take(
    _ entries: [YAMLNode.Entry], prefix: String, source: String, readFile: @escaping (String) throws -> [UInt8]
  ) {
    for entry in entries {
      let name = prefix + entry.key
      if name == "routes" {
        takeRoutes(entry.value, source: source)
        continue
      }
      if case .map(let inner, _) = entry.value {
        take(inner, prefix: name + ".", source: source, readFile: readFile)
        continue
      }
      guard let option = EdgeOptions.named(name) else {
        let suggestion = NearestName.find(name, among: EdgeOptions.all.map(\.key) + ["routes"])
        note(entry.line, source, "there is no setting \(name)" + (suggestion.map { "; did you mean \($0)?" } ?? ""))
        continue
      }
      guard let text = text(of: entry.value, option: option, source: source) else { continue }
      places[option.key] = "\(source):\(entry.line)"
      let input = EdgeOption.Input(text: text, source: source, readFile: readFile)
      if let fault = option.apply(input, isPushpin: false, to: &settings) {
        notes.append(
          ConfigurationNote(fault.gravity, source: source, line: entry.line, text: "\(option.key): \(fault.text)"))
      }
    }
  }

  /// The text of a value; `nil` where it has the wrong form, which is noted, or says nothing.
  private mutating func text(of node: YAMLNode, option: EdgeOption, source: String) -> String? {
    switch node {
    case .scalar(let text, _):
      return text.isEmpty && option.description.kind != .text && option.description.kind != .list ? nil : text
    case .list(let items, let line):
      var texts: [String] = []
      for item in items {
        guard option.description.kind == .list, case .scalar(let text, _) = item, !text.contains(",") else {
          note(line, source, "\(option.key) is no list" + (option.description.kind == .list ? " of such" : ""))
          return nil
        }
        texts.append(text)
      }
      return texts.joined(separator: ",")
    case .map: return nil
    }
  }

  private mutating func takeRoutes(_ node: YAMLNode, source: String) {
    guard case .list(let items, _) = node else {
      return note(node.line, source, "routes is a list: of lines as in a routes file, or of maps")
    }
    var lines: [(number: Int, text: String)] = []
    for item in items {
      do throws(YAMLNode.Fault) {
        lines.append((item.line, try RouteLine.text(of: item)))
      } catch {
        note(error.line, source, error.text)
      }
    }
    routes = lines
  }

  private mutating func note(_ line: Int, _ source: String, _ text: String) {
    notes.append(ConfigurationNote(.error, source: source, line: line, text: text))
  }
}

/// A route of a `fanout.yaml` as a line of a routes file.
enum RouteLine {
  /// The line.
  static func text(of node: YAMLNode) throws(YAMLNode.Fault) -> String {
    switch node {
    case .scalar(let text, _): return text
    case .list(_, let line): throw YAMLNode.Fault(line: line, text: "a route is a line or a map")
    case .map(let entries, let line):
      var condition = "*"
      var properties: [String] = []
      var targets: [String] = []
      for entry in entries {
        switch name(entry.key) {
        case "host": condition = try quoted(scalar(entry.value, of: "host"))
        case "target", "targets":
          for target in items(entry.value) { targets.append(try Self.target(target)) }
        default: properties += try property(entry)
        }
      }
      guard !targets.isEmpty else { throw YAMLNode.Fault(line: line, text: "a route has targets") }
      return ([([condition] + properties).joined(separator: ",")] + targets).joined(separator: " ")
    }
  }

  /// `localhost:8080,over_http`, or a map with `address` and properties.
  private static func target(_ node: YAMLNode) throws(YAMLNode.Fault) -> String {
    guard case .map(let entries, let line) = node else { return try scalar(node, of: "a target") }
    var address = ""
    var properties: [String] = []
    for entry in entries {
      if name(entry.key) == "address" {
        address = try quoted(scalar(entry.value, of: "address"))
      } else {
        properties += try property(entry)
      }
    }
    guard !address.isEmpty else { throw YAMLNode.Fault(line: line, text: "a target has an address such as host:port") }
    return ([address] + properties).joined(separator: ",")
  }

  /// `name="value"`, once for each element of a list.
  private static func property(_ entry: YAMLNode.Entry) throws(YAMLNode.Fault) -> [String] {
    var result: [String] = []
    for item in items(entry.value) {
      result.append(name(entry.key) + "=" + quoted(try scalar(item, of: entry.key)))
    }
    return result
  }

  private static func items(_ node: YAMLNode) -> [YAMLNode] {
    if case .list(let items, _) = node { return items }
    return [node]
  }

  private static func scalar(_ node: YAMLNode, of name: String) throws(YAMLNode.Fault) -> String {
    guard case .scalar(let text, _) = node else { throw YAMLNode.Fault(line: node.line, text: "\(name) is a text") }
    return text
  }

  private static func name(_ key: String) -> String { key.lowercased().split(separator: "-").joined(separator: "_") }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for character in text {
      if character == "\"" || character == "\\" { result.append("\\") }
      result.append(character)
    }
    return result + "\""
  }
}
