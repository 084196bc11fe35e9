import HTTPTypes
import NIOCore
import NIOHTTPTypes
import Synchronization

/// Tells held requests that their client has hung up.
///
/// **Why**: while a request is being answered Hummingbird does not look at the connection, so an abandoned long-poll would keep its place
/// until its time-out. A client that closes only its sending half counts as gone, too.
final class ConnectionWatch: Sendable {
  private struct State {
    var isGone = false
    var nextID = 0
    var handlers: [Int: @Sendable () -> Void] = [:]
  }

  private let state = Mutex(State())

  /// Calls `handler` once when the client hangs up, or at once if it has.
  func onHangUp(_ handler: @escaping @Sendable () -> Void) -> Int {
    let (id, isGone) = state.withLock { state in
      state.nextID += 1
      if !state.isGone { state.handlers[state.nextID] = handler }
      return (state.nextID, state.isGone)
    }
    if isGone { handler() }
    return id
  }

  /// Forgets a handler.
  func forget(_ id: Int) {
    state.withLock { $0.handlers[id] = nil }
  }

  fileprivate func hangUp() {
    let handlers = state.withLock { state in
      state.isGone = true
      defer { state.handlers = [:] }
      return Array(state.handlers.values)
    }
    for handler in handlers { handler() }
  }
}

/// The watches of all open connections.
final class ConnectionRegistry: Sendable {
  private let watches = Mutex<[ObjectIdentifier: ConnectionWatch]>([:])

  /// The watch of a connection; `nil` where it has no handler of ours.
  func watch(of connection: any Channel) -> ConnectionWatch? {
    watches.withLock { $0[ObjectIdentifier(connection)] }
  }

  fileprivate func insert(_ watch: ConnectionWatch, for connection: any Channel) {
    watches.withLock { $0[ObjectIdentifier(connection)] = watch }
  }

  fileprivate func remove(_ connection: any Channel) {
    watches.withLock { $0[ObjectIdentifier(connection)] = nil }
  }
}

/// Sits in each connection's pipeline: notices a hang-up, and makes Hummingbird see `Connection: Close` in any spelling.
final class ConnectionWatchHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart

  private let registry: ConnectionRegistry
  private let watch = ConnectionWatch()

  /// A handler for one connection.
  init(registry: ConnectionRegistry) {
    self.registry = registry
  }

  func handlerAdded(context: ChannelHandlerContext) {
    registry.insert(watch, for: context.channel)
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    registry.remove(context.channel)
    watch.hangUp()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard case .head(var head) = unwrapInboundIn(data) else { return context.fireChannelRead(data) }
    let options = head.headerFields[values: .connection]
      .joined(separator: ",").lowercased().split(separator: ",")
      .map { option in String(option.filter { $0 != " " && $0 != "\t" }) }
    if options.contains("close") { head.headerFields[.connection] = "close" }
    context.fireChannelRead(wrapInboundOut(.head(head)))
  }

  func channelInactive(context: ChannelHandlerContext) {
    watch.hangUp()
    context.fireChannelInactive()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if let event = event as? ChannelEvent, case .inputClosed = event { watch.hangUp() }
    context.fireUserInboundEventTriggered(event)
  }
}

@available(*, unavailable)
extension ConnectionWatchHandler: Sendable {}
