package import NIOCore
import NIOPosix

/// Looks names up in DNS: what is asked for often is asked once, and kept for as long as its record says.
///
/// A query goes out from a port and with a number of its own, both random, over a socket that takes datagrams from the asked
/// server only, and its answer must repeat the question: who cannot see the query cannot answer it.
///
/// **Isolation**: any thread; it works on one event loop.
/// **Spec**: RFC 1035 §7, RFC 5452 (against forged answers), RFC 7766 (TCP where an answer does not fit).
package final class NameResolver: Sendable {
  /// How long an answer is kept at most, whatever its record says.
  static let longestLife = TimeAmount.hours(1)
  /// How long it is remembered that a name or a record does not exist.
  static let absenceLife = TimeAmount.seconds(30)

  let loop: any EventLoop
  private let state: NIOLoopBound<State>

  /// - Parameters:
  ///   - loop: where it works.
  ///   - servers: whom it asks.
  ///   - maxUnderWay: how many names may be looked up at one time; more are refused. Default 1,000.
  ///   - maxKept: how many answers are kept. Default 10,000.
  package init(
    on loop: any EventLoop, servers: NameServers = .system(), maxUnderWay: Int = 1000, maxKept: Int = 10_000
  ) async throws {
    self.loop = loop
    let limits = Limits(maxUnderWay: maxUnderWay, maxKept: maxKept)
    state = try await loop.submit { NIOLoopBound(State(loop: loop, servers: servers, limits: limits), eventLoop: loop) }
      .get()
  }

  /// The records of one type that a name has, aliases followed; none where it has none of that type.
  ///
  /// Fails with `DNSFailure`.
  package func records(of name: DomainName, _ type: DNSRecordType) -> EventLoopFuture<[DNSRecord]> {
    let promise = loop.makePromise(of: [DNSRecord].self)
    loop.execute { [state] in state.value.look(up: Question(name: name, type: type), promise) }
    return promise.futureResult
  }

  /// The texts that a name has.
  package func texts(of name: DomainName) -> EventLoopFuture<[String]> {
    records(of: name, .txt).map { records in
      records.compactMap { if case .text(let text) = $0.content { text } else { nil } }
    }
  }

  /// The places of a service; none where the domain has no such record.
  package func services(of name: DomainName) -> EventLoopFuture<[ServiceRecord]> {
    records(of: name, .srv).map { records in
      records.compactMap { if case .service(let record) = $0.content { record } else { nil } }
    }
  }

  struct Limits: Sendable {
    var maxUnderWay: Int
    var maxKept: Int
  }

  struct Question: Hashable, Sendable {
    var name: DomainName
    var type: DNSRecordType
  }

  /// What belongs to the loop.
  final class State {
    private struct Kept {
      var result: Result<[DNSRecord], DNSFailure>
      var end: NIODeadline
    }

    private let loop: any EventLoop
    private let servers: NameServers
    private let limits: Limits
    private var kept: [Question: Kept] = [:]
    private var waiting: [Question: [EventLoopPromise<[DNSRecord]>]] = [:]

    init(loop: any EventLoop, servers: NameServers, limits: Limits) {
      self.loop = loop
      self.servers = servers
      self.limits = limits
    }

    func look(up question: Question, _ promise: EventLoopPromise<[DNSRecord]>) {
      if let answer = kept[question], answer.end > loop.now {
        return promise.completeWith(answer.result.mapError { $0 as any Error })
      }
      if waiting[question] != nil {
        waiting[question]?.append(promise)
        return
      }
      guard waiting.count < limits.maxUnderWay else {
        return promise.fail(DNSFailure.busy(question.name.description))
      }
      waiting[question] = [promise]
      ask(question, name: question.name, found: [], hops: 0)
    }

    /// Asks for the name or, after aliases, for the one that they lead to.
    private func ask(_ question: Question, name: DomainName, found: [DNSRecord], hops: Int) {
      guard hops <= 8 else { return finish(question, .failure(.aliasesWithoutEnd(question.name.description))) }
      let query = DNSQuery(servers: servers, question: Question(name: name, type: question.type), loop: loop)
      // Its own loop: what it gives need not be sendable.
      query.ask().assumeIsolated().whenComplete { result in
        switch result {
        case .failure(let error):
          self.finish(question, .failure((error as? DNSFailure) ?? .unreachable(question.name.description)))
        case .success(let response): self.take(response, question, name: name, found: found, hops: hops)
        }
      }
    }

    private func take(
      _ response: DNSResponse, _ question: Question, name: DomainName, found: [DNSRecord], hops: Int
    ) {
      guard response.code == 0 || response.code == 3 else {
        return finish(question, .failure(.refused(question.name.description, code: response.code)))
      }
      // Only what the question's name leads to: other records of an answer are its sender's word on others' names.
      var (name, hops, chain) = (name, hops, found)
      while let alias = response.answers.first(where: { $0.name == name && $0.isAlias }), hops <= 8 {
        guard case .alias(let target) = alias.content else { break }
        chain.append(alias)
        name = target
        hops += 1
      }
      let records = response.answers.filter { $0.name == name && $0.content.type == question.type }
      if records.isEmpty, chain.count > found.count, response.code == 0 {
        return ask(question, name: name, found: chain, hops: hops)
      }
      if records.isEmpty, response.code == 3 {
        return finish(question, .failure(.noSuchName(question.name.description)))
      }
      finish(question, .success(records), ttl: (records + chain).map(\.ttl).min())
    }

    private func finish(_ question: Question, _ result: Result<[DNSRecord], DNSFailure>, ttl: UInt32? = nil) {
      var life: TimeAmount?
      switch result {
      case .success: life = ttl.map { .seconds(Int64($0)) } ?? NameResolver.absenceLife
      case .failure(.noSuchName): life = NameResolver.absenceLife
      case .failure: break
      }
      if let life, life > .zero {
        if kept.count >= limits.maxKept { kept = kept.filter { $0.value.end > loop.now } }
        // Still full of what holds: the table begins anew, so that it never outgrows its bound.
        if kept.count >= limits.maxKept { kept.removeAll() }
        kept[question] = Kept(result: result, end: loop.now + min(life, NameResolver.longestLife))
      }
      for promise in waiting.removeValue(forKey: question) ?? [] {
        promise.completeWith(result.mapError { $0 as any Error })
      }
    }
  }
}

@available(*, unavailable)
extension NameResolver.State: Sendable {}

extension DNSRecord {
  fileprivate var isAlias: Bool { if case .alias = content { true } else { false } }
}

extension DNSRecord.Content {
  fileprivate var type: DNSRecordType {
    switch self {
    case .address(let bytes): bytes.count == 4 ? .a : .aaaa
    case .alias: .cname
    case .service: .srv
    case .text: .txt
    }
  }
}
