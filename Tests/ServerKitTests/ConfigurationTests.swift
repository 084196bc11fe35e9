import Testing

@testable import ServerKit

@Suite("Options in layers")
struct ConfigurationTests {
  private static let options = [
    ConfigurationOption("listen", "HOST:PORT", .address, default: "127.0.0.1:8080", "Where."),
    ConfigurationOption(
      "realtime.hold-timeout", "TIME", .duration(.seconds(5) ... .seconds(600)), default: "55s",
      aliases: ["holdTimeout"], "How long."),
    ConfigurationOption("api.max-body", "SIZE", .bytes(1024...1_048_576), default: "64KiB", "How much."),
    ConfigurationOption("verbose", "true|false", .bool, default: "false", "Whether."),
    ConfigurationOption("registration", "open|closed", .choice(["open", "closed"]), default: "open", "Who."),
    ConfigurationOption("origins", "A,B", .list, default: "", "Which."),
    ConfigurationOption("secret", "TEXT", .text, isSecret: true, "A secret."),
    ConfigurationOption("count", "N", .count(0...10), default: "3", "How many."),
  ]

  private func read(
    _ arguments: [String] = [], environment: [String: String] = [:], file: [(String, String)] = []
  ) -> ConfigurationValues {
    ConfigurationValues(
      options: Self.options, prefix: "TEST", arguments: arguments, environment: environment, fileName: "test.yaml",
      file: file.enumerated().map { index, entry in
        ConfigurationValues.FileEntry(key: entry.0, text: entry.1, line: index + 1)
      })
  }

  @Test func `command line comes before environment, before file, before default`() {
    let file = [("listen", "127.0.0.1:1")]
    let environment = ["TEST_LISTEN": "127.0.0.1:2"]
    #expect(read().address("listen")?.port == 8080)
    #expect(read(file: file).address("listen")?.port == 1)
    #expect(read(environment: environment, file: file).address("listen")?.port == 2)
    let all = read(["--listen", "127.0.0.1:3"], environment: environment, file: file)
    #expect(all.address("listen")?.port == 3)
    #expect(all.value("listen")?.source == .flag)
    #expect(all.problems.isEmpty)
  }

  @Test(
    arguments: [
      ["--realtime-hold-timeout", "10s"], ["--realtime-hold-timeout=10s"], ["--hold-timeout", "10"],
      ["--realtime.hold_timeout", "10000ms"], ["--holdTimeout=10s"],
    ])
  func `a flag is read in every spelling`(arguments: [String]) {
    let values = read(arguments)
    #expect(values.problems.isEmpty)
    #expect(values.duration("realtime.hold-timeout") == .seconds(10))
  }

  @Test func `a switch needs no value`() {
    #expect(read(["--verbose"]).bool("verbose"))
    #expect(read(["--verbose", "--count", "4"]).bool("verbose"))
    #expect(!read(["--verbose", "false"]).bool("verbose"))
    #expect(read(["--verbose", "--count", "4"]).count("count") == 4)
  }

  @Test func `everything that is wrong is said, with its place and the nearest name`() {
    let values = read(
      ["--lisen", "x", "--count", "11", "--api-max-body", "1"],
      environment: ["TEST_REGISTRATION": "maybe", "TEST_X": ""],
      file: [("verbose", "true"), ("realtime.hold-timout", "5s"), ("origns", ""), ("listen", "nowhere")])
    #expect(
      values.problems.map(\.description) == [
        "--lisen: there is no such option; did you mean --listen?",
        "--count: '11' is not possible; it is a whole number from 0 to 10",
        "--api-max-body: '1' is not possible; it is a size such as 64KiB from 1KiB to 1MiB",
        "TEST_REGISTRATION: 'maybe' is not known; it is one of open, closed",
        "TEST_X: there is no such option",
        "test.yaml:2: realtime.hold-timout: there is no such option; did you mean realtime.hold-timeout?",
        "test.yaml:3: origns: there is no such option; did you mean origins?",
        "test.yaml:4: listen: 'nowhere' is no address to listen on; it is HOST:PORT such as 127.0.0.1:8080",
      ])
  }

  @Test func `a flag at the end without its value is said`() {
    #expect(read(["--count"]).problems.map(\.description) == ["--count: a value is missing: N"])
  }

  @Test func `a list is split at commas`() {
    #expect(read(["--origins", " https://a , https://b,,"]).list("origins") == ["https://a", "https://b"])
    #expect(read().list("origins").isEmpty)
  }

  @Test func `the explanation has every option, its default and where its value is from, and no secret`() {
    let text = read(["--secret", "hunter2"], environment: ["TEST_COUNT": "4"]).explained()
    #expect(!text.contains("hunter2"))
    #expect(text.contains("secret: \"******\"  # command line"))
    #expect(text.contains("count: 4  # environment (TEST_COUNT)"))
    #expect(text.contains("# --realtime-hold-timeout TIME, TEST_REALTIME_HOLD_TIMEOUT; default: 55s"))
    for option in Self.options { #expect(text.contains("\(option.key):")) }
  }
}

