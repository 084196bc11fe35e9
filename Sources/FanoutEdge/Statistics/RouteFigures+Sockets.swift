import HTTPTypes
import NIOCore

// What is counted of WebSockets: heads, contents of frames, whole messages. What is published to them the hold table counts.
extension LoopStatistics.RouteFigures {
  /// The head of a request that asks an origin for a WebSocket, or is a part of one over HTTP.
  func requestSent(method: String, target: String, host: String, fields: HTTPFields) {
    add {
      $0.server.headerSent += StatisticsHead.request(method: method, target: target, host: host, fields: fields)
    }
  }

  /// The head of an origin's response to such a request.
  func responseReceived(_ head: ResponseHead) {
    add {
      $0.server.headerReceived += StatisticsHead.response(
        status: head.status, reason: head.reason, fields: head.fields)
    }
  }

  /// A frame goes to an origin, whichever way.
  func serverSent(_ frame: SocketFrame) {
    add {
      $0.server.contentSent += frame.payload.readableBytes
      if frame.endsMessage { $0.server.messagesSent += 1 }
    }
  }

  /// A frame has come from an origin.
  func serverReceived(_ frame: SocketFrame) {
    add {
      $0.server.contentReceived += frame.payload.readableBytes
      if frame.endsMessage { $0.server.messagesReceived += 1 }
    }
  }
}

extension DownstreamSocket {
  /// How often traffic of one WebSocket is told of (GRIP proxy §21.1 `activity`).
  private static let activityInterval = TimeAmount.seconds(60)

  /// A frame has come from the client.
  func countReceived(_ frame: SocketFrame) {
    if frame.endsMessage { loop.counters.socketMessagesReceived += 1 }
    count {
      $0.client.contentReceived += frame.payload.readableBytes
      if frame.endsMessage { $0.client.messagesReceived += 1 }
    }
  }

  /// A frame of the origin's goes to the client.
  func countSent(_ frame: SocketFrame) {
    if frame.endsMessage { loop.counters.socketMessagesSent += 1 }
    count {
      $0.client.contentSent += frame.payload.readableBytes
      if frame.endsMessage { $0.client.messagesSent += 1 }
    }
  }

  private func count(_ change: (inout StatisticsTraffic) -> Void) {
    guard let figures = connection.statistics?.figures else { return }
    let now = loop.eventLoop.now
    let isActivity = lastActivity.map { now - $0 >= Self.activityInterval } ?? true
    if isActivity { lastActivity = now }
    figures.add {
      if isActivity { $0.activity += 1 }
      change(&$0)
    }
  }
}

extension SocketFrame {
  /// Whether it is the end of a message; pings and pongs are none.
  var endsMessage: Bool { isLast && (kind == .text || kind == .binary) }
}
