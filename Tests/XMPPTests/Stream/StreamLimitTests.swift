import Testing
import XMPP

@Suite("Limits of streams") struct StreamLimitTests {
  private static let header =
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"

  /// Feeds pieces until one is refused; how many bytes were read by then, and the refusal.
  private func refusal(
    of text: String, inPiecesOf size: Int, _ change: (inout XMLLimits) -> Void = { _ in }
  ) throws -> (bytes: Int, error: StreamError)? {
    var limits = XMLLimits()
    change(&limits)
    let parser = try XMLStreamParser(limits: limits)
    let bytes = Array((Self.header + text).utf8)
    var start = 0
    while start < bytes.count {
      let end = min(start + size, bytes.count)
      do {
        try parser.feed(Array(bytes[start..<end])) { _ in }
      } catch let error as StreamError {
        return (end, error)
      }
      start = end
    }
    return nil
  }

  @Test(arguments: [1, 7, 1024, 1_000_000])
  func `a stanza may be as large as the limit, and no larger`(size: Int) throws {
    let overhead = "<a></a>".utf8.count
    let fits = "<a>" + String(repeating: "x", count: 1000 - overhead) + "</a>"
    let large = "<a>" + String(repeating: "x", count: 1001 - overhead) + "</a>"
    // Each stanza counts for itself, white space between them does not.
    let stream = fits + String(repeating: " ", count: 3000) + fits
    #expect(try refusal(of: stream, inPiecesOf: size) { $0.maxBytes = 1000 } == nil)
    let refusal = try #require(try refusal(of: fits + large, inPiecesOf: size) { $0.maxBytes = 1000 })
    #expect(refusal.error.condition == .policyViolation)
    #expect(refusal.error.text?.hasPrefix("a stanza is at most 1000 bytes") == true)
  }

  @Test(arguments: [1, 64, 1_000_000])
  func `a text that does not end is refused at the limit`(size: Int) throws {
    let text = "<a>" + String(repeating: "x", count: 20_000)
    let refusal = try #require(try refusal(of: text, inPiecesOf: size) { $0.maxBytes = 1000 })
    #expect(refusal.error.condition == .policyViolation)
    if size < 1000 { #expect(refusal.bytes <= Self.header.utf8.count + 1001 + size) }
  }

  @Test(arguments: [1, 64, 1_000_000])
  func `a tag, finished or not, is bounded`(size: Int) throws {
    let attribute = String(repeating: ">", count: 5000)
    let name = String(repeating: "n", count: 5000)
    for text in ["<a b='\(attribute)'/>", "<a b='\(attribute)", "<a \(name)", "<\(name)", "</\(name)", "&\(name)"] {
      let refusal = try #require(try refusal(of: text, inPiecesOf: size) { $0.maxTagBytes = 1000 })
      #expect([.policyViolation, .notWellFormed].contains(refusal.error.condition))
      if size < 1000 { #expect(refusal.bytes <= Self.header.utf8.count + 1001 + size) }
    }
    let fits = "<a b='" + String(repeating: ">", count: 1000 - "<a b=''/>".utf8.count) + "'/>"
    #expect(try refusal(of: fits + fits, inPiecesOf: size) { $0.maxTagBytes = 1000 } == nil)
    let over = "<a b='" + String(repeating: ">", count: 1001 - "<a b=''/>".utf8.count) + "'/>"
    #expect(try refusal(of: fits + over, inPiecesOf: size) { $0.maxTagBytes = 1000 } != nil)
  }

  @Test(arguments: [1, 1_000_000])
  func `a header, and white space before it, is bounded like a tag`(size: Int) throws {
    for text in [String(repeating: " ", count: 2000), "<stream to='" + String(repeating: "a", count: 2000)] {
      var limits = XMLLimits()
      limits.maxTagBytes = 1000
      let parser = try XMLStreamParser(limits: limits)
      let error = #expect(throws: StreamError.self) {
        for byte in text.utf8 { try parser.feed([byte]) { _ in } }
      }
      #expect(error?.condition == .policyViolation)
    }
  }

  @Test func `nesting is bounded, and what follows is not read`() throws {
    let deep = String(repeating: "<a>", count: 100_000)
    let refusal = try #require(try refusal(of: deep, inPiecesOf: 300))
    #expect(refusal.error.condition == .policyViolation)
    #expect(refusal.bytes <= Self.header.utf8.count + 65 * 3 + 300)
    let fits = String(repeating: "<a>", count: 64) + String(repeating: "</a>", count: 64)
    #expect(try self.refusal(of: fits + fits, inPiecesOf: 300) == nil)
  }

  @Test func `attributes, children and elements are bounded for each stanza`() throws {
    let two = "<a b='1' c='2'/>"
    #expect(try refusal(of: two + two, inPiecesOf: 9) { $0.maxAttributes = 2 } == nil)
    #expect(try refusal(of: "<a b='1' c='2' d='3'/>", inPiecesOf: 9) { $0.maxAttributes = 2 } != nil)
    let three = "<a>x<b/>y</a>"
    #expect(try refusal(of: three + three, inPiecesOf: 9) { $0.maxChildren = 2 } == nil)
    #expect(try refusal(of: "<a>x<b/>y<b/></a>", inPiecesOf: 9) { $0.maxChildren = 2 } != nil)
    #expect(try refusal(of: three + three, inPiecesOf: 9) { $0.maxElements = 2 } == nil)
    #expect(try refusal(of: "<a><b><c/></b></a>", inPiecesOf: 9) { $0.maxElements = 2 } != nil)
  }
}
