import Channels
import Logging

/// What all requests share.
struct APIServices: Sendable {
  let configuration: APIConfiguration
  let channels: any ChannelService
  let logins: LoginCache
  let registrations: RateLimiter
  let publishes: RateLimiter
  let cors: CORSPolicy
  let hub: EventHub
  let connections: ConnectionRegistry
  let nextLinks: NextLinkSigner
  let time: TimeSource
  let logger: Logger
}
