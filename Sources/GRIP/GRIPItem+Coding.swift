extension GRIPItem {
  /// Reads the body of a publish request, `{"items": […]}`. All items or none.
  ///
  /// **Errors**: texts as a Pushpin publisher knows them (`Body is not valid JSON.`, `Request body too large.`,
  /// `Invalid format: …`), with the index of the item at fault (`Invalid format: item 2: …`).
  /// **Spec**: GRIP §10.1, §11.
  public static func decodeBatch(
    _ body: some Sequence<UInt8>, limits: GRIPLimits = GRIPLimits()
  ) throws(GRIPDecodingError) -> [GRIPItem] {
    var options = JSONReader.Options()
    options.depth = limits.jsonDepth
    options.bytes = limits.publishBytes
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONReader.read(body, options: options)
    } catch {
      // COMPAT: Pushpin's words exactly; scripts of publishers look for them.
      throw GRIPDecodingError(error.isTooLarge ? "Request body too large." : "Body is not valid JSON.")
    }
    guard case .object(let object) = value else { throw GRIPDecodingError("Invalid format.") }
    guard let member = object["items"] else {
      throw GRIPDecodingError("Invalid format: object does not contain 'items'")
    }
    guard case .array(let elements) = member else {
      throw GRIPDecodingError("Invalid format: object contains 'items' with wrong type")
    }
    guard elements.count <= limits.itemsPerPublish else {
      throw GRIPDecodingError("Invalid format: more than \(limits.itemsPerPublish) items")
    }
    var items: [GRIPItem] = []
    items.reserveCapacity(elements.count)
    for (index, element) in elements.enumerated() {
      do throws(GRIPDecodingError) {
        items.append(try GRIPItem(element, limits: limits))
      } catch {
        throw GRIPDecodingError("Invalid format: item \(index): \(error.description)")
      }
    }
    return items
  }

  /// The body of a publish request.
  ///
  /// **Errors**: the first item that cannot be written, by its index.
  ///
  /// - Parameter limits: bounds of names and ids.
  public static func encodeBatch(
    _ items: [GRIPItem], limits: GRIPLimits = GRIPLimits()
  ) throws(GRIPEncodingError) -> [UInt8] {
    var encoded: [[UInt8]] = []
    encoded.reserveCapacity(items.count)
    for (index, item) in items.enumerated() {
      do throws(GRIPEncodingError) {
        encoded.append(try item.encoded(limits: limits))
      } catch {
        throw GRIPEncodingError("item \(index): \(error.description)")
      }
    }
    return batch(encoded[...])
  }

  /// The body of a publish request of items that are encoded already.
  package static func batch(_ encoded: ArraySlice<[UInt8]>) -> [UInt8] {
    var writer = JSONWriter(capacity: encoded.reduce(batchOverhead) { $0 + $1.count + 1 })
    writer.beginObject()
    writer.name("items")
    writer.beginArray()
    for item in encoded { writer.raw(item) }
    writer.endArray()
    writer.endObject()
    return writer.bytes
  }

  /// Bytes of an empty batch; each item adds its own and a comma.
  package static let batchOverhead = 12
}
