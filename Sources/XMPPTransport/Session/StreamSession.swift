import Logging
import NIOCore
import ServerKit
import XMPP

/// A session: a stream that comes back.
///
/// It finds the server, connects, negotiates, exchanges stanzas, notices when the server is gone, waits and begins again.
/// What is decided is in the values that it has (negotiation, acknowledgements, requests, back-off); this is what connects
/// them.
///
/// `@unchecked Sendable`: everything but `outbox`, `loop` and `plan` is touched on `loop` only.
final class StreamSession: @unchecked Sendable {
  /// Where it is.
  enum Phase {
    case idle
    case locating
    case connecting
    case negotiating
    case online
    case waiting
    case closing
    case ended(TransportError)
  }

  let loop: any EventLoop
  let transport: StreamTransport
  let plan: StreamPlan
  let handlers: StreamHandlers
  let outbox: Outbox

  var phase = Phase.idle
  var connection: StreamConnection?
  var negotiation: (any Negotiation)?
  var acknowledgements: Acknowledgements?
  var login: LoginMemory?
  var requests: RequestTable
  /// Our own address, once it is known.
  var address: JID?
  /// The endpoints that have not been tried in this round.
  var remaining: ArraySlice<ServerEndpoint> = []
  var attempt = 0
  var isInGate = false
  var hasSaidGoodbye = false
  /// Stanzas handed out and not finished.
  var unhandled = 0
  /// Answers to no query of ours: strays and forgeries.
  var ignoredAnswers = 0
  /// Of the present phase.
  var deadline: NIODeadline?
  var onlineSince = NIODeadline.uptimeNanoseconds(0)
  var lastHeard = NIODeadline.uptimeNanoseconds(0)
  var pingDue: NIODeadline?
  var pingID: String?
  var alarm: Int32 = -1
  /// Until its end nobody else may have it: what was begun is brought to its end.
  private var itself: StreamSession?
  var openings: [EventLoopPromise<JID>] = []
  var endings: [EventLoopPromise<TransportError>] = []

  init(plan: StreamPlan, transport: StreamTransport, handlers: StreamHandlers, loop: (any EventLoop)?) {
    self.plan = plan
    self.transport = transport
    self.handlers = handlers
    self.loop = loop ?? transport.group.next()
    outbox = Outbox(maxItems: plan.settings.maxQueuedStanzas, maxBytes: plan.settings.maxQueuedBytes)
    requests = RequestTable(maxCount: plan.settings.maxRequests)
  }

  var shared: LoopContext { transport.context(on: loop) }

  // MARK: From any thread

  /// Begins, once.
  func start() {
    loop.execute {
      guard case .idle = self.phase else { return }
      self.itself = self
      self.alarm = self.shared.alarms.add(self)
      self.beginRound()
    }
  }

  /// It has ended.
  func letGo() { itself = nil }

  /// Says goodbye and ends.
  func close() { loop.execute { self.closeInOrder() } }

  /// Adds stanzas to what is to be sent.
  func send(_ stanzas: [[UInt8]]) throws(TransportError) {
    if try outbox.append(stanzas) { loop.execute { self.drain() } }
  }

  /// So many of the stanzas that were handed out have been dealt with.
  func finished(_ count: Int) {
    loop.execute {
      self.unhandled = max(0, self.unhandled - count)
      if self.unhandled * 2 <= self.plan.settings.maxUnhandled { self.connection?.resume() }
    }
  }

  /// Sends a query; the completion is called on the loop.
  func request(_ query: Stanza, timeout: TimeAmount, _ completion: @escaping RequestTable.Completion) {
    loop.execute {
      var query = query
      guard
        let id = self.requests.add(to: query.to, deadline: self.loop.now + timeout, completion)
      else { return completion(.failure(.tooMany(self.plan.settings.maxRequests))) }
      query.id = id
      do throws(TransportError) {
        if try self.outbox.append([query.serialized(namespace: self.plan.namespace)]) { self.drain() }
        self.setAlarm()
      } catch {
        self.requests.remove(id)?(.failure(.unsent(error)))
      }
    }
  }

  /// The address, when the session is online for the first time; fails with `TransportError` where that will not be.
  func opened() -> EventLoopFuture<JID> {
    let promise = loop.makePromise(of: JID.self)
    loop.execute {
      switch self.phase {
      case .online:
        if let address = self.address { promise.succeed(address) } else { promise.fail(TransportError.offline) }
      case .ended(let error): promise.fail(error)
      default: self.openings.append(promise)
      }
    }
    return promise.futureResult
  }

  /// Why it ended, when it has.
  func ended() -> EventLoopFuture<TransportError> {
    let promise = loop.makePromise(of: TransportError.self)
    loop.execute {
      if case .ended(let error) = self.phase { promise.succeed(error) } else { self.endings.append(promise) }
    }
    return promise.futureResult
  }
}
