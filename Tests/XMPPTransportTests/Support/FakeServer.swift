import Foundation
import TestKit

/// A server that does what a script says, connection by connection: each connection gets the next script, the last one is
/// for all that follow. A connection ends with its script.
///
/// `@unchecked Sendable`: everything mutable is touched under `lock` only.
final class FakeServer: @unchecked Sendable {
  typealias Script = @Sendable (Peer) throws -> Void

  /// The connection of one script.
  final class Peer {
    let connection: TCPConnection
    private(set) var received = ""

    init(_ connection: TCPConnection) { self.connection = connection }

    func send(_ text: String) throws { try connection.send(text) }

    /// Waits for a text, forgets what came up to its end, and gives that.
    @discardableResult func expect(_ text: String) throws -> String {
      while true {
        if let range = received.range(of: text) {
          let before = String(received[..<range.upperBound])
          received = String(received[range.upperBound...])
          return before
        }
        let bytes = try connection.receive()
        if bytes.isEmpty { throw TestFailure("the connection ended before \(text); there was \(received)") }
        received += String(decoding: bytes, as: UTF8.self)
      }
    }

    /// Waits until the other side has closed.
    func expectEnd() throws { _ = try connection.receiveToEnd() }

    /// The server's part of a component's handshake.
    func acceptComponent() throws {
      try expect("<stream:stream")
      try expect(">")
      try send(
        "<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' "
          + "xmlns:stream='http://etherx.jabber.org/streams' from='channels.example' id='s1'>")
      try expect("</handshake>")
      try send("<handshake/>")
    }

    func openClientStream(_ features: String) throws {
      try expect("<stream:stream")
      try expect(">")
      try send(
        "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
          + "from='example' id='s1' version='1.0'><stream:features>\(features)</stream:features>")
    }

    /// The server's part up to where a resource is bound or a session is resumed, with an anonymous login.
    func acceptLogin() throws {
      try openClientStream(
        "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>ANONYMOUS</mechanism></mechanisms>")
      try expect("</auth>")
      try send("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>")
      try openClientStream("<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/><sm xmlns='urn:xmpp:sm:3'/>")
    }

    /// The server's part of a new session.
    func acceptSession(resumable id: String?) throws {
      try acceptLogin()
      try expect("</iq>")
      try send(
        "<iq type='result' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>a1@example/r</jid></bind></iq>"
      )
      try expect("<enable")
      try expect(">")
      try send("<enabled xmlns='urn:xmpp:sm:3'\(id.map { " resume='true' id='\($0)'" } ?? "")/>")
    }
  }

  let address: Address
  private let listener: Listener
  private let lock = NSLock()
  private var scripts: [Script]
  private var failures: [any Error] = []
  private var peers: [Peer] = []

  init(_ scripts: Script...) throws {
    listener = try Listener(port: Address.free().port)
    address = listener.address
    self.scripts = scripts
    Thread.detachNewThread { [weak self, listener] in
      while let descriptor = listener.accept() {
        guard let self else { return }
        let peer = Peer(TCPConnection(accepted: descriptor))
        let script = self.lock.withLock {
          self.peers.append(peer)
          return self.scripts.count > 1 ? self.scripts.removeFirst() : self.scripts.first
        }
        let box = UncheckedBox(peer)
        Thread.detachNewThread {
          do { try script?(box.value) } catch { self.lock.withLock { self.failures.append(error) } }
          box.value.connection.close()
        }
      }
    }
  }

  /// What went wrong in the scripts.
  var problems: [String] { lock.withLock { failures.map { "\($0)" } } }

  deinit { listener.close() }
}

/// Hands a value to the one thread that uses it from then on.
private struct UncheckedBox<Value>: @unchecked Sendable {
  let value: Value
  init(_ value: Value) { self.value = value }
}
