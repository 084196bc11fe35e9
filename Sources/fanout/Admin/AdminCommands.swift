import ArgumentParser
import GRIP

/// `fanout routes`: the routes of a running edge, or which of them a request would meet.
struct RoutesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "routes", abstract: "List the routes of a running edge, or try a request against them.",
    discussion: """
      With a URL nothing is sent; the answer says which rule fits, where the request would go, and what the origin would see:

        fanout routes http://example.org/chat?room=1 --header 'X-Mine: 1'
      """)

  @OptionGroup var options: AdminOptions

  @Argument(help: "A URL to try; without it the routes are listed.")
  var url: String?

  @Option(help: "The method to try.")
  var method = "GET"

  @Option(name: [.customShort("H"), .customLong("header")], help: "A field to try, 'K: V'; repeatable.")
  var headers: [String] = []

  func run() async throws {
    let client = try options.client()
    guard let url else {
      let text = try await client.text("/admin/routes")
      return print(
        options.json ? text : AdminTables.routes(try JSONReader.read(text.utf8)), terminator: options.json ? "" : "\n")
    }
    let text = try await client.text("/admin/routes/match", body: try description(url))
    if options.json { return print(text, terminator: "") }
    let value = try JSONReader.read(text.utf8)
    print(AdminTables.match(value))
    if value.member("route") == .null { throw ExitCode(1) }
  }

  private func description(_ url: String) throws -> String {
    var fields = JSONObject()
    for line in headers {
      guard let colon = line.firstIndex(of: ":") else {
        throw ValidationError("--header takes 'Name: value', not '\(line)'")
      }
      fields.set(String(line[..<colon]), .string(String(line[line.index(after: colon)...].drop { $0 == " " })))
    }
    var object = JSONObject()
    object.set("url", .string(url))
    object.set("method", .string(method))
    object.set("headers", .object(fields))
    var writer = JSONWriter()
    writer.value(.object(object))
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}

/// `fanout channels`: channels with listeners.
struct ChannelsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "channels", abstract: "List the channels of a running edge that have listeners.")

  @OptionGroup var options: AdminOptions

  @Option(help: "Only channels whose names begin so.")
  var prefix = ""

  @Option(help: "Only channels whose names come after this one.")
  var after: String?

  @Option(help: "How many at most, 1 to 1000.")
  var limit = 100

  func run() async throws {
    var path = "/admin/channels?limit=\(limit)&prefix=\(AdminClient.encoded(prefix))"
    if let after { path += "&after=\(AdminClient.encoded(after))" }
    let text = try await options.client().text(path)
    if options.json { return print(text, terminator: "") }
    print(AdminTables.channels(try JSONReader.read(text.utf8)))
  }
}

/// `fanout connections`: who is connected, and who is slow.
struct ConnectionsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "connections",
    abstract: "List the client connections of a running edge, those with the most bytes waiting first.")

  @OptionGroup var options: AdminOptions

  @Option(help: "queued (bytes that wait), slow (since when nothing is taken) or age.")
  var sort = "queued"

  @Flag(help: "Only those that take nothing now.")
  var slow = false

  @Option(help: "Only those held in this way: http, long-poll, stream.")
  var transport: String?

  @Option(help: "Only those of this route.")
  var route: String?

  @Option(help: "Only those that listen to this channel.")
  var channel: String?

  @Option(name: .customLong("of-user"), help: "Only those whose meta names this user.")
  var ofUser: String?

  @Option(help: "Leave out so many.")
  var offset = 0

  @Option(help: "How many at most, 1 to 1000.")
  var limit = 50

  func run() async throws {
    var path = "/admin/connections?sort=\(AdminClient.encoded(sort))&limit=\(limit)&offset=\(offset)"
    if slow { path += "&slow=true" }
    for (name, value) in [("transport", transport), ("route", route), ("channel", channel), ("user", ofUser)] {
      if let value { path += "&\(name)=\(AdminClient.encoded(value))" }
    }
    let text = try await options.client().text(path)
    if options.json { return print(text, terminator: "") }
    print(AdminTables.connections(try JSONReader.read(text.utf8)))
  }
}

/// `fanout stats`: what an edge has done.
struct StatsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stats", abstract: "Print what a running edge has done and has now.")

  @OptionGroup var options: AdminOptions

  func run() async throws {
    let text = try await options.client().text("/admin/stats")
    if options.json { return print(text, terminator: "") }
    print(AdminTables.stats(try JSONReader.read(text.utf8)))
  }
}

/// `fanout close`: ends connections.
struct CloseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "close",
    abstract: "Close one connection of a running edge, a user's, or those that listen to a channel.")

  @OptionGroup var options: AdminOptions

  @Option(help: "The number of a connection, as `fanout connections` lists it.")
  var connection: Int?

  @Option(name: .customLong("of-user"), help: "Held connections whose meta names this user.")
  var ofUser: String?

  @Option(help: "Held connections that listen to this channel.")
  var channel: String?

  func run() async throws {
    var object = JSONObject()
    if let connection { object.set("connection", .number(JSONNumber(connection))) }
    if let ofUser { object.set("user", .string(ofUser)) }
    if let channel { object.set("channel", .string(channel)) }
    guard object.members.count == 1 else {
      throw ValidationError("name one of --connection, --of-user and --channel")
    }
    var writer = JSONWriter()
    writer.value(.object(object))
    let text = try await options.client().text("/admin/close", body: String(decoding: writer.bytes, as: UTF8.self))
    if options.json { return print(text, terminator: "") }
    let count = try JSONReader.read(text.utf8).member("closed")?.count ?? 0
    print(count == 1 ? "1 connection closed" : "\(count) connections closed")
    if count == 0 { throw ExitCode(1) }
  }
}
