import Foundation
import TestKit

/// A client of a scenario: sends exact bytes and notes exactly what comes back.
final class ScriptedClient {
  private let wire: any Wire
  private var socketSoFar: ScriptedSocket?
  private var buffer: [UInt8] = []
  private var isEnded = false
  /// The methods of the requests that wait for their response.
  private var methods: [String] = []
  private var framing = Framing.toEnd

  private enum Framing: Equatable {
    case chunked
    case length(Int)
    case toEnd
  }

  convenience init(to address: Address) throws { self.init(try TCPConnection(to: address)) }

  init(_ wire: any Wire) { self.wire = wire }

  /// Its WebSocket, once it has read the answer to its handshake.
  var socket: ScriptedSocket {
    if let socketSoFar { return socketSoFar }
    let socket = ScriptedSocket(wire, buffer: buffer, isClient: true)
    buffer = []
    socketSoFar = socket
    return socket
  }

  /// Sends bytes; text that begins like a request is noted as one.
  func send(_ text: String, _ bytes: [UInt8]) throws {
    if let method = text.split(separator: " ").first, method.allSatisfy(\.isUppercase), text.contains("HTTP/") {
      methods.append(String(method))
    }
    try wire.send(bytes)
  }

  func close(reset: Bool = false) { wire.close(reset: reset) }

  /// A head and, where `readsBody`, the body that belongs to it. What is missing at the end of the stream is said.
  func response(readsBody: Bool, _ deadline: Deadline) throws -> String {
    var text = ""
    while true {
      while buffer.firstRange(of: Array("\r\n\r\n".utf8)) == nil {
        guard try fill(deadline) else {
          defer { buffer = [] }
          return text + (buffer.isEmpty ? "" : Self.text(buffer)) + "(closed)\n"
        }
      }
      guard let end = buffer.firstRange(of: Array("\r\n\r\n".utf8)) else { return text }
      let head = Self.text(buffer[..<end.lowerBound])
      buffer.removeFirst(end.upperBound)
      text += head + "\r\n\r\n"
      let status = head.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
      if (100..<200).contains(status), status != 101 { continue }
      setFraming(of: head, status: status)
      if readsBody { text += try wholeBody(deadline) }
      return text
    }
  }

  /// One head of a response that another one follows.
  func interim(_ deadline: Deadline) throws -> String {
    while true {
      if let end = buffer.firstRange(of: Array("\r\n\r\n".utf8)) {
        defer { buffer.removeFirst(end.upperBound) }
        return Self.text(buffer[..<end.upperBound])
      }
      if try !fill(deadline) { return "(closed)" }
    }
  }

  /// Body bytes up to those that end with a text.
  func body(until ending: String, _ deadline: Deadline) throws -> String {
    var body: [UInt8] = []
    let needle = Array(ending.utf8)
    while body.suffix(needle.count) != needle[...] {
      guard let more = try nextPart(deadline) else { return Self.text(body) + "(end of body)" }
      body += more
    }
    return Self.text(body)
  }

  /// Everything to the end of the body, or of the connection where there is none.
  func end(_ deadline: Deadline) throws -> String {
    var body: [UInt8] = []
    while let more = try nextPart(deadline) { body += more }
    return Self.text(body) + (isEnded ? "(closed)" : "(end of body)")
  }

  private func setFraming(of head: String, status: Int) {
    let method = methods.isEmpty ? "GET" : methods.removeFirst()
    let fields = head.lowercased().split(separator: "\r\n").dropFirst()
    if method == "HEAD" || status == 204 || status == 304 || status == 101 {
      framing = .length(0)
    } else if fields.contains(where: { $0.hasPrefix("transfer-encoding:") && $0.contains("chunked") }) {
      framing = .chunked
    } else if let field = fields.first(where: { $0.hasPrefix("content-length:") }),
      let length = Int(field.dropFirst(15).trimmingCharacters(in: .whitespaces))
    {
      framing = .length(length)
    } else {
      framing = .toEnd
    }
  }

  private func wholeBody(_ deadline: Deadline) throws -> String {
    var body: [UInt8] = []
    while let more = try nextPart(deadline) { body += more }
    return Self.text(body) + (isEnded && framing != .toEnd && framing != .length(0) ? "(cut)" : "")
  }

  /// The next bytes of the body, or `nil` at its end.
  private func nextPart(_ deadline: Deadline) throws -> [UInt8]? {
    while true {
      switch framing {
      case .chunked:
        if let (chunk, count) = try Chunks.next(buffer[...]) {
          buffer.removeFirst(count)
          if chunk == nil { framing = .length(0) }
          return chunk
        }
      case .length(0): return nil
      case .length(let length):
        if !buffer.isEmpty {
          let part = Array(buffer.prefix(length))
          buffer.removeFirst(part.count)
          framing = .length(length - part.count)
          return part
        }
      case .toEnd:
        if !buffer.isEmpty {
          defer { buffer = [] }
          return buffer
        }
      }
      if try !fill(deadline) { return nil }
    }
  }

  private func fill(_ deadline: Deadline) throws -> Bool {
    if isEnded { return false }
    guard let bytes = try wire.receiveSome(within: deadline.remaining) else {
      isEnded = true
      return false
    }
    buffer += bytes
    return true
  }

  /// Text, with bytes that are none written as such.
  static func text(_ bytes: some Sequence<UInt8>) -> String {
    let all = Array(bytes)
    if let text = String(validating: all, as: UTF8.self), !text.contains("\0") { return text }
    return all.map {
      (32..<127).contains($0) || $0 == 10 || $0 == 13 ? String(UnicodeScalar($0)) : "\\x\(String($0, radix: 16))"
    }
    .joined()
  }
}
