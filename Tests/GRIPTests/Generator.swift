/// Random values from a seed that a failing test names: SplitMix64.
struct Generator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Text of up to `length` characters from these.
  mutating func text(_ length: Int, from characters: String) -> String {
    let characters = Array(characters)
    return String(
      (0..<Int.random(in: 0...length, using: &self)).compactMap { _ in characters.randomElement(using: &self) })
  }

  /// Bytes of any value.
  mutating func bytes(_ length: Int) -> [UInt8] {
    (0..<Int.random(in: 0...length, using: &self)).map { _ in UInt8.random(in: 0...255, using: &self) }
  }

  mutating func bool() -> Bool { Bool.random(using: &self) }
}
