import PubControl
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// An item as it is sent: a PULL socket gets the message, a SUB socket the channel before it.
struct OutgoingItem: Sendable {
  var channel: [UInt8]
  var message: [UInt8]
}

/// The thread that drives the sockets, and the way to it. It ends when this is gone, or by `close`.
///
/// **Isolation**: any thread.
final class Publisher: Sendable {
  let interest = InterestTable()
  private let inbox: PublisherInbox
  private let ended: AsyncStream<Void>

  /// Opens the sockets and starts the thread.
  init(endpoints: [ZeroMQEndpoint], options: PubControlZeroMQ.Options) throws(PublishFailure) {
    inbox = try PublisherInbox(endpointCount: endpoints.count, pendingLimit: options.pendingPublishes)
    let work: PublisherWork
    do throws(SocketFailure) {
      work = try PublisherWork(endpoints: endpoints, options: options, inbox: inbox, interest: interest)
    } catch {
      throw .transport(error.description)
    }
    let (ended, continuation) = AsyncStream.makeStream(of: Void.self)
    self.ended = ended
    let isStarted = PublisherThread.start {
      work.run()
      continuation.finish()
    }
    guard isStarted else { throw .transport("the system gives no thread for ZeroMQ") }
  }

  deinit {
    inbox.end()
    interest.end()
  }

  /// Sends items, one after the other, as soon as an endpoint takes them.
  func send(_ items: [OutgoingItem], to endpoint: Int) async -> PublishFailure? {
    guard !items.isEmpty else { return nil }
    let number = inbox.nextNumber()
    defer { inbox.forget(number) }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        inbox.add(
          PublisherInbox.Job(number: number, endpoint: endpoint, items: items) { continuation.resume(returning: $0) })
      }
    } onCancel: {
      inbox.cancel(number)
    }
  }

  /// Ends, and waits for it.
  func close() async {
    inbox.end()
    for await _ in ended {}
    interest.end()
  }
}

/// A thread of the system's.
enum PublisherThread {
  private final class Body {
    let run: () -> Void
    init(_ run: @escaping () -> Void) { self.run = run }
  }

  /// Starts a thread, which ends with its work; false where the system gives none.
  static func start(_ work: sending @escaping () -> Void) -> Bool {
    let body = Unmanaged.passRetained(Body(work))
    #if canImport(Darwin)
      var thread: pthread_t?
    #else
      var thread = pthread_t()
    #endif
    let result = pthread_create(
      &thread, nil,
      { raw in
        let raw: UnsafeMutableRawPointer? = raw
        if let raw { Unmanaged<Body>.fromOpaque(raw).takeRetainedValue().run() }
        return nil
      }, body.toOpaque())
    guard result == 0 else {
      body.release()
      return false
    }
    #if canImport(Darwin)
      if let thread { pthread_detach(thread) }
    #else
      pthread_detach(thread)
    #endif
    return true
  }
}
