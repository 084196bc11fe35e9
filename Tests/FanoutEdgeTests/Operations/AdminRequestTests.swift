import HTTPTypes
import Testing

@testable import FanoutEdge

@Suite("Admin requests")
struct AdminRequestTests {
  private func read(_ method: String, _ target: String) -> Result<AdminRequest, AdminRequest.Problem> {
    Result { () throws(AdminRequest.Problem) in try AdminRequest(method: method, target: target[...]) }
  }

  private func problem(_ method: String, _ target: String) -> AdminRequest.Problem? {
    if case .failure(let problem) = read(method, target) { problem } else { nil }
  }

  @Test func `what is read and what is changed have their own methods`() {
    for target in ["/routes", "/channels", "/connections", "/stats"] {
      #expect(problem("GET", target) == nil)
      #expect(problem("POST", target)?.allow == "GET, HEAD")
    }
    for target in ["/routes/match", "/close", "/publish"] {
      #expect(problem("POST", target) == nil)
      #expect(problem("GET", target)?.status == 405)
      #expect(problem("GET", target)?.allow == "POST")
    }
    #expect(problem("GET", "/other")?.status == 404)
    #expect(problem("GET", "/routes/")?.status == 404)
  }

  @Test func `parameters are percent-decoded`() {
    #expect(
      read("GET", "/channels?prefix=a%2Fb%20%C3%A4+&limit=5&after=x%3D")
        == .success(.channels(prefix: "a/b ä+", after: "x=", limit: 5)))
  }

  @Test(arguments: [
    "/channels?limit=0", "/channels?limit=1001", "/channels?limit=x", "/channels?prefix=%C3", "/channels?prefix=%4",
    "/channels?prefix=%zz", "/channels?color=red", "/connections?sort=name", "/connections?slow=1",
    "/connections?transport=pigeon", "/connections?offset=10001", "/stats?x=1",
  ])
  func `a parameter that is wrong is told so`(target: String) {
    #expect(problem("GET", target)?.status == 400)
  }

  @Test func `connections are filtered and sorted as asked`() {
    guard
      case .success(.connections(let query)) = read("GET", "/connections?sort=slow&slow=true&channel=a&user=u&limit=2")
    else {
      Issue.record("it was not read")
      return
    }
    var slow = ConnectionReport(id: 1, state: "held", ageMilliseconds: 10)
    slow.slowMilliseconds = 5
    slow.channels = ["a", "b"]
    slow.user = "u"
    #expect(query.matches(slow))
    var other = slow
    other.slowMilliseconds = nil
    #expect(!query.matches(other))
    other = slow
    other.channels = ["b"]
    #expect(!query.matches(other))
    other = slow
    other.user = nil
    #expect(!query.matches(other))
    other = slow
    other.id = 2
    other.slowMilliseconds = 6
    #expect(query.isBefore(other, slow) && !query.isBefore(slow, other))
  }

  @Test func `the first few of many are those that sorting all gives`() {
    var few = FirstFew<Int>(limit: 7) { $0 < $1 }
    let numbers = (0..<1000).map { _ in Int.random(in: 0..<500) }
    for number in numbers.prefix(600) { few.add(number) }
    var rest = FirstFew<Int>(limit: 7) { $0 < $1 }
    for number in numbers.dropFirst(600) { rest.add(number) }
    few.add(rest)
    #expect(few.count == 1000)
    #expect(few.sorted == Array(numbers.sorted().prefix(7)))
  }

  private func decide(
    _ method: String, _ target: String, fields: HTTPFields = [:], _ configuration: ControlConfiguration
  ) -> ControlAPI.Decision {
    ControlAPI(configuration).decide(
      RequestHead(method: method, target: target, authority: "localhost", fields: fields),
      framing: method == "POST" ? .length(2) : .none, isLoopback: true, now: 1000)
  }

  @Test func `the admin API and the metrics need credentials, health and readiness do not`() {
    var configuration = ControlConfiguration()
    configuration.credentials = [.bearer(token: "t")]
    for target in ["/admin/routes", "/admin/other", "/metrics"] {
      guard case .refuse(let response) = decide("GET", target, configuration) else {
        Issue.record("\(target) was accepted")
        continue
      }
      #expect(response.status == 401)
      #expect(response.fields[.wwwAuthenticate] == "Bearer realm=\"fanout\"")
    }
    let fields: HTTPFields = [.authorization: "Bearer t"]
    #expect(decide("GET", "/admin/routes", fields: fields, configuration) == .accept(.admin(.routes)))
    #expect(decide("GET", "/metrics", fields: fields, configuration) == .accept(.metrics))
    #expect(decide("GET", "/healthz", configuration) == .accept(.health))
    #expect(decide("HEAD", "/readyz", configuration) == .accept(.ready))
  }

  @Test func `a web page gets nothing of the admin API`() {
    let fields: HTTPFields = [HTTPField.Name("Origin") ?? .via: "http://localhost"]
    for target in ["/admin/close", "/metrics", "/healthz"] {
      guard case .refuse(let response) = decide("POST", target, fields: fields, ControlConfiguration()) else {
        Issue.record("\(target) was accepted")
        continue
      }
      #expect(response.status == 403)
    }
  }

  @Test func `on the listener for metrics every path has them`() {
    let configuration = MetricsConfiguration().control(fileMode: nil)
    for target in ["/", "/metrics", "/anything?x", "/admin/routes"] {
      #expect(decide("GET", target, configuration) == .accept(.metrics))
    }
    #expect(decide("GET", "/readyz", configuration) == .accept(.ready))
    guard case .refuse(let response) = decide("POST", "/publish/", configuration) else {
      Issue.record("a publish was accepted")
      return
    }
    #expect(response.status == 405)
  }
}
