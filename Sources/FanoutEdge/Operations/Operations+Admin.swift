import FanoutBus
import GRIP
import HTTPTypes
import Logging
import NIOCore
import ServerKit

// The answers of `/admin/…`.
extension Operations {
  /// Does what a request asks.
  func perform(_ request: AdminRequest, body: [UInt8]) async -> ControlAPI.Response {
    do throws(AdminRequest.Problem) {
      switch request {
      case .routes: return routeList()
      case .match: return try await match(body)
      case .channels(let prefix, let after, let limit): return await channelList(prefix, after, limit)
      case .connections(let query): return await connectionList(query)
      case .stats: return stats(await snapshot())
      case .close: return try await close(body)
      case .publish: return try publish(body)
      }
    } catch {
      return .text(error.status, error.text + "\n")
    }
  }

  // MARK: Channels and connections

  private func channelList(_ prefix: String, _ after: String?, _ limit: Int) async -> ControlAPI.Response {
    let (channels, hasMore) = await core.channels(prefix: prefix, after: after, limit: limit, on: loop)
    return .json { writer in
      writer.name("channels")
      writer.beginArray()
      for channel in channels {
        writer.beginObject()
        writer.name("channel")
        writer.string(channel.name)
        writer.name("members")
        writer.counts(HoldKind.allCases.map { ($0.name, channel.members[Int($0.rawValue)]) })
        writer.endObject()
      }
      writer.endArray()
      if hasMore, let last = channels.last {
        writer.name("next")
        writer.string(last.name)
      }
    }
  }

  private func connectionList(_ query: ConnectionQuery) async -> ControlAPI.Response {
    let few = FirstFew<ConnectionReport>(limit: query.offset + query.limit) { query.isBefore($0, $1) }
    let found = await edge.surveyConnections(few) { few, report in
      if query.matches(report) { few.add(report) }
    }
    let page = found.sorted.dropFirst(query.offset)
    return .json { writer in
      writer.name("total")
      writer.integer(found.count)
      writer.name("connections")
      writer.beginArray()
      for report in page { writer.connection(report) }
      writer.endArray()
      if query.offset + page.count < found.count, query.offset + page.count <= 10_000 {
        writer.name("next")
        writer.integer(query.offset + page.count)
      }
    }
  }

  // MARK: Changes

  private func close(_ body: [UInt8]) async throws(AdminRequest.Problem) -> ControlAPI.Response {
    let members = try object(body)
    guard members.members.count == 1, let member = members.members.first else {
      throw AdminRequest.Problem(
        status: 400, text: "Name one of \"connection\" (a number), \"user\" and \"channel\" (texts).")
    }
    let count: Int
    switch (member.name, member.value) {
    case ("connection", .number(let number)):
      guard let id = number.exactInteger else {
        throw AdminRequest.Problem(status: 400, text: "A connection's number is a whole one.")
      }
      count = await edge.closeConnection(Int(id)) ? 1 : 0
    case ("user", .string(let user)): count = await core.closeHolds(ofUser: user, on: loop)
    case ("channel", .string(let channel)): count = await core.closeListeners(of: channel, on: loop)
    default:
      throw AdminRequest.Problem(
        status: 400, text: "\"connection\" takes a number, \"user\" and \"channel\" take a text; others are not known.")
    }
    logger.notice("connections closed by an operator", metadata: .keys([.reason: member.name, .count: count]))
    return .json { writer in
      writer.name("closed")
      writer.integer(count)
    }
  }

  private func publish(_ body: [UInt8]) throws(AdminRequest.Problem) -> ControlAPI.Response {
    var members = try object(body)
    guard case .array(let names)? = members["channels"], (1...1000).contains(names.count) else {
      throw AdminRequest.Problem(status: 400, text: "\"channels\" takes 1 to 1000 names of channels.")
    }
    members["channels"] = nil
    var items: [GRIPItem] = []
    do throws(GRIPDecodingError) {
      // The contents are read once, and shared by the items of all channels.
      members["channel"] = .string("all")
      guard let item = try decode([.object(members)]).first else { throw GRIPDecodingError("no item") }
      let hint = JSONObject(("http-stream", .object(JSONObject(("action", .string("hint"))))))
      for named in try decode(names.map { .object(JSONObject(("channel", $0), ("formats", .object(hint)))) }) {
        var copy = item
        copy.channel = named.channel
        items.append(copy)
      }
    } catch {
      throw AdminRequest.Problem(status: 400, text: error.description)
    }
    do throws(BusError) {
      try bus.publish(items)
    } catch .overloaded {
      throw AdminRequest.Problem(status: 503, text: "Too much is on its way. Nothing was published; try again.")
    } catch {
      throw AdminRequest.Problem(status: 503, text: "Nothing is delivered now. Nothing was published; try again.")
    }
    return .json { writer in
      writer.name("published")
      writer.integer(items.count)
    }
  }

  private func decode(_ items: [JSONValue]) throws(GRIPDecodingError) -> [GRIPItem] {
    var writer = JSONWriter()
    writer.value(.object(JSONObject(("items", .array(items)))))
    var limits = GRIPLimits()
    limits.publishBytes = max(configuration.control.maxBodyBytes, writer.bytes.count)
    return try GRIPItem.decodeBatch(writer.bytes, limits: limits)
  }

  /// The members of a body that is a JSON object.
  func object(_ body: [UInt8]) throws(AdminRequest.Problem) -> JSONObject {
    var options = JSONReader.Options()
    options.bytes = configuration.control.maxBodyBytes
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONReader.read(body, options: options)
    } catch {
      throw AdminRequest.Problem(status: 400, text: "The body is no JSON: \(error.reason) at byte \(error.offset).")
    }
    guard case .object(let object) = value else {
      throw AdminRequest.Problem(status: 400, text: "The body must be a JSON object.")
    }
    return object
  }
}

extension JSONObject {
  /// An object with these members.
  init(_ members: (String, JSONValue)...) {
    self.init()
    for (name, value) in members { set(name, value) }
  }
}

extension ControlAPI.Response {
  /// A JSON object with the members that the closure writes, and a line end.
  static func json(_ write: (inout JSONWriter) -> Void) -> ControlAPI.Response {
    var writer = JSONWriter(capacity: 4096)
    writer.beginObject()
    write(&writer)
    writer.endObject()
    return .json(String(decoding: writer.bytes, as: UTF8.self) + "\n")
  }
}

extension JSONWriter {
  /// An object of numbers.
  mutating func counts(_ counts: some Sequence<(String, Int)>) {
    beginObject()
    for (name, count) in counts {
      self.name(name)
      integer(count)
    }
    endObject()
  }

  fileprivate mutating func connection(_ report: ConnectionReport) {
    beginObject()
    name("id")
    integer(report.id)
    member("peer", report.peer)
    member("transport", report.transport)
    member("state", report.state)
    member("route", report.route)
    member("path", report.path)
    name("age-ms")
    integer(Int(report.ageMilliseconds))
    name("queued-bytes")
    integer(report.queuedBytes)
    if let slow = report.slowMilliseconds {
      name("slow-ms")
      integer(Int(slow))
    }
    if !report.channels.isEmpty {
      name("channels")
      beginArray()
      for channel in report.channels { string(channel) }
      endArray()
    }
    member("user", report.user)
    member("connection-id", report.socketID)
    endObject()
  }

  /// A text, left out where there is none.
  mutating func member(_ name: String, _ text: String?) {
    guard let text else { return }
    self.name(name)
    string(text)
  }
}
