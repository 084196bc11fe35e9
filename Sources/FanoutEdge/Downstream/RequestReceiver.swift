import NIOCore

/// What takes a request from its connection, and answers it there.
///
/// **Isolation**: the connection's event loop, every member.
protocol RequestReceiver: AnyObject {
  /// Whether more of the request's body can be taken.
  var acceptsBody: Bool { get }
  /// Whether the answer is left open on purpose, so that a stop does not wait for it.
  var isHolding: Bool { get }
  /// A part of the body has come.
  func bodyReceived(_ bytes: ByteBuffer)
  /// The body is whole.
  func bodyCompleted()
  /// The client takes bytes again.
  func downstreamWritable()
  /// The client has gone, or its request broke: nothing may be answered any more.
  func cancel()
}

extension RequestReceiver {
  var isHolding: Bool { false }
}
