import GRIP
import HTTPTypes

/// Instructions as fields and as a document: what is read and can be written, is the same when it is read again.
enum InstructionFuzz {
  static func run(_ input: [UInt8]) {
    let (head, body) = FuzzInput.split(input)
    var fields = HTTPFields()
    for line in head.split(separator: UInt8(ascii: "\n"), maxSplits: 100) {
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")),
        let name = HTTPField.Name(String(decoding: line[..<colon], as: UTF8.self))
      else { continue }
      fields.append(
        HTTPField(name: name, value: String(decoding: line[(colon + 1)...].filter { $0 >= 0x20 }, as: UTF8.self)))
    }
    guard
      let (instruction, _) = try? GRIPInstruction.decode(status: 200, reason: nil, headers: fields, body: body),
      let written = try? instruction.headerFields()
    else { return }
    guard let again = try? GRIPInstruction.decode(status: 200, reason: nil, headers: written, body: []) else {
      fatalError("an instruction's own fields are refused: \(written)")
    }
    precondition(again.instruction.channels == instruction.channels, "other channels: \(written)")
    precondition(again.instruction.meta == instruction.meta, "other meta: \(written)")
  }
}

/// A publish as JSON: what is read, is the same when it is written and read again.
enum ItemFuzz {
  static func run(_ input: [UInt8]) {
    guard let items = try? GRIPItem.decodeBatch(input), let written = try? GRIPItem.encodeBatch(items) else { return }
    guard let again = try? GRIPItem.decodeBatch(written) else {
      fatalError("a batch of our own is refused: \(String(decoding: written, as: UTF8.self))")
    }
    precondition(again == items, "another batch: \(String(decoding: written, as: UTF8.self))")
  }
}

/// ZeroMQ messages in both forms.
enum TNetStringFuzz {
  static func run(_ input: [UInt8]) {
    if let value = try? TNetReader.read(input) {
      var written: [UInt8] = []
      value.write(to: &written)
      precondition((try? TNetReader.read(written)) != nil, "a tnetstring of our own is refused")
    }
    guard let item = try? GRIPItem.decode(message: input) else { return }
    for form in [GRIPItem.MessageForm.json, .tnetstring] {
      guard let written = try? item.message(form) else { continue }
      guard let again = try? GRIPItem.decode(message: written) else { fatalError("a message of our own is refused") }
      precondition(again == item, "another item")
    }
  }
}

/// WebSocket-over-HTTP events and control messages.
enum EventsFuzz {
  static func run(_ input: [UInt8]) {
    _ = try? GRIPControlMessage.decode(input)
    guard let events = try? GRIPWebSocketEvent.decode(input), let written = try? GRIPWebSocketEvent.encode(events)
    else {
      return
    }
    guard let again = try? GRIPWebSocketEvent.decode(written) else { fatalError("events of our own are refused") }
    precondition(again == events, "other events")
  }
}

/// How an input is cut.
enum FuzzInput {
  /// At the first zero byte.
  static func split(_ input: [UInt8]) -> (ArraySlice<UInt8>, [UInt8]) {
    guard let end = input.firstIndex(of: 0) else { return (input[...], []) }
    return (input[..<end], Array(input[(end + 1)...]))
  }
}
