// Implements: XEP-0004 2.13.2 · Data Forms · complete
// Implements: XEP-0068 1.3.0 · Field Standardization for Data Forms · complete

/// A form: asked for, submitted, or a result.
///
/// **Shape**: `<x xmlns="jabber:x:data" type="submit"><field var="FORM_TYPE" type="hidden"><value>…</value></field>…</x>`.
public struct DataForm: Sendable, Hashable {
  /// The namespace, which is also the feature.
  public static let namespace = "jabber:x:data"
  /// The field that says what a form is about.
  public static let formType = "FORM_TYPE"

  /// What a form is for.
  public enum FormType: String, Sendable, CaseIterable {
    case cancel
    case form
    case result
    case submit
  }

  /// One field.
  public struct Field: Sendable, Hashable {
    /// What a field holds.
    public enum FieldType: String, Sendable, CaseIterable {
      case boolean
      case fixed
      case hidden
      case jidMulti = "jid-multi"
      case jidSingle = "jid-single"
      case listMulti = "list-multi"
      case listSingle = "list-single"
      case textMulti = "text-multi"
      case textPrivate = "text-private"
      case textSingle = "text-single"
    }

    /// One of the values of a list.
    public struct Option: Sendable, Hashable {
      /// For people.
      public var label: String?
      /// The value.
      public var value: String

      /// An option.
      public init(_ value: String, label: String? = nil) {
        self.value = value
        self.label = label
      }
    }

    /// The name; a `fixed` field has none.
    public var name: String?
    /// `nil` where it is not said, which in a form means `text-single` and in a submission nothing.
    public var type: FieldType?
    /// For people.
    public var label: String?
    /// More for people.
    public var explanation: String?
    /// Whether a form can't be submitted without it.
    public var isRequired = false
    /// What there is to choose from.
    public var options: [Option] = []
    /// The values. Elements in a value (search results have such) are in ``content``.
    public var values: [String]
    /// What elements the values hold, for each of them.
    public var content: [[XMLElement]] = []

    /// A field.
    public init(_ name: String?, type: FieldType? = nil, label: String? = nil, _ values: String...) {
      self.name = name
      self.type = type
      self.label = label
      self.values = values
    }
  }

  /// What the form is for.
  public var type: FormType
  /// For people.
  public var title: String?
  /// For people.
  public var instructions: [String] = []
  /// The fields, in order.
  public var fields: [Field]
  /// The columns of ``items``.
  public var reported: [Field] = []
  /// The rows of a result of several.
  public var items: [[Field]] = []

  /// A form, with a first field that says what it is about where `about` does.
  public init(_ type: FormType, about formType: String? = nil, fields: [Field] = []) {
    self.type = type
    self.fields = (formType.map { [Field(Self.formType, type: .hidden, $0)] } ?? []) + fields
  }

  /// What the form is about (XEP-0068).
  public var about: String? { value(Self.formType) }

  /// The field of that name.
  public func field(_ name: String) -> Field? { fields.first { $0.name == name } }

  /// The first value of the field of that name.
  public func value(_ name: String) -> String? { field(name)?.values.first }

  /// The value of a boolean field: `nil` where there is none, or it is neither of `true`, `1`, `false`, `0`.
  public func isTrue(_ name: String) -> Bool? {
    switch value(name) {
    case "true", "1": true
    case "false", "0": false
    default: nil
    }
  }
}
