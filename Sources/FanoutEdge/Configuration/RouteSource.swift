/// Where routes are read from, as often as they change.
struct RouteSource: Sendable {
  private enum Kind: Sendable {
    case lines([String])
    case file(String)
    case yaml(String)
  }

  private let kind: Kind

  /// The command line's.
  init(lines: [String]) { kind = .lines(lines) }
  /// A routes file's.
  init(file: String) { kind = .file(file) }
  /// Those in a `fanout.yaml`.
  init(yaml path: String) { kind = .yaml(path) }

  /// Whether there are none.
  var isEmpty: Bool {
    if case .lines(let lines) = kind { return lines.isEmpty }
    return false
  }

  /// The file; `nil` for those of the command line.
  var file: String? {
    switch kind {
    case .lines: nil
    case .file(let path), .yaml(let path): path
    }
  }

  /// Reads the routes, now. A line with a problem is left out and named; no usable route at all is an error.
  func read() -> (table: RouteTable, notes: [ConfigurationNote]) {
    let file = file ?? ""
    let parser = RouteParser(
      readFile: { try SystemFile.read(SystemFile.path($0, besides: file)) },
      resolve: { SystemFile.path($0, besides: file) })
    var notes: [ConfigurationNote] = []
    let reading: RouteParser.Reading
    switch kind {
    case .lines(let lines):
      if lines.isEmpty { return (RouteTable([]), []) }
      reading = parser.read(lines: lines, source: "--route")
    case .file(let path):
      do {
        reading = parser.read(text: String(decoding: try SystemFile.read(path), as: UTF8.self), source: path)
      } catch {
        return (RouteTable([]), [ConfigurationNote(.error, source: path, text: "\(error)")])
      }
    case .yaml(let path):
      let configuration = FanoutConfiguration(path: path)
      notes = configuration.notes.filter { $0.gravity == .error }
      reading = parser.read(numbered: configuration.routes ?? [], source: path)
    }
    notes += reading.problems.map { problem in
      ConfigurationNote(
        .warning, source: problem.source, line: problem.line,
        // What stands in a map has no columns of a line.
        column: isMap ? nil : problem.column,
        text: problem.isLeftOut ? "\(problem.text); the line is left out" : problem.text)
    }
    if reading.table.routes.isEmpty {
      notes.append(ConfigurationNote(.error, source: self.file ?? "--route", text: "there is no usable route"))
    }
    return (reading.table, notes)
  }

  private var isMap: Bool {
    if case .yaml = kind { return true }
    return false
  }
}
