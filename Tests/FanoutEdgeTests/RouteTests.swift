import FanoutEdge
import HTTPTypes
import NIOCore
import Testing

@Suite("GRIP §3: routes")
struct RouteTests {
  private static func read(_ lines: String...) -> RouteParser.Reading {
    RouteParser { path in path == "key.hex" ? Array("6b6579".utf8) : [] }.read(lines: lines, source: "routes")
  }

  private static func route(_ line: String) throws -> Route {
    let reading = read(line)
    if let problem = reading.problems.first { throw problem }
    return try #require(reading.table.routes.first)
  }

  @Test func `a line has a condition and targets in order`() throws {
    let route = try Self.route(
      "Example.ORG,path_beg=/a,id=main,prefix=p-,debug 10.0.0.1:80 [::1]:8080,untrusted,over_http")
    #expect(route.host == "example.org")
    #expect(route.pathBeginning == "/a")
    #expect(route.id == "main")
    #expect(route.channelPrefix == "p-")
    #expect(route.isDebug && route.isGRIP)
    #expect(route.targets.map(\.description) == ["10.0.0.1:80", "[::1]:8080"])
    #expect(route.targets.map(\.isUntrusted) == [false, true])
    #expect(route.targets[1].isOverHTTP)
  }

  @Test func `quotes hold blanks, commas and signs, and comments end a line`() throws {
    let route = try Self.route(#"*,header="X-A: b, c=\"d\" # \\",prefix="a b" h:1 # more, here"#)
    #expect(route.forcedFields.map(\.value) == [#"b, c="d" # \"#])
    #expect(route.channelPrefix == "a b")
    #expect(Self.read("", "   ", "# only", "* h:1").table.routes.count == 1)
  }

  @Test func `a target may name channels of its own`() throws {
    #expect(try Self.route("* h:1,sub=a,sub=b").targets[0].implicitChannels == ["a", "b"])
  }

  @Test func `flags are on by their presence and off by their value`() throws {
    #expect(try !Self.route("*,no_grip h:1").isGRIP)
    #expect(try Self.route("*,no_grip=false h:1").isGRIP)
    #expect(try !Self.route("*,grip=no h:1").isGRIP)
    #expect(try Self.route("*,debug=true h:1").isDebug)
  }

  @Test(arguments: [
    ("/a", "/app", "", 0, "/a"), ("/app/x?app", "/app", "/in", 4, "/in/x?app"), ("/app?q", "/app", "", 4, "/?q"),
    ("/app", "/app", "/", 4, "/"),
  ])
  func `a path is rewritten by length`(
    target: String, beginning: String, replacement: String, removed: Int, expected: String
  ) {
    let route = Route(
      host: nil, pathBeginning: beginning, removedPathCount: removed, pathReplacement: replacement,
      targets: [OriginTarget(host: "h", port: 1)])
    #expect(route.originTarget(of: target) == expected)
  }

  @Test func `the key grammar is that of the codecs`() throws {
    #expect(try Self.route("*,sig_iss=i,sig_key=base64:c2VjcmV0 h:1").signatureKey != nil)
    #expect(try Self.route("*,sig_key=file:key.hex h:1").signatureKey != nil)
  }

  @Test(arguments: [
    ("*", "must specify condition and at least one target"), ("* h", "target bad format"),
    ("* h:0", "target invalid port"),
    ("* h:65536", "target bad format"), ("* h:x", "target bad format"), ("* test", "not supported"),
    ("* zhttp/tcp://x", "not supported"), ("*,colour=red h:1", "unknown condition property colour"),
    ("* h:1,colour", "unknown target property colour"), ("*,aco h:1", "not supported"), ("* h:1,ssl", "not supported"),
    ("*,path_beg h:1", "path_beg needs a value"), ("*,replace_beg=/ h:1", "replace_beg needs path_beg"),
    ("*,path_rem=-1 h:1", "path_rem must be"), ("*,header=nocolon h:1", "header must be name:value"),
    ("*,header=Host:x h:1", "belongs to the connection"), ("*,debug=maybe h:1", "is a flag"),
    (#"*,prefix="open h:1"#, "a quote is not closed"), (#"*,prefix="\x" h:1"#, "a backslash"),
    (",debug h:1", "needs an id"), ("a:80 h:1", "without a port"), ("a_/b h:1", "condition bad format"),
    ("*,sig_key=base64:%%% h:1", "sig_key"), ("*,as_host=a/b h:1", "as_host"), ("*,=x h:1", "no name"),
    ("* h:1,sub", "sub needs a channel name"),
  ])
  func `a bad line is named with its file, its number and what is accepted`(line: String, text: String) throws {
    let reading = Self.read("# first", line, "good h:1")
    let problem = try #require(reading.problems.first)
    #expect(reading.problems.count == 1)
    #expect(problem.line == 2)
    #expect(problem.description.hasPrefix("routes:2: "))
    #expect(problem.text.contains(text), "\(problem)")
    #expect(reading.table.routes.count == 1)
  }

  @Test func `a second line for one place is a problem, and the first stays`() {
    let reading = Self.read("*,path_beg=/a one:1", "*,path_beg=/a two:1")
    #expect(reading.problems.map(\.line) == [2])
    #expect(reading.table.routes.map { $0.targets[0].host } == ["one"])
  }

  @Test func `the longest path wins, and a host with routes never falls back`() {
    let table = Self.read("* any:1", "*,path_beg=/a a:1", "*,path_beg=/ab ab:1", "own,path_beg=/x own:1").table
    func target(_ host: String, _ path: String) -> String? { table.match(host: host, path: path[...])?.targets[0].host }
    #expect(target("h", "/") == "any")
    #expect(target("h", "/a") == "a")
    #expect(target("h", "/abc") == "ab")
    #expect(target("own", "/x") == "own")
    #expect(target("own", "/a") == nil)
  }

  @Test func `rules for X-Forwarded-For are read and applied`() {
    #expect(ForwardedForRule("")?.apply(to: ["1, 2", "3"], peer: "p") == "1, 2, 3")
    #expect(ForwardedForRule("append")?.apply(to: ["1"], peer: "p") == "1, p")
    #expect(ForwardedForRule("truncate:1, append")?.apply(to: ["1, 2"], peer: "p") == "2, p")
    #expect(ForwardedForRule("truncate:0")?.apply(to: ["1"], peer: "p") == nil)
    #expect(ForwardedForRule.replace.apply(to: ["1"], peer: "p") == "p")
    #expect(ForwardedForRule("trunc") == nil && ForwardedForRule("truncate:-1") == nil)
  }
}

@Suite("RFC 3986 §5: links")
struct LinkReferenceTests {
  @Test(arguments: [
    ("/n?x", "a", "/n?x"), ("n?x", "a", "/d/n?x"), ("../n", "a", "/n"), ("./n", "a", "/d/n"), ("?y", "a", "/d/e?y"),
    ("", "a", "/d/e?q"), ("http://b:81/n", "b:81", "/n"), ("//b/n", "b", "/n"), ("http://b?x", "b", "/?x"),
    ("/../../n/./x/..", "a", "/n/"), ("/n#frag", "a", "/n"),
  ])
  func `a link is resolved against the request as the client sent it`(link: String, authority: String, target: String) {
    let base = RequestHead(method: "GET", target: "/d/e?q", authority: "a")
    let reference = LinkReference(link, base: base, scheme: "http")
    #expect(reference?.authority == authority)
    #expect(reference?.target == target)
  }

  @Test(arguments: [
    "mailto:x", "file:///etc/passwd", "gopher://x/", "http://u@b/", "/a b", "/\u{E9}", "http:///x", "/a\r\nX: y",
  ])
  func `what is no http link is refused`(link: String) {
    let base = RequestHead(method: "GET", target: "/", authority: "a")
    #expect(LinkReference(link, base: base, scheme: "http") == nil)
  }

  @Test func `only the same scheme, host and port is the same place`() {
    let base = RequestHead(method: "GET", target: "/", authority: "A.test:80")
    func same(_ link: String) -> Bool? {
      LinkReference(link, base: base, scheme: "http")?.isSamePlace(as: base, scheme: "http")
    }
    #expect(same("http://a.test/") == true)
    #expect(same("http://a.test:81/") == false)
    #expect(same("https://a.test:80/") == false)
    #expect(same("http://a.test.evil/") == false)
  }
}

@Suite("Settings of the edge")
struct EdgeConfigurationTests {
  @Test func `the defaults are right, and every wrong setting is named`() {
    var configuration = EdgeConfiguration(listen: [ListenAddress(port: 0)])
    #expect(configuration.validate().isEmpty)
    configuration.listen = []
    configuration.requestLimits.maxHeadBytes = 10
    configuration.origins.connectTimeout = .zero
    configuration.maxConnections = 0
    #expect(
      Set(configuration.validate().map(\.key)) == [
        "listen", "requestLimits.maxHeadBytes", "origins.connectTimeout", "maxConnections",
      ])
  }
}
