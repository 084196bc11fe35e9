/// The parser of a connection, behind a reference: a held connection lets it go, and has a word in its place.
final class RequestReader {
  var parser: RequestParser

  init(limits: MessageLimits) { parser = RequestParser(limits: limits) }
}

@available(*, unavailable)
extension RequestReader: Sendable {}
