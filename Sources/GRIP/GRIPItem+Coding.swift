extension GRIPItem {
  /// Reads the body of a publish request, `{"items": […]}`. All items or none.
  ///
  /// **Errors**: texts as a Pushpin publisher knows them (`Body is not valid JSON.`, `Invalid format: …`), with the
  /// index of the item at fault.
  public static func decodeBatch(_ body: some Sequence<UInt8>) throws(GRIPDecodingError) -> [GRIPItem] { fatalError() }

  /// The body of a publish request.
  public static func encodeBatch(_ items: [GRIPItem]) throws(GRIPEncodingError) -> [UInt8] { fatalError() }
}
