import FanoutEdge
import Glibc
import NIOCore
import Testing

@Suite("GRIP §2.3: Unix sockets, and the PROXY protocol")
struct ListenerTests {
  private static func path() -> String { "/tmp/fanout-test-\(UInt64.random(in: 0..<(.max))).sock" }

  private static func mode(_ path: String) -> UInt32? {
    var information = stat()
    return lstat(path, &information) == 0 ? UInt32(information.st_mode) & 0o777 : nil
  }

  private static let request = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

  @Test func `a Unix socket serves beside TCP, has the mode asked for, and goes at the end`() async throws {
    let path = Self.path()
    try await EdgeFixture.run(configure: { configuration in
      configuration.loopCount = 2
      configuration.listen.append(ListenAddress(local: LocalSocket(path: path, mode: 0o640)))
    }) { fixture in
      #expect(Self.mode(path) == 0o640)
      for _ in 0..<10 {
        let client = try await RawClient.connect(unixSocket: path)
        try await client.send(Self.request)
        #expect(try await client.receiveAll(seconds: 20).hasPrefix("HTTP/1.1 200 "))
      }
      #expect(fixture.origin.requests.first?.values("X-Forwarded-For") == [])
      #expect(try await fixture.exchange(Self.request, seconds: 20).hasPrefix("HTTP/1.1 200 "))
    }
    #expect(Self.mode(path) == nil)
  }

  @Test func `a file that a dead server left is replaced, one that is in use or no socket is not`() async throws {
    let path = Self.path()
    func start() async throws {
      try await EdgeFixture.run(configure: { $0.listen.append(ListenAddress(local: LocalSocket(path: path))) }) { _ in
        await #expect(throws: Edge.StartError.self) {
          try await EdgeFixture.run(configure: { $0.listen.append(ListenAddress(local: LocalSocket(path: path))) }) {
            _ in
          }
        }
        #expect(Self.mode(path) != nil)
      }
    }
    // NIO would remove the file; a process that dies does not.
    let stale = socket(AF_UNIX, 1, 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(stale, $0, size) }
    }
    #expect(status == 0)
    close(stale)
    #expect(Self.mode(path) != nil)
    try await start()
    fclose(fopen(path, "w"))
    defer { unlink(path) }
    await #expect(throws: Edge.StartError.self) { try await start() }
    #expect(Self.mode(path) != nil)
  }

  @Test(arguments: [
    LocalSocket(path: "/nonexistent/x.sock"), LocalSocket(path: String(repeating: "x", count: 108)),
    LocalSocket(path: "/tmp/fanout-nobody.sock", user: "no such user"),
    LocalSocket(path: "/tmp/fanout-nobody.sock", group: "no such group"),
  ])
  func `what cannot be made is said, and nothing is left`(socket: LocalSocket) async throws {
    await #expect(throws: Edge.StartError.self) {
      try await EdgeFixture.run(configure: { $0.listen.append(ListenAddress(local: socket)) }) { _ in }
    }
    #expect(Self.mode(socket.path) == nil)
  }

  private static func proxied(_ bytes: [UInt8], cut: Int? = nil) async throws -> (answer: String, peers: [String]) {
    var result = ("", [String]())
    try await EdgeFixture.run(configure: { $0.listen[0].expectsProxyHeader = true }) { fixture in
      let client = try await RawClient.connect(port: fixture.port)
      if let cut {
        try await client.send(bytes: Array(bytes.prefix(cut)))
        try await client.send(bytes: Array(bytes.dropFirst(cut)))
      } else {
        try await client.send(bytes: bytes)
      }
      result.0 = try await client.receiveAll(seconds: 20)
      result.1 = fixture.origin.requests.flatMap { $0.values("X-Forwarded-For") }
    }
    return result
  }

  @Test func `the address in a PROXY header is the client's`() async throws {
    let request = Array(Self.request.utf8)
    let line = Array("PROXY TCP4 192.0.2.7 198.51.100.1 8080 80\r\n".utf8)
    for cut in [nil, 1, 20, line.count, line.count + 5] {
      let (answer, peers) = try await Self.proxied(line + request, cut: cut)
      #expect(answer.hasPrefix("HTTP/1.1 200 "))
      #expect(peers == ["192.0.2.7"])
    }
    let unknown = try await Self.proxied(Array("PROXY UNKNOWN\r\n".utf8) + request)
    #expect(unknown.peers == ["127.0.0.1"])
  }

  @Test func `a connection without the header is closed without an answer`() async throws {
    let (answer, peers) = try await Self.proxied(Array(Self.request.utf8))
    #expect(answer.isEmpty)
    #expect(peers.isEmpty)
  }

  @Test func `a header has a time limit`() async throws {
    try await EdgeFixture.run(configure: { configuration in
      configuration.listen[0].expectsProxyHeader = true
      configuration.proxyHeaderTimeout = .milliseconds(200)
    }) { fixture in
      let client = try await RawClient.connect(port: fixture.port)
      try await client.send("PROXY TCP4 192.0.2.7")
      #expect(try await client.receiveAll(seconds: 20).isEmpty)
    }
  }

  @Test func `the header comes before TLS and before HTTP 2`() async throws {
    let folder = try CertificateFolder()
    try folder.write(TestCertificates.romeo, as: "romeo.test")
    try await EdgeFixture.run(configure: { configuration in
      configuration.listen[0].expectsProxyHeader = true
      configuration.listen[0].isSecure = true
      configuration.tls.certificateDirectory = folder.path
    }) { fixture in
      let client = try await HTTP2Client.connect(
        port: fixture.port, tls: CertificateFolder.believing(alpn: ["h2"]),
        before: "PROXY TCP6 2001:db8::7 ::1 8080 80\r\n")
      #expect(try await client.answer("/").status == "200")
      #expect(fixture.origin.requests.first?.values("X-Forwarded-For") == ["2001:db8::7"])
      await client.close()
    }
  }

  @Test(arguments: [
    ("[::1]:8443?proxy_protocol&http2=false", true), ("443", true), ("80?http2", false),
    ("127.0.0.1:80?http2=true", false),
  ])
  func `addresses of a file are read`(text: String, isSecure: Bool) throws {
    let address = try ListenAddressText.network(text, isSecure: isSecure)
    #expect(address.isSecure == isSecure)
    #expect(address.expectsProxyHeader == text.contains("proxy_protocol"))
    #expect(address.allowsHTTP2 == (text.contains("http2=false") ? false : isSecure || text.contains("http2")))
  }

  @Test func `paths of a file are read`() throws {
    let address = try ListenAddressText.local("/run/x.sock?mode=660&user=romeo&group=montague&proxy_protocol")
    #expect(address.local == LocalSocket(path: "/run/x.sock", mode: 0o660, user: "romeo", group: "montague"))
    #expect(address.expectsProxyHeader)
    for text in [
      "", "x?mode=8", "x?mode=1777", "x?mode", "x?user=", "x?colour=red", "x?mode=1&mode=2", "x?proxy_protocol=1",
    ] {
      #expect(throws: ListenAddressText.Fault.self) { try ListenAddressText.local(text) }
    }
    for text in ["", "x", "80?mode=660", "80?http2=yes", "70000"] {
      #expect(throws: ListenAddressText.Fault.self) { try ListenAddressText.network(text, isSecure: false) }
    }
  }
}
