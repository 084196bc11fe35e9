import FanoutBus
import GRIP
import HTTPTypes

// What a hold table tells of its listeners and items. Nothing here is called where nobody wants to know.
extension HoldTable {
  /// The number of a channel's listeners has changed.
  func tellListeners(_ index: Int, kind: HoldKind, _ statistics: LoopStatistics) {
    let entry = channels.entries[index]
    switch kind {
    case .poll: statistics.listenersChanged(entry.name, mode: .response, count: entry.polls.count)
    case .stream: statistics.listenersChanged(entry.name, mode: .stream, count: entry.streams.count)
    case .socket: statistics.listenersChanged(entry.name, mode: .webSocket, count: entry.sockets.count)
    }
  }

  /// Items have reached their home.
  func tellReceived(_ items: [PublishedItem], _ statistics: LoopStatistics) {
    statistics.received(sizes: items.map(\.item.countedSize))
  }

  /// An item passes on to the loops with listeners.
  func tellPassed(_ item: GRIPItem, _ statistics: LoopStatistics) {
    var modes: [DeliveryMode] = []
    if item.httpResponse != nil { modes.append(.response) }
    if item.httpStream != nil { modes.append(.stream) }
    if item.webSocket != nil { modes.append(.webSocket) }
    statistics.passed(channel: item.channel, id: item.id, size: item.countedSize, modes: modes)
  }

  /// Items have been handed to a client.
  func count(_ items: [EncodedItem], _ mode: DeliveryMode, _ hold: Hold?, _ statistics: LoopStatistics) {
    guard let hold else { return }
    let figures = statistics.figures(of: hold.statisticsRoute)
    for item in items {
      statistics.delivered(
        1, mode: mode, size: item.item.countedSize, bytes: item.item.contentSize(mode), figures: figures)
    }
  }

  /// The head of a response to a long-poll has been written.
  func countHead(
    _ status: Int, _ reason: String?, _ fields: [HTTPField], _ hold: Hold, _ statistics: LoopStatistics
  ) {
    statistics.figures(of: hold.statisticsRoute).add {
      $0.client.headerSent += StatisticsHead.response(status: status, reason: reason, fields: HTTPFields(fields))
    }
  }
}

extension GRIPItem {
  /// The size that counts for blocks: what the publisher says, or else the largest content.
  var countedSize: Int {
    size ?? DeliveryMode.allCases.map(contentSize).max() ?? 0
  }

  /// The bytes of content that a client gets.
  func contentSize(_ mode: DeliveryMode) -> Int {
    switch mode {
    case .response:
      guard case .send(let message)? = httpResponse else { return 0 }
      switch message.body {
      case .full(let content): return content.count
      case .patch(let json): return json.utf8.count
      }
    case .stream: if case .send(let content, _)? = httpStream { return content.count }
    case .webSocket:
      switch webSocket {
      case .send(let content, _, _): return content.count
      case .ping(let bytes), .pong(let bytes): return bytes.count
      default: return 0
      }
    }
    return 0
  }
}

extension DownstreamConnection {
  /// Counts a request from here on, or the WebSocket that it asks for.
  ///
  /// - Parameter socketID: the `Connection-Id` of a WebSocket.
  func beginStatistics(
    _ head: RequestHead, route: String?, isSecure: Bool, socketID: String?, _ statistics: LoopStatistics
  ) {
    endStatistics()
    let connection =
      socketID.map { statistics.socketBegan(id: $0, route: route, peer: peer, isSecure: isSecure) }
      ?? statistics.requestBegan(route: route, peer: peer, isSecure: isSecure)
    self.statistics = connection
    connection.figures.add {
      $0.client.headerReceived += StatisticsHead.request(
        method: head.method, target: head.target, host: head.authority, fields: head.fields)
    }
  }

  /// Counts the present request no longer.
  func endStatistics() {
    guard let connection = statistics else { return }
    statistics = nil
    loop.statistics?.ended(connection)
  }

  /// The head and the start of a stream are written by the hold table.
  func countHeldResponse(_ instruction: GRIPInstruction, _ response: GRIPResponse) {
    if case .response = instruction.hold { return }
    statistics?.figures.add {
      $0.client.headerSent += StatisticsHead.response(
        status: response.status, reason: response.reason, fields: response.headers)
      $0.client.contentSent += response.body.count
    }
  }
}

/// The size of a head as statistics have it, whatever it was on the wire.
///
/// **Spec**: GRIP proxy §21.1: the lengths of method, target, names and values; of status, reason, names and values.
enum StatisticsHead {
  static func request(method: String, target: String, host: String, fields: HTTPFields) -> Int {
    let line = method.utf8.count + target.utf8.count
    return line + (host.isEmpty ? 0 : "Host".utf8.count + host.utf8.count) + size(fields)
  }

  static func response(status: Int, reason: String?, fields: HTTPFields) -> Int {
    let phrase = reason ?? HTTPResponse.Status(code: min(max(status, 0), 999)).reasonPhrase
    return String(status).utf8.count + phrase.utf8.count + size(fields)
  }

  private static func size(_ fields: HTTPFields) -> Int {
    fields.reduce(0) { $0 + $1.name.rawName.utf8.count + $1.value.utf8.count }
  }
}
