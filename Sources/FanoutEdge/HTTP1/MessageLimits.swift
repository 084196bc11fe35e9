/// Bounds of one HTTP/1 message. What is beyond is refused before it is stored.
package struct MessageLimits: Sendable, Hashable {
  /// Bytes of the request target (RFC 9110 §15.5.15: 414). Default 8192.
  package var maxTargetBytes = 8192
  /// Bytes of the whole head, request or status line included (RFC 6585 §5: 431). Default 32,768.
  package var maxHeadBytes = 32_768
  /// Fields of a head, and of the trailers. Default 100.
  package var maxFields = 100
  /// Bytes of a body after its framing is undone (413). Default 100 MiB.
  package var maxBodyBytes = 104_857_600
  /// Bytes of one chunk-size line with its extensions. Default 1024.
  package var maxChunkLineBytes = 1024
  /// Framing bytes of a chunked body that are always allowed; beyond them at most 16 for each byte of data.
  /// Default 4096.
  package var chunkOverheadAllowance = 4096
  /// Bytes of all trailers, which are read and dropped. Default 8192.
  package var maxTrailerBytes = 8192
  /// Interim (1xx) responses before the final one. Default 8.
  package var maxInterimResponses = 8

  package init() {}
}
