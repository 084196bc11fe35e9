import FanoutEdge
import HTTPTypes
import NIOCore
import Testing

@Suite("GRIP §3: routes")
struct RouteTests {
  private static func read(_ lines: String...) -> RouteParser.Reading {
    RouteParser(
      readFile: { path in
        guard path == "key.hex" || path == "cert.pem" else { throw NoFile() }
        return Array("6b6579".utf8)
      }, resolve: { "/etc/" + $0 }
    ).read(lines: lines, source: "routes")
  }

  private struct NoFile: Error {}

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
    ("* h:65536", "target bad format"), ("* h:x", "target bad format"),
    ("* zhttp/tcp://x", "not supported"), ("* zhttpreq/ipc://x", "not supported"),
    ("*,proto=tcp h:1", "proto is http or ws"), ("*,ssl=maybe h:1", "ssl is yes or no"),
    ("*,log_level=5 h:1", "log_level is a number"), ("*,jsonp_mode=x h:1", "extended or basic"),
    ("*,jsonp_defmethod=a/b h:1", "is a method"), ("*,replace_beg=/a?b h:1", "replace_beg has a character"),
    ("* h:1,client_key=key.hex", "client_key needs client_cert"), ("* h:1,client_cert=none.pem", "cannot be read"),
    ("*,path_beg h:1", "path_beg needs a value"),
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
    #expect(problem.description.hasPrefix("routes:2:"))
    #expect(problem.isLeftOut)
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

  @Test(arguments: [
    ("*,colour=red h:1", 3, "unknown condition property colour"),
    ("*,path_bge=/a h:1", 3, "did you mean path_beg?"),
    ("* h:1,over_htp", 7, "did you mean over_http?"), ("*,session h:1", 3, "session is not supported"),
    ("* h:1,ipc_file_mode=777", 7, "zhttp targets"),
    ("*,id=a,sockjs_as_path=/x   h:1", 1, "does nothing without sockjs"),
  ])
  func `what does nothing is remarked on with its column, and the line is used`(
    line: String, column: Int, text: String
  ) throws {
    let reading = Self.read(line)
    let problem = try #require(reading.problems.first)
    #expect(!problem.isLeftOut)
    #expect(problem.column == column)
    #expect(problem.text.contains(text), "\(problem)")
    #expect(reading.table.routes.count == 1)
  }

