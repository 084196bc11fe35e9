import Testing
import XMPP

/// Inputs that nobody thought of. Each failure names its seed.
@Suite("Generated input") struct GeneratedInputTests {
  private static let documents = [
    "<a xmlns='urn:a' x='1'><b>text &amp; more</b><![CDATA[<x>]]></a>",
    "<?xml version='1.0' encoding='UTF-8'?><entry xmlns='http://www.w3.org/2005/Atom' xml:lang='de'><id/>\u{1F600}</entry>",
    "<x:a xmlns:x='urn:x' xmlns='urn:d' x:b='&#65;'><c/>\r\n\t<x:d>&lt;</x:d></x:a>",
  ]

  @Test func `a damaged document is refused, or is a tree that reads back the same`() throws {
    var generator = SeededGenerator(seed: 7)
    var accepted = 0
    for round in 0..<5000 {
      var bytes = Array(Self.documents[round % Self.documents.count].utf8)
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let position = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes[position] = UInt8.random(in: .min ... .max, using: &generator)
        case 1: bytes.remove(at: position)
        case 2: bytes.insert(Array("<>&;'\"=:!?[]x1 \n".utf8).randomElement(using: &generator) ?? 0, at: position)
        default: bytes = Array(bytes[..<position]) + bytes.suffix(Int.random(in: 0...20, using: &generator))
        }
        if bytes.isEmpty { break }
      }
      guard !bytes.isEmpty, let element = try? XMLElement.parse(bytes) else { continue }
      accepted += 1
      #expect(try XMLElement.parse(Array(element.serialized().utf8)) == element, "round \(round)")
    }
    #expect(accepted > 100)
  }

  @Test func `an address that is accepted is prepared: read again it is the same`() throws {
    var generator = SeededGenerator(seed: 11)
    let ranges: [ClosedRange<UInt32>] = [
      0x20...0x7E, 0x20...0x7E, 0x80...0x24F, 0x300...0x36F, 0x370...0x5FF, 0x600...0x6FF, 0x1E00...0x1FFF,
      0x2000...0x2FFF, 0x3000...0x30FF, 0xAC00...0xD7A3, 0xFB00...0xFFEF, 0x10400...0x1044F, 0x1F300...0x1F6FF,
    ]
    var accepted = 0
    for round in 0..<8000 {
      var text = ""
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        guard let range = ranges.randomElement(using: &generator),
          let scalar = Unicode.Scalar(UInt32.random(in: range, using: &generator))
        else { continue }
        text.unicodeScalars.append(scalar)
      }
      for address in ["\(text)@example.com", "romeo@\(text).example", "romeo@example.com/\(text)"] {
        guard let jid = try? JID(address) else { continue }
        accepted += 1
        let again = try? JID(jid.description)
        #expect(
          again?.description.unicodeScalars.elementsEqual(jid.description.unicodeScalars) == true,
          "round \(round) \(address.unicodeScalars.map { String($0.value, radix: 16) })")
      }
    }
    #expect(accepted > 1000)
  }
}
