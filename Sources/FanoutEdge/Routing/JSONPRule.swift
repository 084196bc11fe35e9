/// How a route lets scripts of other places ask by JSON-P (GRIP §17.2).
package struct JSONPRule: Sendable, Hashable {
  /// What the callback is called with.
  package enum Mode: String, Sendable, Hashable, CaseIterable {
    /// An object with `code`, `reason`, `headers` and `body`.
    case extended
    /// The body alone, which must be JSON.
    case basic
  }

  /// Default extended.
  package var mode = Mode.extended
  /// The query parameter that names the callback. Default `callback`.
  package var callbackParameter = "callback"
  /// The query parameter that holds the body; `nil`: `_body`.
  package var bodyParameter: String?
  /// The callback where none is named; `nil`: there must be one.
  package var defaultCallback: String?
  /// The method where none is named; `nil`: `GET` in extended mode, `POST` in basic mode.
  package var defaultMethod: String?

  /// The defaults.
  package init() {}
}
