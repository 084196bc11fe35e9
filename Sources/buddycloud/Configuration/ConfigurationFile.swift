import Foundation
import ServerKit
import Yams

/// A YAML file as flat entries: levels joined by `.`, each with its line.
enum ConfigurationFile {
  /// Reads a file.
  static func read(_ path: String) throws(ConfigurationProblem) -> [ConfigurationValues.FileEntry] {
    let text: String
    do {
      text = try String(contentsOfFile: path, encoding: .utf8)
    } catch {
      throw ConfigurationProblem(file: path, text: "cannot be read: \(error.localizedDescription)")
    }
    return try parse(text, path: path)
  }

  /// Reads a document.
  static func parse(_ text: String, path: String) throws(ConfigurationProblem) -> [ConfigurationValues.FileEntry] {
    let root: Node?
    do {
      root = try Yams.compose(yaml: text)
    } catch let YamlError.scanner(_, problem, mark, _), let YamlError.parser(_, problem, mark, _),
      let YamlError.composer(_, problem, mark, _)
    {
      throw ConfigurationProblem(file: path, line: mark.line, text: "not YAML: \(problem)")
    } catch {
      throw ConfigurationProblem(file: path, text: "not YAML: \(error)")
    }
    // An empty file sets nothing.
    guard let root, root.null == nil else { return [] }
    guard case .mapping(let mapping) = root else {
      throw ConfigurationProblem(file: path, line: root.mark?.line, text: "must be a list of `option: value`")
    }
    return entries(of: mapping, below: "")
  }

  private static func entries(of mapping: Node.Mapping, below prefix: String) -> [ConfigurationValues.FileEntry] {
    mapping.flatMap { keyNode, value -> [ConfigurationValues.FileEntry] in
      let key = prefix + (keyNode.scalar?.string ?? "?")
      let line = keyNode.mark?.line ?? 0
      switch value {
      case .mapping(let inner): return entries(of: inner, below: key + ".")
      case .scalar(let scalar):
        return [ConfigurationValues.FileEntry(key: key, text: scalar.string, line: line)]
      case .sequence(let sequence):
        let isFlat = sequence.allSatisfy { $0.scalar != nil }
        let text = isFlat ? sequence.compactMap { $0.scalar?.string }.joined(separator: ",") : json(value)
        return [ConfigurationValues.FileEntry(key: key, text: text, line: line)]
      case .alias:
        return []
      }
    }
  }

  /// YAML as JSON, every scalar as a string (the one option that takes this has only strings).
  private static func json(_ node: Node) -> String {
    func plain(_ node: Node) -> Any {
      switch node {
      case .mapping(let mapping):
        Dictionary(mapping.map { ($0.key.scalar?.string ?? "", plain($0.value)) }) { _, last in last }
      case .sequence(let sequence): sequence.map(plain)
      case .scalar(let scalar): scalar.string
      case .alias: ""
      }
    }
    let data = try? JSONSerialization.data(withJSONObject: plain(node), options: [.sortedKeys])
    return data.map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
}
