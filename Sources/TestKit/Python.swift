import Foundation

/// A Python that has the packages of `scripts/python-requirements.txt`.
package enum Python {
  /// The one of `.venv`, which `make test` makes, or the system's.
  package static let path: String = {
    // Sources/TestKit/Python.swift
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let own = root.appending(path: ".venv/bin/python").path
    return FileManager.default.isExecutableFile(atPath: own) ? own : "python3"
  }()

  /// Whether there is a module of this name.
  package static func has(_ module: String) -> Bool {
    (try? Command.result(path, ["-c", "import importlib.util as i, sys; sys.exit(i.find_spec('\(module)') is None)"])
      .ending) == .exited(0)
  }
}
