import Channels
import Hummingbird

/// Making and removing channels and nodes (buddycloud-http-api.md §4.10). Bodies are ignored.
enum ChannelRoutes {
  static let routes = [
    Route(.post, "/:channel") { call in
      let channel = try call.channel()
      let session = try await call.userSession()
      try await call.run { try await session.createTopicChannel(channel) }
      return .done
    },
    Route(.delete, "/:channel") { call in
      let channel = try call.channel()
      let session = try await call.userSession()
      try await call.run { try await session.deleteChannel(channel) }
      return .done
    },
    Route(.post, "/:channel/:node") { call in
      let node = try call.node()
      let session = try await call.userSession()
      try await call.run { try await session.createNode(node) }
      return .done
    },
    Route(.delete, "/:channel/:node") { call in
      let node = try call.node()
      let session = try await call.userSession()
      try await call.run { try await session.deleteNode(node) }
      return .done
    },
  ]
}
