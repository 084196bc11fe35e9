import GRIP
import HTTPTypes
import Testing

/// Inputs that someone has tampered with: whatever comes out, it is a value or a typed error, and never a header with a
/// line break in it.
@Suite("Tampered input")
struct MutationTests {
  private static let documents = [
    #"{"hold":{"mode":"stream","channels":[{"name":"a","prev-id":"1","filters":["x"]}],"timeout":5,"keep-alive":"#
      + #"{"content":"\n","timeout":1},"meta":{"a":"b"}},"response":{"code":200,"reason":"OK","headers":{"A":"b"},"body":"é"}}"#,
    #"{"items":[{"channel":"c","id":"1","prev-id":"0","formats":{"http-response":{"code":200,"headers":[["A","b"]],"#
      + #""body-bin":"AP8="},"http-stream":{"content":"\ud83d\ude00"},"ws-message":{"type":"ping","content":"x"}},"size":3}]}"#,
  ]

  private static let values = [
    "room-7; prev-id=41; filter=skip-self, announcements; prev-id=\"a\\\"b\"",
    ":\\n\\n\\x41; format=cstring; timeout=20",
    "user=alice, tier=\"gold; special\"", "</room/7?after=41,2;3>; rel=next; timeout=60, <gone>; rel=gone",
    "304 Not Modified",
    "a; last-id=5",
  ]

  /// The bytes with a few of them changed, removed, doubled or moved.
  private static func mutate(_ bytes: [UInt8], _ generator: inout Generator) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
      let position = Int.random(in: 0..<bytes.count, using: &generator)
      switch Int.random(in: 0...4, using: &generator) {
      case 0: bytes[position] = UInt8.random(in: 0...255, using: &generator)
      case 1: bytes.remove(at: position)
      case 2: bytes.insert(Array("\"\\;,<>={}[]:0e-\r\n".utf8).randomElement(using: &generator) ?? 0, at: position)
      case 3: bytes.insert(contentsOf: bytes[..<position].suffix(20), at: position)
      default: bytes.swapAt(position, Int.random(in: 0..<bytes.count, using: &generator))
      }
    }
    return bytes
  }

  @Test(arguments: 0..<40) func `documents`(seed: Int) throws {
    var generator = Generator(seed: UInt64(seed))
    for document in Self.documents {
      for _ in 0..<50 {
        let bytes = Self.mutate(Array(document.utf8), &generator)
        if let items = try? GRIPItem.decodeBatch(bytes), items.allSatisfy(Self.hasFormat) {
          #expect(try GRIPItem.decodeBatch(GRIPItem.encodeBatch(items)) == items)
        }
        let headers: HTTPFields = [.contentType: "application/grip-instruct"]
        guard
          let (instruction, response) = try? GRIPInstruction.decode(
            status: 200, reason: nil, headers: headers, body: bytes)
        else { continue }
        let again = try GRIPInstruction.decode(
          status: 200, reason: nil, headers: headers, body: instruction.document(wrapping: response))
        #expect(again.instruction == instruction)
        #expect(again.response.body == response.body)
      }
    }
  }

  @Test(arguments: 0..<40) func `headers`(seed: Int) throws {
    var generator = Generator(seed: UInt64(seed))
    let names: [HTTPField.Name] = [
      .gripChannel, .gripKeepAlive, .gripSetMeta, .gripLink, .gripStatus, .gripLast, .gripExposeHeaders, .gripHold,
      .gripTimeout,
    ]
    for value in Self.values {
      for name in names {
        for _ in 0..<5 {
          let bytes = Self.mutate(Array(value.utf8), &generator)
          let fields = HTTPFields([HTTPField(name: name, value: bytes)])
          guard let (read, _) = try? GRIPInstruction.decode(status: 200, reason: nil, headers: fields, body: []) else {
            continue
          }
          guard let written = try? read.headerFields() else { continue }
          for field in written { #expect(!field.value.utf8.contains { $0 == 0x0D || $0 == 0x0A || $0 == 0 }) }
          #expect(
            try GRIPInstruction.decode(status: 200, reason: nil, headers: written, body: []).instruction == read)
        }
      }
    }
  }

  @Test(arguments: 0..<20) func `endpoints and keys`(seed: Int) throws {
    var generator = Generator(seed: UInt64(seed))
    let uri = "http://u:p@h:1/a/?iss=a&key=base64:AAAA&verify-key=x%20y, https://b?x=1"
    let json = #"[{"key":"base64:AAAA","controlUri":"http://h","controlIss":"r"}]"#
    for _ in 0..<100 {
      let endpoints = try? GRIPEndpoint.parse(
        gripURL: String(decoding: Self.mutate(Array(uri.utf8), &generator), as: UTF8.self))
      for endpoint in endpoints ?? [] { #expect(!endpoint.controlURI.utf8.contains { $0 <= 0x20 }) }
      _ = try? GRIPEndpoint.parse(
        gripProxiesJSON: String(decoding: Self.mutate(Array(json.utf8), &generator), as: UTF8.self))
      let pem = Self.mutate(Array(TestKeys.pkcs8.utf8), &generator)
      _ = try? GRIPKey(pem: String(decoding: pem, as: UTF8.self))
    }
  }

  private static func hasFormat(_ item: GRIPItem) -> Bool {
    item.httpResponse != nil || item.httpStream != nil || item.webSocket != nil
  }
}
