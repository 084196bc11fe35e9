import GRIP
import NIOCore
package import ServerKit

/// One setting of an edge, described once: its names, what it accepts, what it is for, and where it is kept.
///
/// What `fanout.yaml`, `pushpin.conf`, the environment, `print-config` and docs/configuration.md know of a setting is this.
package struct EdgeOption: Sendable {
  /// A setting's text on its way in.
  struct Input {
    var text: String
    /// The file that it stands in, for paths beside it.
    var source: String
    /// The key of `pushpin.conf` that it stands behind, without its section; `nil` where it came another way.
    var pushpinKey: String?
    let readFile: (String) throws -> [UInt8]

    /// Whether it is a key of Pushpin's in `pushpin.conf`, and not one of `[fanout]` or elsewhere.
    var isPushpin: Bool { pushpinKey != nil }

    /// Elements of a comma-separated list, trimmed, without empty ones.
    var list: [String] { text.split(separator: ",").map { String($0.trimmingBlanks()) }.filter { !$0.isEmpty } }
  }

  /// Why a text was not taken; or what its owner should know although it was.
  struct Fault: Error {
    var text: String
    var gravity = ConfigurationNote.Gravity.error
  }

  /// Name in `fanout.yaml` and in `[fanout]` of a `pushpin.conf`, explanation, kind.
  package var description: ConfigurationOption
  /// Names in `pushpin.conf`, `section/key`.
  package var pushpinKeys: [String] = []
  /// The unit of a bare number in `pushpin.conf`: `s` or `ms` for times, empty otherwise.
  var pushpinUnit = ""
  let read: @Sendable (EdgeSettings) -> String?
  let write: @Sendable (inout EdgeSettings, Input) throws(Fault) -> Fault?

  /// An option.
  ///
  /// - Parameters:
  ///   - read: its text in effect; `nil` where it is not set.
  ///   - write: takes a text that fits the kind. Returns what its owner should know.
  init(
    _ key: String, _ placeholder: String, _ kind: ConfigurationOption.Kind, isSecret: Bool = false,
    pushpin: [String] = [], unit: String = "", _ help: String,
    read: @escaping @Sendable (EdgeSettings) -> String?,
    write: @escaping @Sendable (inout EdgeSettings, Input) throws(Fault) -> Fault?
  ) {
    let defaultText = isSecret ? nil : read(EdgeSettings())
    description = ConfigurationOption(key, placeholder, kind, default: defaultText, isSecret: isSecret, help)
    pushpinKeys = pushpin
    pushpinUnit = unit
    self.read = read
    self.write = write
  }

  /// The name.
  package var key: String { description.key }

  /// Takes a text over. Returns what is wrong with it, or what its owner should know.
  func apply(_ input: Input, isPushpin: Bool, to settings: inout EdgeSettings) -> Fault? {
    var input = input
    if isPushpin, !pushpinUnit.isEmpty, Int(input.text) != nil { input.text += pushpinUnit }
    // What Pushpin leaves empty is not said.
    if isPushpin, input.text.isEmpty, description.kind != .text, description.kind != .list { return nil }
    if let problem = description.problem(with: input.text) { return Fault(text: problem) }
    do throws(Fault) { return try write(&settings, input) } catch { return error }
  }

  // MARK: Kinds

  typealias Path<Value> = WritableKeyPath<EdgeSettings, Value> & Sendable

  /// A whole number.
  static func count(
    _ key: String, _ path: any Path<Int>, _ range: ClosedRange<Int>, pushpin: String..., help: String
  ) -> EdgeOption {
    EdgeOption(
      key, "N", .count(range), pushpin: pushpin, help, read: { String($0[keyPath: path]) },
      write: { settings, input throws(Fault) in
        settings[keyPath: path] = Int(input.text) ?? settings[keyPath: path]
        return nil
      })
  }

  /// A number of bytes.
  static func bytes(
    _ key: String, _ path: any Path<Int>, _ range: ClosedRange<Int>, pushpin: String..., help: String
  ) -> EdgeOption {
    EdgeOption(
      key, "SIZE", .bytes(range), pushpin: pushpin, help, read: { ByteCount($0[keyPath: path]).description },
      write: { settings, input throws(Fault) in
        settings[keyPath: path] = ByteCount(input.text)?.bytes ?? settings[keyPath: path]
        return nil
      })
  }

  /// A time kept as NIO has it.
  static func time(
    _ key: String, _ path: any Path<TimeAmount>, _ range: ClosedRange<Duration>, pushpin: String..., unit: String = "s",
    help: String
  ) -> EdgeOption {
    EdgeOption(
      key, "TIME", .duration(range), pushpin: pushpin, unit: unit, help,
      read: { Duration.nanoseconds($0[keyPath: path].nanoseconds).text },
      write: { settings, input throws(Fault) in
        guard let time = Duration(text: input.text) else { return nil }
        settings[keyPath: path] = .milliseconds(time.wholeMilliseconds)
        return nil
      })
  }

  /// A time.
  static func duration(
    _ key: String, _ path: any Path<Duration>, _ range: ClosedRange<Duration>, pushpin: String..., unit: String = "s",
    help: String
  ) -> EdgeOption {
    EdgeOption(
      key, "TIME", .duration(range), pushpin: pushpin, unit: unit, help, read: { $0[keyPath: path].text },
      write: { settings, input throws(Fault) in
        settings[keyPath: path] = Duration(text: input.text) ?? settings[keyPath: path]
        return nil
      })
  }

  /// `true` or `false`.
  static func flag(_ key: String, _ path: any Path<Bool>, pushpin: String..., help: String) -> EdgeOption {
    EdgeOption(
      key, "true|false", .bool, pushpin: pushpin, help, read: { String($0[keyPath: path]) },
      write: { settings, input throws(Fault) in
        settings[keyPath: path] = input.text == "true"
        return nil
      })
  }

  /// Any text.
  static func text(_ key: String, _ placeholder: String, _ path: any Path<String>, pushpin: String..., help: String)
    -> EdgeOption
  {
    EdgeOption(
      key, placeholder, .text, pushpin: pushpin, help, read: { $0[keyPath: path] },
      write: { settings, input throws(Fault) in
        settings[keyPath: path] = input.text
        return nil
      })
  }

  /// Texts separated by commas.
  static func list(_ key: String, _ placeholder: String, _ path: any Path<[String]>, pushpin: String..., help: String)
    -> EdgeOption
  {
    EdgeOption(
      key, placeholder, .list, pushpin: pushpin, help, read: { $0[keyPath: path].joined(separator: ", ") },
      write: { settings, input throws(Fault) in
        settings[keyPath: path] = input.list
        return nil
      })
  }

  /// A key: text, `base64:…`, or `file:` with a path beside the configuration file.
  static func key(_ key: String, _ path: any Path<GRIPKey?>, pushpin: String..., help: String) -> EdgeOption {
    EdgeOption(
      key, "KEY", .text, isSecret: true, pushpin: pushpin, help,
      read: { $0[keyPath: path] == nil ? nil : "******" },
      write: { settings, input throws(Fault) in
        settings[keyPath: path] = input.text.isEmpty ? nil : try parseKey(input)
        guard input.text == "changeme" else { return nil }
        return Fault(
          text: "ANYBODY can sign with 'changeme': replace it here and in the origins", gravity: .warning)
      })
  }

  /// A key's text as a key.
  static func parseKey(_ input: Input) throws(Fault) -> GRIPKey? {
    do throws(GRIPDecodingError) {
      return try GRIPKey.parse(input.text) { try input.readFile(SystemFile.path($0, besides: input.source)) }
    } catch {
      throw Fault(text: error.description)
    }
  }
}
