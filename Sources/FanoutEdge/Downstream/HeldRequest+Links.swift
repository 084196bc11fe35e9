import Logging
import NIOCore

// The requests that the edge makes for a held one: by its route, or to where a link leads (GRIP proxy §9.5, §9.7, §13.6).
extension HeldRequest {
  /// Nothing can be asked for a request that is held no more.
  static let isOver = LinkFailure("the request is not held any more", isRetryable: false)

  /// Where a link leads.
  func place(of link: String, loop: LoopContext) throws(LinkFailure) -> LinkPlace {
    guard let base = parsedHead(limits: loop.configuration.requestLimits) else { throw Self.isOver }
    return try LinkPlace(
      link, base: base, scheme: isSecure ? "https" : "http", route: route, answeredBy: route.targets[targetIndex])
  }

  /// Calls the gone link, where there is one: an empty `POST`, once. What becomes of it is only logged and counted.
  ///
  /// **Spec**: GRIP proxy §9.7. Also at the end by a retry.
  func tellGone(loop: LoopContext) {
    guard let link = goneLink?.value else { return }
    loop.counters.goneCalls += 1
    let logger = loop.logger
    let routeID = route.id
    func failed(_ text: String) {
      loop.counters.failedGoneCalls += 1
      logger.warning("gone link failed", metadata: ["link": "\(link)", "route": "\(routeID)", "error": "\(text)"])
    }
    let place: LinkPlace
    do throws(LinkFailure) {
      place = try self.place(of: link, loop: loop)
    } catch {
      return failed(error.text)
    }
    let call = OriginCall(loop: loop, limit: 65_536, timeout: loop.configuration.goneTimeout) { result in
      switch result {
      case .success(let answer):
        if !(200...299).contains(answer.head.status) { failed("it answered \(answer.head.status)") }
      case .failure(let failure): failed(failure.text)
      }
    }
    call.start(
      OriginFetch.Request(method: "POST", targets: place.targets, host: place.host(of:), isRepeatable: false) {
        target, framing in
        place.head("POST", to: target, loop: loop, lastIDs: [], framing: framing)
      })
  }
}
