package import Logging
package import NIOCore
import XMPP

/// What all streams of a process share: event loops, names, trust.
package final class StreamTransport: Sendable {
  let group: any EventLoopGroup
  let locator: ServerLocator
  let tls: StreamTLS
  let logger: Logger
  private let contexts: [ObjectIdentifier: NIOLoopBound<LoopContext>]

  /// Looks names up in DNS.
  package let resolver: NameResolver

  /// - Parameters:
  ///   - group: the loops that streams live on.
  ///   - nameServers: whom to ask for names.
  ///   - hosts: what is known without asking.
  ///   - tls: what is believed.
  ///   - maxConnecting: how many streams of one loop may be under way to their server at one time; the others wait for
  ///     their turn. Default 64.
  package init(
    group: any EventLoopGroup, nameServers: NameServers = .system(), hosts: HostsFile = .system(),
    tls: StreamTLS, maxConnecting: Int = 64, logger: Logger
  ) async throws {
    self.group = group
    self.tls = tls
    self.logger = logger
    resolver = try await NameResolver(on: group.next(), servers: nameServers)
    locator = ServerLocator(resolver: resolver, hosts: hosts)
    var contexts: [ObjectIdentifier: NIOLoopBound<LoopContext>] = [:]
    for loop in group.makeIterator() {
      contexts[ObjectIdentifier(loop)] = try await loop.submit {
        NIOLoopBound(LoopContext(loop: loop, maxConnecting: maxConnecting), eventLoop: loop)
      }.get()
    }
    self.contexts = contexts
  }

  /// What the streams of a loop share; only on that loop, which must be one of the group.
  func context(on loop: any EventLoop) -> LoopContext {
    contexts[ObjectIdentifier(loop)]?.value ?? LoopContext(loop: loop, maxConnecting: 1)
  }
}

/// What the streams of one event loop share.
///
/// **Isolation**: its loop.
final class LoopContext {
  let alarms: Alarms
  /// Names of elements, for all parsers of the loop.
  let names = XMLNameTable()
  private let maxConnecting: Int
  private var connecting = 0
  private var waiting: [() -> Void] = []
  private var firstWaiting = 0

  init(loop: any EventLoop, maxConnecting: Int) {
    alarms = Alarms(loop: loop)
    self.maxConnecting = maxConnecting
  }

  /// Calls when it is the caller's turn to connect, perhaps at once. `leave` gives the turn on.
  func enter(_ begin: @escaping () -> Void) {
    guard connecting >= maxConnecting else {
      connecting += 1
      return begin()
    }
    waiting.append(begin)
  }

  /// A connection is made, or will not be.
  func leave() {
    guard firstWaiting < waiting.count else {
      connecting -= 1
      return
    }
    let next = waiting[firstWaiting]
    firstWaiting += 1
    if firstWaiting == waiting.count {
      waiting = []
      firstWaiting = 0
    }
    next()
  }
}

@available(*, unavailable)
extension LoopContext: Sendable {}
