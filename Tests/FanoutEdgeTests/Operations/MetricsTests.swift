import NIOCore
import Testing

@testable import FanoutEdge

@Suite("Metrics")
struct MetricsTests {
  private func at(_ seconds: UInt64, milliseconds: UInt64 = 0) -> NIODeadline {
    .uptimeNanoseconds(seconds * 1_000_000_000 + milliseconds * 1_000_000)
  }

  @Test func `a minute counts when it begins, for each connection by itself`() {
    var minutes = ConnectionMinutes(now: at(100))
    let first = minutes.opened(now: at(100))
    #expect(minutes.total(now: at(159)) == 1)
    #expect(minutes.total(now: at(160)) == 2)
    let second = minutes.opened(now: at(190))
    #expect(minutes.total(now: at(219)) == 3)
    #expect(minutes.total(now: at(220)) == 4)
    #expect(minutes.total(now: at(250)) == 5)
    minutes.closed(first, now: at(251))
    // Ten hours later only the second one has gone on.
    #expect(minutes.total(now: at(250 + 36_000)) == 5 + 600)
    minutes.closed(second, now: at(250 + 36_001))
    #expect(minutes.total(now: at(1_000_000)) == 605)
  }

  @Test func `minutes by phase are those that a list of connections gives`() {
    var generator = SystemRandomNumberGenerator()
    var minutes = ConnectionMinutes(now: at(7))
    var open: [(phase: ConnectionMinutes.Phase, since: UInt64)] = []
    var ended = 0
    var now: UInt64 = 7
    for _ in 0..<500 {
      now += UInt64.random(in: 0...200, using: &generator)
      if !open.isEmpty, Bool.random(using: &generator) {
        let gone = open.removeFirst()
        minutes.closed(gone.phase, now: at(now))
        ended += Int((now - gone.since) / 60) + 1
      } else {
        open.append((minutes.opened(now: at(now)), now))
      }
      let expected = open.reduce(ended) { $0 + Int((now - $1.since) / 60) + 1 }
      #expect(minutes.total(now: at(now)) == expected)
    }
  }

  @Test func `a time is counted in the first class that holds it`() {
    var histogram = LatencyHistogram()
    histogram.add(.milliseconds(5))
    histogram.add(.nanoseconds(5_000_001))
    histogram.add(.seconds(31))
    histogram.add(.nanoseconds(-1))
    #expect(histogram.counts.first == 2)
    #expect(histogram.counts[1] == 1)
    #expect(histogram.counts.last == 1)
    #expect(histogram.count == 4)
    var text = MetricsText()
    text.histogram("h", [("route", "a")], histogram)
    #expect(text.text.contains("h_bucket{route=\"a\",le=\"0.005\"} 2\nh_bucket{route=\"a\",le=\"0.01\"} 3\n"))
    #expect(
      text.text.hasSuffix(
        "h_bucket{route=\"a\",le=\"+Inf\"} 4\nh_sum{route=\"a\"} 31.010000001\nh_count{route=\"a\"} 4\n"))
  }

  @Test(arguments: [
    (0, "0"), (1, "0.000000001"), (5_000_000, "0.005"), (2_500_000_000, "2.5"), (30_000_000_000, "30"),
  ])
  func `seconds are written exactly`(nanoseconds: Int64, text: String) {
    #expect(MetricsText.seconds(nanoseconds: nanoseconds) == text)
  }

  @Test func `values of labels and help texts are escaped, each in its way`() {
    var text = MetricsText(prefix: "p_")
    text.add("x_total", .counter, "back\\slash \"quoted\"\nnext", label: "route", [("a\"b\\c\nd", 1)])
    #expect(
      text.text == "# HELP p_x_total back\\\\slash \"quoted\"\\nnext\n# TYPE p_x_total counter\n"
        + "p_x_total{route=\"a\\\"b\\\\c\\nd\"} 1\n")
  }

  @Test func `routes beyond the bound are counted together`() {
    var counters = RoutesCounters()
    for number in 0..<700 { counters.count("route-\(number)") { $0.ended(status: 200) } }
    #expect(counters.byRoute.count == 501)
    #expect(counters.byRoute[RoutesCounters.other]?.statuses[2] == 200)
    var sum = RoutesCounters()
    sum += counters
    sum += counters
    #expect(sum.byRoute["route-1"]?.statuses[2] == 2)
    #expect(sum.byRoute[RoutesCounters.other]?.statuses[2] == 400)
  }

  @Test func `the five series of Pushpin have their names and types, behind the prefix`() {
    var snapshot = EdgeSnapshot()
    snapshot.edge.requests = 3
    snapshot.delivery.deliveries = 5
    let lines = MetricsReport.text(snapshot, prefix: "pushpin_").split(separator: "\n")
    for line in [
      "# HELP pushpin_request_received Number of requests received", "# TYPE pushpin_request_received counter",
      "pushpin_request_received 3", "# TYPE pushpin_connection_connected gauge",
      "# TYPE pushpin_connection_minute counter", "# TYPE pushpin_message_received counter",
      "# TYPE pushpin_message_sent counter", "pushpin_message_sent 5",
      "pushpin_fanout_closes_total{reason=\"client-gone\"} 0",
    ] {
      #expect(lines.contains(Substring(line)), "\(line)")
    }
  }

  @Test func `readiness goes one way, and says why not`() {
    let readiness = Readiness()
    #expect(readiness.problem(routeCount: 1)?.hasPrefix("starting") == true)
    readiness.reached(.serving)
    #expect(readiness.problem(routeCount: 1) == nil)
    #expect(readiness.problem(routeCount: 0) == "no routes are loaded")
    readiness.reached(.draining)
    readiness.reached(.serving)
    #expect(readiness.problem(routeCount: 1)?.hasPrefix("draining") == true)
  }

  @Test(arguments: ["1a", "a-b", "a b", "ä"]) func `a prefix that makes no names is refused`(prefix: String) {
    var configuration = MetricsConfiguration()
    configuration.prefix = prefix
    #expect(configuration.validate().map(\.key) == ["metrics.prefix"])
  }
}
