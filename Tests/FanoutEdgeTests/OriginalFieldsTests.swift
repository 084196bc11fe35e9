import FanoutEdge
import HTTPTypes
import Testing

@Suite("GRIP §4.2 step 2: original fields")
struct OriginalFieldsTests {
  private static func names(
    marks: Bool, trust: RequestRewrite.Trust, _ fields: HTTPFields, needingMark: Set<String> = []
  ) -> [String] {
    var extras = Route.Extras()
    extras.marksOriginalFields = marks
    let target = OriginTarget(host: "localhost", port: 80)
    let route = Route(host: nil, isGRIP: false, extras: extras, targets: [target])
    var rules = ForwardingRules()
    rules.fieldsNeedingMark = needingMark
    let rewrite = RequestRewrite(
      forwardedFor: .pass, trustedForwardedFor: .pass, passesForwardingFields: true, rules: rules)
    let head = RequestHead(method: "GET", target: "/", authority: "a.test", fields: fields)
    return rewrite.rewrite(
      head, route: route, target: target, trust: trust, signature: nil, lastIDs: [], peer: nil
    ).fields.map { "\($0.name.rawName): \($0.value)" }
  }

  private static let fields: HTTPFields = [
    HTTPField.Name("eb9bf0f5-X-Own")!: "0", HTTPField.Name("X-A")!: "1", HTTPField.Name("X-B")!: "2",
  ]

  @Test func `a client's fields are repeated behind them, and what it has marked itself moves to the end`() {
    #expect(
      Self.names(marks: true, trust: .untrusted, Self.fields) == [
        "X-A: 1", "X-B: 2", "eb9bf0f5-Host: a.test", "eb9bf0f5-X-Own: 0", "eb9bf0f5-X-A: 1", "eb9bf0f5-X-B: 2",
      ])
    #expect(
      Self.names(marks: true, trust: .untrusted, Self.fields, needingMark: ["x-a", "host"]) == [
        "X-A: 1", "X-B: 2", "eb9bf0f5-X-Own: 0", "eb9bf0f5-X-B: 2",
      ])
  }

  @Test func `a trusted proxy's marks are left alone`() {
    #expect(
      Self.names(marks: true, trust: .trusted, Self.fields) == ["eb9bf0f5-X-Own: 0", "X-A: 1", "X-B: 2"])
  }

  @Test(arguments: [RequestRewrite.Trust.untrusted, .trusted])
  func `where the route does not ask for marks there are none, whoever has made them`(trust: RequestRewrite.Trust) {
    #expect(Self.names(marks: false, trust: trust, Self.fields) == ["X-A: 1", "X-B: 2"])
  }
}
