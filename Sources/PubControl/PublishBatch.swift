import GRIP
import NIOCore

/// One request's worth of items, encoded.
struct PublishBatch: Sendable {
  /// The body.
  let body: ByteBuffer
  /// Whether every item has an id, by which a proxy recognises what it has seen.
  let isRepeatable: Bool

  /// Cuts items into requests, in order.
  ///
  /// **Errors**: the first item that cannot be written, by its index.
  static func split(
    _ items: [GRIPItem], options: PubControl.Options
  ) throws(GRIPEncodingError) -> [PublishBatch] {
    var batches: [PublishBatch] = []
    var encoded: [[UInt8]] = []
    var start = 0
    var size = GRIPItem.batchOverhead
    for (index, item) in items.enumerated() {
      let bytes: [UInt8]
      do throws(GRIPEncodingError) {
        bytes = try item.encoded(limits: options.limits)
      } catch {
        throw GRIPEncodingError("item \(index): \(error.description)")
      }
      let isFull = encoded.count >= max(1, options.batchItems) || size + bytes.count + 1 > options.batchBytes
      if isFull && !encoded.isEmpty {
        batches.append(PublishBatch(encoded, items: items[start..<index]))
        encoded.removeAll(keepingCapacity: true)
        start = index
        size = GRIPItem.batchOverhead
      }
      encoded.append(bytes)
      size += bytes.count + 1
    }
    if !encoded.isEmpty { batches.append(PublishBatch(encoded, items: items[start...])) }
    return batches
  }

  private init(_ encoded: [[UInt8]], items: ArraySlice<GRIPItem>) {
    body = ByteBuffer(bytes: GRIPItem.batch(encoded[...]))
    isRepeatable = items.allSatisfy { $0.id != nil }
  }
}
