import HTTPTypes

/// What may stand in a header field, and in the names that travel in one.
enum FieldText {
  /// Whether the text holds a control character (also TAB, DEL): what a channel name or an id may never hold.
  static func hasControls(_ text: String) -> Bool {
    text.utf8.contains { $0 < 0x20 || $0 == 0x7F }
  }

  /// Whether the text may be a field's value or a reason: no control character but TAB (RFC 9110 §5.5).
  ///
  /// `HTTPField` replaces what it does not like with blanks; we refuse it, so that nobody's header is changed unseen.
  static func isFieldValue(_ text: String) -> Bool {
    !text.utf8.contains { ($0 < 0x20 && $0 != 0x09) || $0 == 0x7F }
  }

  /// Bytes without the blanks around them.
  static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var bytes = bytes
    while let first = bytes.first, isBlank(first) { bytes.removeFirst() }
    while let last = bytes.last, isBlank(last) { bytes.removeLast() }
    return bytes
  }

  /// Text without the blanks around it.
  static func trimmed(_ text: String) -> String {
    guard let first = text.utf8.first, let last = text.utf8.last, isBlank(first) || isBlank(last) else { return text }
    return String(decoding: trimmed(Array(text.utf8)[...]), as: UTF8.self)
  }

  /// Space or TAB.
  static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  /// Text that can stand unquoted where a parameter's value is read: not empty, no delimiter, no blanks around it.
  static func isPlain(_ text: String) -> Bool {
    guard let first = text.utf8.first, let last = text.utf8.last, !isBlank(first), !isBlank(last) else { return false }
    return !text.utf8.contains { $0 == UInt8(ascii: ";") || $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") }
  }

  /// A parameter's value, in quotes where it needs them.
  static func parameterValue(_ text: String) -> String {
    isPlain(text) && !text.utf8.contains(UInt8(ascii: "\\")) ? text : quoted(text)
  }

  /// Text in double quotes, `"` and `\` escaped.
  static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      if scalar == "\"" || scalar == "\\" { quoted.unicodeScalars.append("\\") }
      quoted.unicodeScalars.append(scalar)
    }
    return quoted + "\""
  }

  /// Decimal digits with an optional sign, at most a 32-bit number: what Pushpin takes as an integer in a header.
  static func integer(_ text: String) -> Int? {
    Int32(trimmed(text)).map(Int.init)
  }
}

/// What a channel name, an id and a filter may be.
enum NameRules {
  /// What is wrong with a channel's name, or `nil`.
  static func problem(channel name: String, limits: GRIPLimits) -> String? {
    if name.isEmpty { return "a channel name is empty" }
    if name.utf8.count > limits.channelNameBytes {
      return "a channel name is longer than \(limits.channelNameBytes) bytes"
    }
    return FieldText.hasControls(name) ? "a channel name holds a control character" : nil
  }

  /// What is wrong with an item's id, or `nil`. An id comes back to the origin in `Grip-Last`.
  static func problem(id: String, limits: GRIPLimits) -> String? {
    if id.utf8.count > limits.idBytes { return "an id is longer than \(limits.idBytes) bytes" }
    return FieldText.hasControls(id) ? "an id holds a control character" : nil
  }

  /// What is wrong with a channel to hold, or `nil`.
  static func problem(_ channel: GRIPChannel, limits: GRIPLimits) -> String? {
    if let problem = problem(channel: channel.name, limits: limits) { return problem }
    if let id = channel.previousID, let problem = problem(id: id, limits: limits) { return problem }
    if channel.filters.count > limits.filtersPerChannel {
      return "a channel has more than \(limits.filtersPerChannel) filters"
    }
    for filter in channel.filters where filter.isEmpty || FieldText.hasControls(filter) {
      return "a filter's name is empty or holds a control character"
    }
    return nil
  }
}
