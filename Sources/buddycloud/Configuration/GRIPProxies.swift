import Foundation
import GRIP
import ServerKit

extension ConfigurationValues {
  /// The proxies of `grip-proxies`, as JSON or as a file that holds it.
  func gripProxies() throws(ConfigurationProblem) -> [GRIPEndpoint] {
    guard let value = value("grip-proxies") else { return [] }
    var problem = ConfigurationProblem(key: "grip-proxies", text: "")
    if case .file(let path, let line) = value.source { (problem.file, problem.line) = (path, line) }
    var json = value.text
    let isJSON = json.drop { $0 == " " || $0 == "\n" }.first.map { $0 == "[" || $0 == "{" } ?? false
    if !isJSON {
      let path = json.hasPrefix("file:") ? String(json.dropFirst(5)) : json
      do {
        json = try String(contentsOfFile: path, encoding: .utf8)
      } catch {
        problem.text = "is neither JSON nor a file that can be read: \(error.localizedDescription)"
        throw problem
      }
    }
    do {
      return try GRIPEndpoint.parse(gripProxiesJSON: json)
    } catch {
      problem.text = error.description
      throw problem
    }
  }

  /// The key of `edge.upstream-key`.
  func upstreamKey() throws(ConfigurationProblem) -> GRIPKey? {
    guard let value = value("edge.upstream-key") else { return nil }
    do {
      return try GRIPKey.parse(value.text) { path in
        try Array(Data(contentsOf: URL(fileURLWithPath: path)))
      }
    } catch {
      throw ConfigurationProblem(key: "edge.upstream-key", text: error.description)
    }
  }
}
