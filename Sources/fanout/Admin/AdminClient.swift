import ArgumentParser
import AsyncHTTPClient
import FanoutEdge
import GRIP
import Glibc
import NIOCore
import NIOHTTP1

/// Where the admin API is, and with what one gets in: the options that its commands have in common.
struct AdminOptions: ParsableArguments {
  @Option(help: "The control address of the edge: a GRIP URL; otherwise $GRIP_URL, otherwise http://localhost:5561.")
  var control: String?

  @Option(name: [.customShort("u"), .customLong("user")], help: "user:password; over plain http to this machine only.")
  var credentials: String?

  @Option(name: [.customShort("B"), .customLong("bearer")], help: "A token; over plain http to this machine only.")
  var bearer: String?

  @Flag(help: "Print the JSON as it came.")
  var json = false

  /// The edge that is meant.
  func client() throws -> AdminClient {
    let endpoints = try ControlEndpoints.read(control, user: credentials, bearer: bearer)
    guard let endpoint = endpoints.first, endpoints.count == 1 else {
      throw ValidationError("--control takes one GRIP URL")
    }
    return try AdminClient(endpoint)
  }
}

/// Asks the admin API.
struct AdminClient {
  /// What an edge answered that was not wanted.
  struct Refusal: Error, CustomStringConvertible {
    let description: String
  }

  private let address: String
  private let authorization: String?

  /// - Parameter endpoint: a control address with its credentials; a signed token is good for a minute.
  init(_ endpoint: GRIPEndpoint) throws {
    var address = endpoint.controlURI
    while address.hasSuffix("/") { address.removeLast() }
    self.address = address
    switch endpoint.authentication {
    case .none: authorization = nil
    case .bearer(let token): authorization = "Bearer \(token)"
    case .basic(let user, let password):
      authorization = "Basic \(Base64.encode(Array("\(user):\(password)".utf8)))"
    case .jwt(let issuer, let key):
      authorization = "Bearer \(try GRIPSignature.sign(issuer: issuer, expires: Int64(time(nil)) + 60, key: key))"
    }
  }

  /// The text that a path answers with; a body makes it a POST.
  func text(_ path: String, body: String? = nil) async throws -> String {
    let client = HTTPClient(configuration: HTTPClient.Configuration())
    let result: Result<String, any Error>
    do {
      result = .success(try await answer(client, path, body))
    } catch {
      result = .failure(error)
    }
    try await client.shutdown()
    return try result.get()
  }

  /// The JSON that a path answers with.
  func value(_ path: String, body: String? = nil) async throws -> JSONValue {
    var options = JSONReader.Options()
    options.bytes = 64 << 20
    return try JSONReader.read(try await text(path, body: body).utf8, options: options)
  }

  private func answer(_ client: HTTPClient, _ path: String, _ body: String?) async throws -> String {
    var request = HTTPClientRequest(url: address + path)
    if let authorization { request.headers.add(name: "Authorization", value: authorization) }
    if let body {
      request.method = .POST
      request.headers.add(name: "Content-Type", value: "application/json")
      request.body = .bytes(ByteBuffer(string: body))
    }
    let response: HTTPClientResponse
    do {
      response = try await client.execute(request, timeout: .seconds(30))
    } catch {
      throw Refusal(description: "\(address) does not answer: \(error)")
    }
    let text = String(buffer: try await response.body.collect(upTo: 64 << 20))
    guard response.status == .ok else {
      let words = text.split(separator: "\n").first.map(String.init) ?? ""
      throw Refusal(description: "\(address)\(path) answered \(response.status.code): \(words)")
    }
    return text
  }

  /// A text as a part of a query (RFC 3986 §2.3).
  static func encoded(_ text: String) -> String {
    text.utf8.reduce(into: "") { encoded, byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        encoded.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        encoded += "%" + (digits.count == 1 ? "0" : "") + digits
      }
    }
  }
}

/// Control addresses as they are named on the command line.
enum ControlEndpoints {
  /// The addresses of a GRIP URL, of `$GRIP_URL`, or of this machine's edge.
  ///
  /// Credentials given apart are sent over TLS, or over plain http to this machine: there nobody reads them on the way.
  ///
  /// - Parameter others: forms of addresses that the command takes elsewhere, for what is said of a wrong one.
  static func read(
    _ spec: String?, user: String?, bearer: String?, others: [String] = []
  ) throws -> [GRIPEndpoint] {
    let url = spec ?? getenv("GRIP_URL").map { String(cString: $0) } ?? "http://localhost:5561"
    guard url.lowercased().hasPrefix("http") else {
      let schemes = ["http://", "https://"] + others
      let accepted = schemes.dropLast().joined(separator: ", ") + " and " + (schemes.last ?? "")
      throw ValidationError(
        "\(url) is no \(others.isEmpty ? "GRIP URL" : "address to publish to"); \(accepted) are accepted")
    }
    var endpoints: [GRIPEndpoint]
    do throws(GRIPDecodingError) {
      endpoints = try GRIPEndpoint.parse(gripURL: url) { try SystemFile.read($0) }
    } catch {
      throw ValidationError(error.description)
    }
    guard user != nil || bearer != nil else { return endpoints }
    guard user == nil || bearer == nil else { throw ValidationError("--user and --bearer exclude each other") }
    for index in endpoints.indices {
      let uri = endpoints[index].controlURI
      guard uri.lowercased().hasPrefix("https://") || BenchPlan.isThisMachine(uri) else {
        throw ValidationError("credentials are not sent to \(uri) over plain http; use https, or a loopback address")
      }
      if let bearer { endpoints[index].authentication = .bearer(token: bearer) }
      if let user {
        let parts = user.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw ValidationError("--user takes user:password") }
        endpoints[index].authentication = .basic(user: String(parts[0]), password: String(parts[1]))
      }
    }
    return endpoints
  }
}