@Suite("Values as texts")
struct ValueTextTests {
  @Test(
    arguments: [
      ("0", 0), ("4096", 4096), ("64KiB", 65536), ("64k", 65536), ("1 MiB", 1 << 20), ("2g", 2 << 30), ("7b", 7),
    ])
  func `sizes are read`(text: String, bytes: Int) {
    #expect(ByteCount(text)?.bytes == bytes)
  }

  @Test(arguments: ["", "k", "-1", "1.5k", "1x", "99999999999999999999", "9999999999g", "1 k b"])
  func `what is no size is refused`(text: String) {
    #expect(ByteCount(text) == nil)
  }

  @Test func `sizes are written so that they can be read`() {
    for bytes in [0, 1, 1023, 1024, 1536, 65536, 1 << 20, 3 << 30] {
      #expect(ByteCount(ByteCount(bytes).description)?.bytes == bytes)
    }
  }

  @Test(
    arguments: [
      ("55", Duration.seconds(55)), ("55s", .seconds(55)), ("250ms", .milliseconds(250)), ("5m", .seconds(300)),
      ("2h", .seconds(7200)), ("1d", .seconds(86400)), ("0", .zero), ("1 min", .seconds(60)),
    ])
  func `times are read`(text: String, duration: Duration) {
    #expect(Duration(text: text) == duration)
    #expect(Duration(text: duration.text) == duration)
  }

  @Test(arguments: ["", "s", "-1s", "1.5s", "1y", "99999999999999999999s"])
  func `what is no time is refused`(text: String) {
    #expect(Duration(text: text) == nil)
  }

  @Test(
    arguments: [
      ("127.0.0.1:8080", "127.0.0.1:8080"), ("8080", "127.0.0.1:8080"), ("[::1]:0", "[::1]:0"),
      ("*:80", "0.0.0.0:80"), ("example.com:443", "example.com:443"),
    ])
  func `addresses are read`(text: String, written: String) {
    #expect(ListenAddress(text)?.description == written)
  }

  @Test(arguments: ["", ":", ":80", "a:", "a:b", "a:65536", "a:-1", "::1:80", "[::1]", "a b:80", "http://a:80", "a:+1"])
  func `what is no address is refused`(text: String) {
    #expect(ListenAddress(text) == nil)
  }

  @Test func `a secret never shows, whatever prints it`() {
    struct Holder { let secret: Secret<String> }
    let secret = Secret("hunter2")
    var dumped = ""
    dump(Holder(secret: secret), to: &dumped)
    for text in ["\(secret)", String(reflecting: secret), "\(Holder(secret: secret))", dumped, "\([secret])"] {
      #expect(!text.contains("hunter2"))
    }
    #expect(secret.exposed == "hunter2")
  }

  @Test func `the nearest name is found, and none where nothing is near`() {
    let names = ["listen", "api-listen", "domain"]
    #expect(NearestName.find("lsten", among: names) == "listen")
    #expect(NearestName.find("api-lisen", among: names) == "api-listen")
    #expect(NearestName.find("registration", among: names) == nil)
    #expect(NearestName.find("x", among: []) == nil)
  }
}
