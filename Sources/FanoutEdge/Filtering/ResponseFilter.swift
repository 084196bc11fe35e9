import GRIP

/// The filters of response content: the start of a stream, a response without a hold, the body of a next link.
///
/// The filters of all channels count, each once; `build-id` is the one that changes such content. There are no ids here, so
/// that an origin writes them itself: `%(news:7)I`.
/// **Spec**: GRIP proxy §13.1, §13.4.
struct ResponseFilter {
  private var reader = FormatReader()
  private let ids: BuildID

  /// Whether an instruction has such filters. The response that a long-poll gets at its time-out is not filtered.
  static func applies(to instruction: GRIPInstruction) -> Bool {
    if case .response? = instruction.hold { return false }
    return instruction.channels.contains { $0.filters.contains(MessageFilter.buildID.rawValue) }
  }

  /// The filters of an instruction.
  init(_ instruction: GRIPInstruction) {
    ids = BuildID(meta: instruction.meta, ids: [:])
  }

  /// A whole content.
  static func apply(to content: [UInt8], of instruction: GRIPInstruction) throws(FilterError) -> [UInt8] {
    guard applies(to: instruction) else { return content }
    var filter = ResponseFilter(instruction)
    var output: [UInt8] = []
    try filter.read(content, into: &output)
    try filter.end()
    return output
  }

  /// A part; what it does not complete comes with the next one.
  mutating func read(_ bytes: some Sequence<UInt8>, into output: inout [UInt8]) throws(FilterError) {
    let ids = ids
    try reader.read(bytes, into: &output) { (letter, argument) throws(FilterError) in
      try ids.directive(letter, argument)
    }
  }

  /// The content is whole.
  func end() throws(FilterError) { try reader.end() }
}
