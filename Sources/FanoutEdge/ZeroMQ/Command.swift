import GRIP

/// What a client of the command socket asks.
///
/// **Spec**: GRIP proxy §20. Deviates: what is no command is answered with `bad-request` (Pushpin answers nothing, and a
/// REQ client waits for ever; corrections 47).
enum Command: Hashable {
  /// Which of these connections are there.
  case connectionCheck(ids: [[UInt8]])
  /// Where publishers connect.
  case addresses
  /// Every held request looks again.
  case recover
  /// An empty WebSocket-over-HTTP request of one connection.
  case refreshConnection(id: [UInt8])
  /// The same for all connections that listen to a channel.
  case refreshChannel(String)
  case publish([GRIPItem])

  /// Why a request is refused.
  struct Refusal: Error, Hashable {
    /// One of the conditions of §20.
    var condition: String
    /// One line; empty for none.
    var text = ""

    static func badRequest(_ text: String) -> Refusal { Refusal(condition: "bad-request", text: text) }
  }

  /// A request: what its answer is called, and what it asks or why that is not known.
  struct Request: Hashable {
    /// Echoed; `nil` where the request has none.
    var id: [UInt8]?
    var command: Result<Command, Refusal>

    /// Reads a message's body.
    init(_ body: [UInt8], limits: GRIPLimits) {
      do throws(GRIPDecodingError) {
        guard case .map(let members) = try TNetReader.read(body, limits: limits) else {
          command = .failure(.badRequest("a request is a tnetstring map"))
          return
        }
        if case .bytes(let id)? = members.last(named: "id") { self.id = id }
        do throws(Refusal) {
          command = .success(try Command(members, limits: limits))
        } catch {
          command = .failure(error)
        }
      } catch {
        command = .failure(.badRequest(error.description))
      }
    }
  }

  private init(_ members: [TNetValue.Member], limits: GRIPLimits) throws(Refusal) {
    guard case .bytes(let method)? = members.last(named: "method") else {
      throw .badRequest("a request has a method, a string")
    }
    let arguments: [TNetValue.Member]
    switch members.last(named: "args") {
    case nil, .null?: arguments = []
    case .map(let members)?: arguments = members
    default: throw .badRequest("args is a map")
    }
    switch String(decoding: method, as: UTF8.self) {
    case "conncheck": self = .connectionCheck(ids: try Self.ids(arguments))
    case "get-zmq-uris": self = .addresses
    case "recover": self = .recover
    case "refresh": self = try Self.refresh(arguments)
    case "publish": self = .publish(try Self.items(arguments, limits: limits))
    default: throw Refusal(condition: "method-not-found")
    }
  }

  private static func ids(_ arguments: [TNetValue.Member]) throws(Refusal) -> [[UInt8]] {
    guard case .list(let elements)? = arguments.last(named: "ids") else { throw .badRequest("ids is a list") }
    var ids: [[UInt8]] = []
    for element in elements {
      guard case .bytes(let id) = element else { throw .badRequest("an id is a string") }
      ids.append(id)
    }
    return ids
  }

  private static func refresh(_ arguments: [TNetValue.Member]) throws(Refusal) -> Command {
    switch (arguments.last(named: "cid"), arguments.last(named: "channel")) {
    case (.bytes(let id)?, nil): return .refreshConnection(id: id)
    case (nil, .bytes(let bytes)?):
      guard let channel = String(validating: bytes, as: UTF8.self), !channel.isEmpty else {
        throw .badRequest("channel is a name in UTF-8")
      }
      return .refreshChannel(channel)
    default: throw .badRequest("refresh takes cid or channel, a string")
    }
  }

  private static func items(_ arguments: [TNetValue.Member], limits: GRIPLimits) throws(Refusal) -> [GRIPItem] {
    guard let value = arguments.last(named: "items") else {
      throw .badRequest("Invalid format: object does not contain 'items'")
    }
    guard case .list(let elements) = value else {
      throw .badRequest("Invalid format: object contains 'items' with wrong type")
    }
    guard elements.count <= limits.itemsPerPublish else {
      throw .badRequest("more than \(limits.itemsPerPublish) items")
    }
    var items: [GRIPItem] = []
    for (index, element) in elements.enumerated() {
      do throws(GRIPDecodingError) {
        items.append(try GRIPItem.decode(value: element, limits: limits))
      } catch {
        throw .badRequest("Invalid format: item \(index): \(error.description)")
      }
    }
    return items
  }

  /// An answer's body.
  static func answer(id: [UInt8]?, _ result: Result<TNetValue, Refusal>) -> [UInt8] {
    var members: [TNetValue.Member] = []
    if let id { members.append(TNetValue.Member("id", .bytes(id))) }
    switch result {
    case .success(let value):
      members.append(TNetValue.Member("success", .bool(true)))
      members.append(TNetValue.Member("value", value))
    case .failure(let refusal):
      members.append(TNetValue.Member("success", .bool(false)))
      members.append(TNetValue.Member("condition", .bytes(Array(refusal.condition.utf8))))
      if !refusal.text.isEmpty { members.append(TNetValue.Member("value", .bytes(Array(refusal.text.utf8)))) }
    }
    var bytes: [UInt8] = []
    TNetValue.map(members).write(to: &bytes)
    return bytes
  }
}

extension [TNetValue.Member] {
  /// The value of a name; of one that comes twice the last counts.
  func last(named name: String) -> TNetValue? {
    last { $0.name == name }?.value
  }
}
