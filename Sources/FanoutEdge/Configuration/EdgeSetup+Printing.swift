import ServerKit

extension EdgeSetup {
  /// Every setting with explanation, names, default, value and where it comes from, as a `fanout.yaml` that has the same
  /// effect. Secrets are masked; at the end the routes are named.
  package func explained() -> String {
    var text = path.map { "# read from \($0)\n\n" } ?? ""
    for option in EdgeOptions.all {
      text += Self.explanation(of: option)
      if let value = option.read(settings), !value.isEmpty || option.description.kind == .list {
        let place = places[option.key].map { "  # \($0)" } ?? ""
        let line = "\(option.key): \(Self.quoted(value))\(place)\n"
        // A masked value would be one.
        text += option.description.isSecret ? "# \(line)\n" : "\(line)\n"
      } else {
        text += "# \(option.key):\n\n"
      }
    }
    let routes = readRoutes().table.routes
    text += "# \(routes.count) routes, from \(watchedFile ?? "--route"):\n"
    for route in routes {
      text += "#   \(route.id) to \(route.targets.map(\.description).joined(separator: " "))\n"
    }
    return text
  }

  /// The same without a configuration: what there is to set, with defaults.
  package static func reference() -> String {
    EdgeOptions.all.map { option in
      let defaultText = machineDependent.contains(option.key) ? nil : option.description.defaultText
      let value = defaultText.map { "\(option.key): \(quoted($0))" } ?? "# \(option.key):"
      return explanation(of: option) + value + "\n"
    }.joined(separator: "\n")
  }

  private static func explanation(of option: EdgeOption) -> String {
    let description = option.description
    var names = [description.variable(prefix: EdgeOptions.prefix)]
    for key in option.pushpinKeys {
      let parts = key.split(separator: "/", maxSplits: 1)
      names.append("[\(parts[0])] \(parts[1])")
    }
    let defaultText = description.defaultText.map { $0.isEmpty ? "empty" : $0 } ?? "none"
    return wrapped(description.help) + "# \(description.placeholder); \(names.joined(separator: "; ")); default: "
      + "\(machineDependent.contains(option.key) ? "depends on the machine" : defaultText)\n"
  }

  /// What is not the same everywhere.
  private static let machineDependent: Set<String> = ["event-loops", "limits.connections", "websocket.max-origins"]

  private static func wrapped(_ text: String) -> String {
    var lines: [String] = [""]
    for word in text.split(separator: " ") {
      let last = lines[lines.count - 1]
      if last.isEmpty {
        lines[lines.count - 1] = String(word)
      } else if last.count + word.count < 100 {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines.map { "# \($0)\n" }.joined()
  }

  private static func quoted(_ text: String) -> String {
    let isPlain =
      !text.isEmpty
      && text.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x2F
          || byte == 0x2E || byte == 0x5F || byte == 0x2D
      }
    if isPlain { return text }
    var quoted = "\""
    for character in text {
      if character == "\"" || character == "\\" { quoted.append("\\") }
      quoted.append(character)
    }
    return quoted + "\""
  }
}
