/// A value that must not be seen: it prints as `******`, whatever prints it.
package struct Secret<Value: Sendable>: Sendable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  /// The value itself. Whoever reads it answers for where it goes.
  package let exposed: Value

  /// Wraps a value.
  package init(_ value: Value) {
    exposed = value
  }

  package var description: String { "******" }
  package var debugDescription: String { "******" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
