/// Why a filter could not do its work; the text is for the log and for debug routes.
struct FilterError: Error, Hashable {
  var text: String

  init(_ text: String) { self.text = text }
}
