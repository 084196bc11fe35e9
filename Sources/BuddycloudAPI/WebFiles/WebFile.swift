/// A file of the web client.
package struct WebFile: Sendable {
  package var contentType: String
  package var bytes: [UInt8]
  /// With its quotes.
  package var etag: String

  package init(contentType: String, bytes: [UInt8], etag: String) {
    self.contentType = contentType
    self.bytes = bytes
    self.etag = etag
  }
}
