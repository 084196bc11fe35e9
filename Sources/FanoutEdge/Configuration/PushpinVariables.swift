/// `{rundir}`, `{ipc_prefix}` and `{libdir}` in the values of a `pushpin.conf` (GRIP §22.1).
struct PushpinVariables {
  /// Where Debian keeps Pushpin's own files.
  static let libraryDirectory = "/usr/lib/pushpin"

  private let values: [(name: String, value: String)]

  /// - Parameters:
  ///   - entries: the settings of the file by `section/key`.
  ///   - path: the file; a relative `rundir` is beside it.
  ///   - instance: more than 0: it takes the place of `ipc_prefix`.
  init(_ entries: [String: INIFile.Entry], path: String, instance: Int) {
    let directory = entries["global/rundir"] ?? entries["runner/rundir"]
    let prefix = instance > 0 ? "\(instance)-" : entries["global/ipc_prefix"]?.value ?? "pushpin-"
    values = [
      ("{rundir}", SystemFile.path(directory?.value ?? "run", besides: directory?.source ?? path)),
      ("{ipc_prefix}", prefix),
      ("{libdir}", entries["global/libdir"]?.value ?? Self.libraryDirectory),
    ]
  }

  /// The text with every variable replaced.
  func expand(_ text: String) -> String {
    var rest = text[...]
    var result = ""
    while let brace = rest.firstIndex(of: "{") {
      result += rest[..<brace]
      rest = rest[brace...]
      if let variable = values.first(where: { rest.hasPrefix($0.name) }) {
        result += variable.value
        rest = rest.dropFirst(variable.name.count)
      } else {
        result.append(rest.removeFirst())
      }
    }
    return result + rest
  }
}
