import HTTPTypes

/// The head fields that held long-polls have in common, each set kept once per loop.
///
/// **Why**: ten thousand pollers with the same fields cost one set, and one encoding of an item.
struct ResponseTemplates {
  private struct Entry {
    var fields: HTTPFields
    var uses: Int
  }

  private var entries: ContiguousArray<Entry> = []
  private var indices: [HTTPFields: Int32] = [:]
  private var free: [Int32] = []

  /// The number of different sets.
  var count: Int { indices.count }

  /// Takes a set; `release` gives it back.
  mutating func take(_ fields: HTTPFields) -> Int32 {
    if let index = indices[fields] {
      entries[Int(index)].uses += 1
      return index
    }
    let entry = Entry(fields: fields, uses: 1)
    let index: Int32
    if let recycled = free.popLast() {
      index = recycled
      entries[Int(index)] = entry
    } else {
      index = Int32(entries.count)
      entries.append(entry)
    }
    indices[fields] = index
    return index
  }

  /// Gives a set back. Encodings made with it stay valid until the last use has gone.
  mutating func release(_ index: Int32) {
    entries[Int(index)].uses -= 1
    guard entries[Int(index)].uses == 0 else { return }
    indices[entries[Int(index)].fields] = nil
    entries[Int(index)].fields = HTTPFields()
    free.append(index)
  }

  /// The fields.
  subscript(index: Int32) -> HTTPFields { entries[Int(index)].fields }
}