  @Test func `SockJS is served where a route says so`() {
    let routes = Self.read("*,sockjs=/sj/ h:1", "a,sockjs_as_path=/live,sockjs=/s h:1", "b h:1").table.routes
    #expect(
      routes.map(\.extras.sockjs) == [
        SockJSRule(base: "/sj"), SockJSRule(base: "/s", originPath: "/live"), nil,
      ])
    #expect(Self.read("*,sockjs=sj h:1").problems.first?.text.contains("begins with /") == true)
    #expect(Self.read("*,sockjs h:1").problems.first?.isLeftOut == true)
  }

  @Test(arguments: [
    ("*,path_rem=x h:1", 3), ("* h", 3), (#"*,prefix="open h:1"#, 10), ("a_/b h:1", 1), ("* h:1 h:0", 7),
    ("*,debug,=x h:1", 9),
  ])
  func `a line that is left out has a column`(line: String, column: Int) throws {
    #expect(try #require(Self.read(line).problems.first).column == column)
  }

  @Test func `everything that a condition can say is read`() throws {
    let route = try Self.route(
      "host,proto=ws,ssl=yes,id=i,path_beg=/a,as_host=b:1,replace_beg=/c,orig_headers,aco,jsonp_mode=basic,jsonp_cb=cb,"
        + "jsonp_body=b,jsonp_defcb=d,jsonp_defmethod=PUT,log_level=1,header=X-A:,session=false,path_rem=9 h:1")
    #expect(route.isWebSocket == true && route.isSecure == true && route.hasOwnID && route.id == "i")
    #expect(route.removedPathCount == 2 && route.pathReplacement == "/c" && route.hostReplacement == "b:1")
    #expect(route.extras.marksOriginalFields && route.extras.isCrossOrigin == true && route.extras.logLevel == 1)
    #expect(route.extras.jsonp.mode == .basic && route.extras.jsonp.callbackParameter == "cb")
    #expect(route.extras.jsonp.bodyParameter == "b" && route.extras.jsonp.defaultCallback == "d")
    #expect(route.extras.jsonp.defaultMethod == "PUT")
    #expect(route.forcedFields == [HTTPField(name: HTTPField.Name("X-A") ?? .via, value: "")])
  }

  @Test func `everything that a target can say is read`() throws {
    let target = try Self.route(
      "* h:1,ssl,insecure,trust_connect_host,host=o:2,client_cert=cert.pem,client_key=key.hex,one_event,over_http,untrusted"
    ).targets[0]
    #expect(target.isSecure && target.isUnverified && target.trustConnectHost && target.isOneEvent)
    #expect(target.isOverHTTP && target.isUntrusted && target.hostReplacement == "o:2")
    #expect(target.clientCertificate == "/etc/cert.pem" && target.clientKey == "/etc/key.hex")
    let off = try Self.route("* h:1,ssl=false,insecure=no,untrusted,trusted").targets[0]
    #expect(!off.isSecure && !off.isUnverified && !off.isUntrusted)
    #expect(try Self.route("* test").targets == [.test])
  }

  @Test func `tabs are blanks, and the last of a repeated property counts`() throws {
    let route = try Self.route("*,prefix=a,prefix=b\th:1\t\th:2\t# end")
    #expect(route.targets.count == 2)
    #expect(route.channelPrefix == "b")
    #expect(try Self.route(",id=x h:1").host == "")
  }

  @Test func `a protocol counts more than a path, that more than ssl, and lines in order decide the rest`() {
    let table = Self.read(
      "* plain:1", "*,ssl=yes ssl:1", "*,path_beg=/a a:1", "*,path_beg=/a,ssl=no a-plain:1", "*,proto=ws ws:1",
      "*,proto=ws,path_beg=/a ws-a:1", "*,proto=http,ssl=yes http-ssl:1"
    ).table
    func target(_ path: String, secure: Bool = false, socket: Bool = false) -> String? {
      table.match(host: "h", path: path[...], isSecure: secure, isWebSocket: socket)?.targets[0].host
    }
    #expect(target("/") == "plain")
    #expect(target("/", secure: true) == "http-ssl")
    #expect(target("/a") == "a-plain")
    #expect(target("/a", secure: true) == "http-ssl")
    #expect(target("/", socket: true) == "ws")
    #expect(target("/ab", secure: true, socket: true) == "ws-a")
  }

  @Test func `a request may name a route by its own id, unless two routes have it`() {
    let reading = Self.read(
      "a,id=one one:1", ",id=two,path_beg=/x two:1", "b,id=both b:1", "c,id=both c:1", "d d:1")
    #expect(reading.problems.map(\.line) == [4])
    #expect(reading.problems.allSatisfy { !$0.isLeftOut })
    let table = reading.table
    #expect(table.routes.count == 5)
    #expect(table.route(id: "one", path: "/any")?.targets[0].host == "one")
    #expect(table.route(id: "two", path: "/xy")?.targets[0].host == "two")
    #expect(table.route(id: "two", path: "/y") == nil)
    #expect(table.route(id: "both", path: "/") == nil)
    // What was not written is no name.
    #expect(table.route(id: "d", path: "/") == nil)
    #expect(table.match(host: "c", path: "/")?.targets[0].host == "c")
    #expect(table.match(host: "", path: "/x") == nil)
  }

  @Test func `no text of a line stops the reader`() {
    let line = Array(#"*,header="X-A: \"b\" # c",path_beg=/a [::1]:80,sub="x y",ssl # end"#)
    for end in 0...line.count {
      for start in stride(from: 0, through: end, by: 7) {
        let reading = Self.read(String(line[start..<end]))
        #expect(reading.table.routes.count <= 1 && reading.problems.count <= 8)
      }
    }
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
