import GRIP

#if canImport(Glibc)
  import Glibc
#endif

/// What a run of the fuzzer tries. The environment variable `FUZZ_TARGET` names one.
enum FuzzTarget: String, CaseIterable {
  case instruction
  case routes
  case item
  case tnetstring
  case events
  case frames
  case framing
  case stream
  case stanza

  /// The one of this run.
  static let present: FuzzTarget = {
    let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
    guard let target = FuzzTarget(rawValue: name) else {
      let names = allCases.map(\.rawValue).joined(separator: ", ")
      fatalError("FUZZ_TARGET is '\(name)'; it names one of: \(names)")
    }
    return target
  }()

  /// Tries one input. What breaks a promise ends the process.
  func run(_ input: [UInt8]) {
    switch self {
    case .instruction: InstructionFuzz.run(input)
    case .routes: RoutesFuzz.run(input)
    case .item: ItemFuzz.run(input)
    case .tnetstring: TNetStringFuzz.run(input)
    case .events: EventsFuzz.run(input)
    case .frames: FramesFuzz.run(input)
    case .framing: FramingFuzz.run(input)
    case .stream: StreamFuzz.run(input)
    case .stanza: StanzaFuzz.run(input)
    }
  }
}

/// What the fuzzer calls for each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  FuzzTarget.present.run(Array(UnsafeBufferPointer(start: start, count: count)))
  return 0
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runFuzzer(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// The entry point, under the name that the package manager gives to an executable's `main`.
@_cdecl("EdgeFuzz_main")
public func fuzzMain(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt {
  var count = count
  var arguments = arguments
  return runFuzzer(&count, &arguments) { fuzzOneInput($0, $1) }
}
