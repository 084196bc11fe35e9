/// Reads routes from lines (GRIP §3).
package struct RouteParser {
  /// What the lines gave. What is left out and what is only remarked on stands in the problems.
  package struct Reading {
    package var table: RouteTable
    package var problems: [RouteProblem]
  }

  private let readFile: (String) throws -> [UInt8]
  private let targets: OriginTargetParser

  /// - Parameters:
  ///   - readFile: gives the bytes of a key file; the path is as written after `file:`.
  ///   - resolve: the path of a certificate's file from the working directory.
  package init(
    readFile: @escaping (String) throws -> [UInt8], resolve: @escaping (String) -> String = { $0 }
  ) {
    self.readFile = readFile
    targets = OriginTargetParser(isReadable: { (try? readFile($0)) != nil }, resolve: resolve)
  }

  /// Reads a whole file's text.
  package func read(text: String, source: String) -> Reading {
    read(
      lines: text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init), source: source)
  }

  /// Reads lines, numbered from 1.
  package func read(lines: [String], source: String) -> Reading {
    read(numbered: lines.enumerated().map { ($0.offset + 1, $0.element) }, source: source)
  }

  /// Reads lines that stand where their numbers say.
  package func read(numbered lines: [(number: Int, text: String)], source: String) -> Reading {
    var routes: [Route] = []
    var problems: [RouteProblem] = []
    var seen: [RouteTable.Place: Int] = [:]
    var ids: [String: Int] = [:]
    for (number, line) in lines {
      do throws(RouteFault) {
        let sections = try RouteTokenizer.sections(of: line)
        guard !sections.isEmpty else { continue }
        let (route, remarks) = try route(from: sections)
        if let first = seen[RouteTable.Place(route)] {
          throw RouteFault("the same condition as line \(first), which stays")
        }
        seen[RouteTable.Place(route)] = number
        routes.append(route)
        problems += remarks.map {
          RouteProblem(source: source, line: number, column: $0.column, text: $0.text, isLeftOut: false)
        }
        if route.hasOwnID, let first = ids.updateValue(number, forKey: route.id) {
          problems.append(
            RouteProblem(
              source: source, line: number,
              text: "line \(first) has the id \(route.id) too, so that no request can name it", isLeftOut: false))
        }
      } catch {
        problems.append(RouteProblem(source: source, line: number, column: error.column, text: error.text))
      }
    }
    return Reading(table: RouteTable(routes), problems: problems)
  }

  private func route(from sections: [RouteTokenizer.Section]) throws(RouteFault) -> (Route, [RouteFault]) {
    guard sections.count >= 2 else { throw RouteFault("must specify condition and at least one target") }
    var draft = RouteDraft()
    try draft.read(sections[0], readFile: readFile)
    var origins: [OriginTarget] = []
    for section in sections.dropFirst() {
      let (target, remarks) = try targets.target(from: section)
      origins.append(target)
      draft.remarks += remarks
    }
    return (draft.route(targets: origins), draft.remarks)
  }
}
