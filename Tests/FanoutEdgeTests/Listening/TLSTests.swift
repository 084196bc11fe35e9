import FanoutEdge
import GRIP
import NIOCore
import NIOSSL
import Testing

@Suite("GRIP §2.2: TLS and its certificates")
struct TLSTests {
  private static func secure(_ folder: CertificateFolder) -> @Sendable (inout EdgeConfiguration) -> Void {
    { configuration in
      configuration.listen[0].isSecure = true
      configuration.tls.certificateDirectory = folder.path
    }
  }

  @Test func `the name decides: exact, wildcard one level up, default of the port, else nothing`() async throws {
    let folder = try CertificateFolder()
    try folder.write(TestCertificates.romeo, as: "romeo.test")
    try folder.write(TestCertificates.balcony, as: "_.capulet.test")
    try await EdgeFixture.run(configure: Self.secure(folder)) { fixture in
      func shown(_ name: String?) async throws -> NIOSSLCertificate {
        try await CertificateFolder.shown(port: fixture.port, name: name)
      }
      #expect(try await shown("romeo.test") == TestCertificates.romeo.parsed)
      #expect(try await shown("ROMEO.test") == TestCertificates.romeo.parsed)
      #expect(try await shown("orchard.capulet.test") == TestCertificates.balcony.parsed)
      for name in ["capulet.test", "a.b.capulet.test", "tybalt.test", nil] {
        await #expect(throws: (any Error).self) { try await shown(name) }
      }
      try folder.write(TestCertificates.juliet, as: "default_\(fixture.port)")
      for name in ["capulet.test", "tybalt.test", nil] {
        #expect(try await shown(name) == TestCertificates.juliet.parsed)
      }
      #expect(try await shown("romeo.test") == TestCertificates.romeo.parsed)
      #expect(await fixture.edge.counters().handshakes == 7)
    }
  }

  @Test func `a broken or half replaced pair leaves the one before it in use`() async throws {
    let folder = try CertificateFolder()
    try folder.write(TestCertificates.romeo, as: "romeo.test")
    try await EdgeFixture.run(configure: Self.secure(folder)) { fixture in
      func shown() async throws -> NIOSSLCertificate {
        try await CertificateFolder.shown(port: fixture.port, name: "romeo.test")
      }
      #expect(try await shown() == TestCertificates.romeo.parsed)
      try folder.write("-----BEGIN CERTIFICATE-----\nnonsense\n", as: "romeo.test.crt")
      #expect(try await shown() == TestCertificates.romeo.parsed)
      // A certificate without its own key yet.
      try folder.write(TestCertificates.juliet.certificate, as: "romeo.test.crt")
      #expect(try await shown() == TestCertificates.romeo.parsed)
      try folder.write(TestCertificates.juliet.key, as: "romeo.test.key")
      #expect(try await shown() == TestCertificates.juliet.parsed)
    }
  }

  @Test func `held connections do not notice that certificates are replaced`() async throws {
    let folder = try CertificateFolder()
    try folder.write(TestCertificates.romeo, as: "romeo.test")
    try await WholeEdge.run(
      configure: Self.secure(folder),
      origin: { _ in .bytes(response(200, ["Grip-Hold: stream", "Grip-Channel: c"], body: "[\n")) },
      { edge in
        let client = try await HTTP2Client.connect(
          port: edge.port, tls: CertificateFolder.believing(alpn: ["h2"]))
        var streams: [HTTP2Client.Stream] = []
        for _ in 0..<10 { streams.append(try await client.request("/")) }
        try await edge.wait(holds: 10)
        for number in 1...20 {
          let pair = number.isMultiple(of: 2) ? TestCertificates.romeo : TestCertificates.juliet
          try folder.write(pair, as: "romeo.test")
          try edge.publish("c", "\(number)")
          if number.isMultiple(of: 5) { edge.edge.reload(routes: RouteTable([])) }
          #expect(try await CertificateFolder.shown(port: edge.port, name: "romeo.test") == pair.parsed)
        }
        let whole = "[\n" + (1...20).map { "\($0)\n" }.joined()
        for stream in streams {
          let answer = try await stream.wait { $0.body.hasSuffix("\n20\n") || $0.isOver }
          #expect(answer.body == whole)
          #expect(!answer.isOver)
        }
        await client.close()
      })
  }

  @Test func `without ALPN it is HTTP 1, and never written past TLS`() async throws {
    let folder = try CertificateFolder()
    try folder.write(TestCertificates.romeo, as: "romeo.test")
    try await EdgeFixture.run(
      configure: Self.secure(folder),
      origin: { _ in .bytes(response(200, ["Grip-Hold: stream", "Grip-Channel: c"])) },
      { fixture in
        let client = try await RawClient.connect(
          port: fixture.port, tls: CertificateFolder.believing(alpn: []))
        try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        try await fixture.holds.wait(for: 1)
        #expect(fixture.holds.holds.first?.descriptor == -1)
        #expect(fixture.origin.requests.first?.values("X-Forwarded-For") == ["127.0.0.1"])
        await client.close()
      })
  }

