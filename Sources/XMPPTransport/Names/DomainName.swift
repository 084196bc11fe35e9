/// A domain name as DNS and certificates write it: ASCII letters, digits, hyphens and underscores, in lower case.
///
/// **Shape**: labels of 1 to 63 bytes, 253 bytes together with the dots between them; a dot at the end is dropped. Labels
/// that are not ASCII become A-labels (`xn--…`) by Punycode; that they are proper U-labels is the business of who made the
/// address (RFC 7622).
/// **Spec**: RFC 1035 §2.3, RFC 3492, RFC 5890 §2.3.
package struct DomainName: Sendable, Hashable, CustomStringConvertible {
  /// The labels with dots between them.
  package let description: String

  /// Reads a name; `nil` where it can be none.
  package init?(_ text: some StringProtocol) {
    let trimmed = text.hasSuffix(".") ? String(text.dropLast()) : String(text)
    var labels: [String] = []
    for label in trimmed.split(separator: ".", omittingEmptySubsequences: false) {
      guard let ascii = Self.ascii(label), (1...63).contains(ascii.utf8.count) else { return nil }
      labels.append(ascii)
    }
    description = labels.joined(separator: ".")
    guard description.utf8.count <= 253 else { return nil }
  }

  /// The name of a service below this one: `_xmpp-client._tcp.` and the name.
  package func service(_ prefix: String) -> DomainName? { DomainName("\(prefix).\(description)") }

  /// The labels.
  var labels: [Substring] { description.split(separator: ".") }

  private static func ascii(_ label: Substring) -> String? {
    if label.utf8.allSatisfy({ $0 < 0x80 }) {
      let lower = label.lowercased()
      let isPlain = lower.utf8.allSatisfy { byte in
        (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2d || byte == 0x5f
      }
      return isPlain ? lower : nil
    }
    return punycode(label.lowercased().unicodeScalars.map(\.value)).map { "xn--" + $0 }
  }

  /// **Spec**: RFC 3492 §6.3, with the parameters of §5.
  private static func punycode(_ input: [UInt32]) -> String? {
    var output = input.filter { $0 < 0x80 }.map { UInt8($0) }
    let basicCount = output.count
    var handled = basicCount
    if basicCount > 0 { output.append(0x2d) }
    var (n, delta, bias) = (UInt32(128), 0, 72)
    while handled < input.count {
      guard let next = input.filter({ $0 >= n }).min() else { return nil }
      let step = Int(next - n).multipliedReportingOverflow(by: handled + 1)
      // A label that comes near this is longer than 63 bytes a thousand times over.
      guard !step.overflow, step.partialValue < 1 << 40 else { return nil }
      delta += step.partialValue
      n = next
      for value in input {
        if value < n { delta += 1 }
        guard value == n else { continue }
        appendNumber(delta, bias: bias, to: &output)
        bias = adapt(delta, count: handled + 1, isFirst: handled == basicCount)
        delta = 0
        handled += 1
      }
      delta += 1
      n += 1
    }
    return String(decoding: output, as: UTF8.self)
  }

  private static func appendNumber(_ value: Int, bias: Int, to output: inout [UInt8]) {
    func digit(_ value: Int) -> UInt8 { UInt8(value < 26 ? 0x61 + value : 0x30 + value - 26) }
    var (rest, k) = (value, 36)
    while true {
      let threshold = min(max(k - bias, 1), 26)
      if rest < threshold { break }
      output.append(digit(threshold + (rest - threshold) % (36 - threshold)))
      rest = (rest - threshold) / (36 - threshold)
      k += 36
    }
    output.append(digit(rest))
  }

  private static func adapt(_ delta: Int, count: Int, isFirst: Bool) -> Int {
    var delta = isFirst ? delta / 700 : delta / 2
    delta += delta / count
    var k = 0
    while delta > (36 - 1) * 26 / 2 {
      delta /= 36 - 1
      k += 36
    }
    return k + (36 * delta) / (delta + 38)
  }
}
