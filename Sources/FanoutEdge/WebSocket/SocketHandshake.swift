import Crypto
import GRIP
package import HTTPTypes

/// The opening handshake as the client's side sees it (RFC 6455 §4.2). Pure.
package struct SocketHandshake: Sendable, Hashable {
  /// The client's `Sec-WebSocket-Key`.
  package var key: String
  /// What is answered to its offer of permessage-deflate; `nil` where none is taken.
  package var compression: String?
  /// Whether it offers the `grip` extension, as a proxy does.
  package var offersGRIP: Bool

  /// Whether a request asks for a WebSocket; only `GET` of HTTP/1.1 can (RFC 6455 §4.1).
  package static func isWanted(_ head: RequestHead) -> Bool {
    head.method == "GET" && head.minorVersion >= 1 && head.fields.tokens(of: .upgrade).contains("websocket")
  }

  /// Reads a request for which `isWanted` holds.
  ///
  /// **Errors**: 400 with what is missing; 426 for another version than 13, which the answer must name.
  package init(_ head: RequestHead, framing: BodyFraming, allowsCompression: Bool) throws(HeadFault) {
    guard head.fields.tokens(of: .connection).contains("upgrade") else {
      throw HeadFault("a WebSocket handshake needs Connection: Upgrade")
    }
    guard framing == .none || framing == .length(0) else { throw HeadFault("a WebSocket handshake has no body") }
    let versions = head.fields[values: .secWebSocketVersion]
    guard versions.count == 1, versions[0].isEmpty == false else {
      throw HeadFault("a WebSocket handshake needs one Sec-WebSocket-Version")
    }
    guard versions[0] == "13" else { throw HeadFault("the WebSocket version is 13", status: 426) }
    let keys = head.fields[values: .secWebSocketKey]
    guard keys.count == 1, Self.isKey(keys[0]) else {
      throw HeadFault("a WebSocket handshake needs one Sec-WebSocket-Key, which is 16 bytes in base64")
    }
    key = keys[0]
    guard let offers = SocketExtension.list(head.fields) else {
      throw HeadFault("Sec-WebSocket-Extensions is no list of extensions")
    }
    compression = allowsCompression ? SocketCompression.answer(to: offers) : nil
    offersGRIP = offers.contains { $0.name == "grip" }
  }

  /// That of a client that has no WebSocket, and speaks to one all the same.
  init() {
    key = ""
    offersGRIP = false
  }

  private static func isKey(_ text: String) -> Bool {
    // One spelling only: what is decoded and written again is the same.
    guard text.utf8.count == 24, let bytes = Base64.decode(text.utf8), bytes.count == 16 else { return false }
    return Base64.encode(bytes) == text
  }

  /// The value of `Sec-WebSocket-Accept` for a key (RFC 6455 §4.2.2).
  package static func accept(for key: String) -> String {
    let digest = Insecure.SHA1.hash(data: Array("\(key)258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8))
    return Base64.encode(Array(digest))
  }

  /// The fields of the 101.
  ///
  /// - Parameters:
  ///   - fields: the origin's, without hop-by-hop ones.
  ///   - grip: the `grip` extension, for a proxy in front that offered it.
  package func answer(_ fields: HTTPFields, grip: String?) -> HTTPFields {
    var fields = fields
    fields.removeFields { field in
      [.secWebSocketAccept, .secWebSocketExtensions, .contentLength, .upgrade, .connection].contains(field.name)
    }
    var head: HTTPFields = [
      .upgrade: "websocket", .connection: "Upgrade", .secWebSocketAccept: Self.accept(for: key),
    ]
    let extensions = [offersGRIP ? grip : nil, compression].compactMap { $0 }
    if !extensions.isEmpty { head[.secWebSocketExtensions] = extensions.joined(separator: ", ") }
    head.append(contentsOf: fields)
    return head
  }
}

/// The handshake with an origin, where the edge is the client (RFC 6455 §4.1).
struct OriginHandshake {
  /// A random one for each connection.
  let key: String
  let offersGRIP: Bool
  let offersCompression: Bool

  init(offersGRIP: Bool, offersCompression: Bool) {
    key = Base64.encode((0..<16).map { _ in UInt8.random(in: .min ... .max) })
    self.offersGRIP = offersGRIP
    self.offersCompression = offersCompression
  }

  /// Adds what belongs to the handshake, in place of what the client had.
  func apply(to fields: inout HTTPFields) {
    fields.removeFields { field in
      [.secWebSocketKey, .secWebSocketVersion, .secWebSocketExtensions, .contentLength].contains(field.name)
    }
    fields.append(HTTPField(name: .connection, value: "Upgrade"))
    fields.append(HTTPField(name: .upgrade, value: "websocket"))
    fields.append(HTTPField(name: .secWebSocketVersion, value: "13"))
    fields.append(HTTPField(name: .secWebSocketKey, value: key))
    let extensions = [offersGRIP ? "grip" : nil, offersCompression ? SocketCompression.offer : nil].compactMap { $0 }
    if !extensions.isEmpty {
      fields.append(HTTPField(name: .secWebSocketExtensions, value: extensions.joined(separator: ", ")))
    }
  }

  /// What an origin's 101 says.
  struct Answer {
    /// For the client: without hop-by-hop fields and without those of the handshake.
    var fields: HTTPFields
    var grip: GRIPWebSocketExtension?
    var inflation: SocketReader.Inflation
  }

  /// Reads a 101.
  ///
  /// **Errors**: it is no answer to this handshake, or takes what was not offered.
  func read(_ head: ResponseHead) throws(SocketFault) -> Answer {
    guard head.fields.tokens(of: .upgrade) == ["websocket"], head.fields.tokens(of: .connection).contains("upgrade")
    else { throw .broken("its 101 is not for a WebSocket") }
    guard head.fields[values: .secWebSocketAccept] == [SocketHandshake.accept(for: key)] else {
      throw .broken("its Sec-WebSocket-Accept does not answer the key")
    }
    guard let taken = SocketExtension.list(head.fields) else {
      throw .broken("its Sec-WebSocket-Extensions is no list of extensions")
    }
    var inflation = SocketReader.Inflation.none
    for element in taken {
      switch element.name {
      case "grip": break
      case SocketCompression.name where offersCompression && inflation == .none:
        inflation = try SocketCompression.inflation(element)
      default: throw .broken("it took an extension that was not offered")
      }
    }
    var answer = Answer(fields: head.fields, inflation: inflation)
    do throws(GRIPDecodingError) { answer.grip = try GRIPWebSocketExtension.decode(head.fields) } catch {
      throw .broken(error.description)
    }
    answer.fields.removeHopByHop()
    answer.fields.removeFields { field in
      [.secWebSocketAccept, .secWebSocketExtensions, .contentLength].contains(field.name)
    }
    return answer
  }
}