  @Test func `a handshake has a time limit, and there is a bound on how many are under way`() async throws {
    let folder = try CertificateFolder()
    try folder.write(TestCertificates.romeo, as: "romeo.test")
    let secure = Self.secure(folder)
    try await EdgeFixture.run(
      configure: { configuration in
        secure(&configuration)
        configuration.tls.handshakeTimeout = .milliseconds(500)
        configuration.tls.maxHandshakes = 1
      },
      { fixture in
        let first = try await RawBytesClient.connect(port: fixture.port)
        // Both are in the kernel's queue in this order, so the first is under way when the second comes.
        let second = try await RawBytesClient.connect(port: fixture.port)
        #expect(try await second.receiveAll().isEmpty)
        _ = try await first.receiveAll()
        let counters = await fixture.edge.counters()
        #expect(counters.handshakeRefusals == 1)
        #expect(counters.handshakeFailures == 1)
        #expect(
          try await CertificateFolder.shown(port: fixture.port, name: "romeo.test") == TestCertificates.romeo.parsed)
      })
  }
}

@Suite("GRIP §3.4, §4.4: TLS to origins")
struct OriginTLSTests {
  /// An edge with TLS stands for the origin of another.
  private static func exchange(
    shown pair: TestCertificates.Pair, host: String, trusts: Bool = true, change: @escaping (inout OriginTarget) -> Void
  ) async throws -> String {
    let folder = try CertificateFolder()
    try folder.write(
      TestCertificates.romeo.certificate + TestCertificates.balcony.certificate, as: "roots.pem")
    var answer = ""
    try await EdgeFixture.run(
      configure: { configuration in
        configuration.listen[0].isSecure = true
        configuration.tls.certificateDirectory = folder.path
      },
      origin: { _ in .bytes(response(body: "by TLS")) },
      { origin in
        try folder.write(pair, as: "default_\(origin.port)")
        try await EdgeFixture.run(configure: { $0.origins.trustFile = trusts ? "\(folder.path)/roots.pem" : nil }) {
          fixture in
          var target = OriginTarget(host: "127.0.0.1", port: origin.port)
          target.isSecure = true
          change(&target)
          fixture.edge.reload(routes: RouteTable([Route(host: nil, isDebug: true, targets: [target])]))
          // The new routes are there when the loops answer.
          _ = await fixture.edge.counters()
          answer = try await fixture.exchange(
            "GET / HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n", seconds: 20)
        }
      })
    return answer
  }

  @Test func `a certificate of a known root for the request's host is believed`() async throws {
    let answer = try await Self.exchange(shown: TestCertificates.romeo, host: "romeo.test:80") { _ in }
    #expect(answer.hasSuffix("by TLS"))
  }

  @Test func `one for another host is not`() async throws {
    let right = try await Self.exchange(shown: TestCertificates.balcony, host: "orchard.capulet.test") { _ in }
    #expect(right.hasSuffix("by TLS"))
    let answer = try await Self.exchange(shown: TestCertificates.balcony, host: "tybalt.test") { _ in }
    #expect(answer.hasPrefix("HTTP/1.1 502 "))
    #expect(answer.contains("Unable to connect to any targets"))
  }

  @Test func `one of an unknown root is not`() async throws {
    let answer = try await Self.exchange(shown: TestCertificates.juliet, host: "juliet.test") { _ in }
    #expect(answer.hasPrefix("HTTP/1.1 502 "))
  }

  @Test func `the system's roots are believed, and no other, where no file is named`() async throws {
    let answer = try await Self.exchange(shown: TestCertificates.romeo, host: "romeo.test", trusts: false) { _ in }
    #expect(answer.hasPrefix("HTTP/1.1 502 "))
  }

  @Test func `trust_connect_host looks for the target's own address`() async throws {
    let answer = try await Self.exchange(shown: TestCertificates.romeo, host: "tybalt.test") {
      $0.trustConnectHost = true
    }
    #expect(answer.hasSuffix("by TLS"))
  }

  @Test func `insecure believes everybody`() async throws {
    let answer = try await Self.exchange(shown: TestCertificates.juliet, host: "a", trusts: false) {
      $0.isUnverified = true
    }
    #expect(answer.hasSuffix("by TLS"))
  }

  @Test func `a target whose handshake fails is passed over`() async throws {
    try await EdgeFixture.run(routes: ["* ORIGIN"]) { fixture in
      var secure = OriginTarget(host: "127.0.0.1", port: fixture.origin.port)
      secure.isSecure = true
      let plain = OriginTarget(host: "127.0.0.1", port: fixture.origin.port)
      fixture.edge.reload(routes: RouteTable([Route(host: nil, targets: [secure, plain])]))
      _ = await fixture.edge.counters()
      let answer = try await fixture.exchange("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", seconds: 20)
      #expect(answer.hasPrefix("HTTP/1.1 200 "))
      #expect(await fixture.edge.counters().failovers == 1)
    }
  }
}
