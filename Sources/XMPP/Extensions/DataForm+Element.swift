extension DataForm {
  /// Reads a form.
  ///
  /// **Errors**: `bad-request` for another element, another type and a field without a name, but a `fixed` one.
  public init(_ element: XMLElement) throws(StanzaError) {
    guard element.isNamed("x", Self.namespace) else {
      throw StanzaError(.badRequest, text: "a form is an x of \(Self.namespace)")
    }
    // A result without its type has been seen; a form that is submitted says so.
    guard let type = FormType(rawValue: element.attributes["type"] ?? "result") else {
      throw StanzaError(.badRequest, text: "a form is of type cancel, form, result or submit")
    }
    self.type = type
    fields = []
    for child in element.elements where child.namespace == Self.namespace {
      switch child.name {
      case "title": title = child.text
      case "instructions": instructions.append(child.text)
      case "field": fields.append(try Field(child))
      case "reported": reported = try Self.fields(of: child)
      case "item": items.append(try Self.fields(of: child))
      default: continue
      }
    }
  }

  private static func fields(of element: XMLElement) throws(StanzaError) -> [Field] {
    var fields: [Field] = []
    for child in element.elements where child.isNamed("field", namespace) { fields.append(try Field(child)) }
    return fields
  }

  /// The form as it is sent.
  public var element: XMLElement {
    var children: [XMLElement] = []
    if let title { children.append(XMLElement("title", namespace: Self.namespace, text: title)) }
    children += instructions.map { XMLElement("instructions", namespace: Self.namespace, text: $0) }
    if !reported.isEmpty {
      children.append(XMLElement("reported", namespace: Self.namespace, elements: reported.map(\.element)))
    }
    children += fields.map(\.element)
    children += items.map { XMLElement("item", namespace: Self.namespace, elements: $0.map(\.element)) }
    return XMLElement("x", namespace: Self.namespace, attributes: ["type": type.rawValue], elements: children)
  }
}

extension DataForm.Field {
  /// Reads a field. A type that is not known counts as none.
  init(_ element: XMLElement) throws(StanzaError) {
    name = element.attributes["var"]
    type = element.attributes["type"].flatMap(FieldType.init)
    label = element.attributes["label"]
    values = []
    guard name != nil || type == .fixed else {
      throw StanzaError(.badRequest, text: "a field of a form has a name, in var")
    }
    for child in element.elements where child.namespace == DataForm.namespace {
      switch child.name {
      case "value":
        values.append(child.text)
        content.append(child.elements)
      case "desc": explanation = child.text
      case "required": isRequired = true
      case "option":
        if let value = child.child(named: "value", namespace: DataForm.namespace)?.text {
          options.append(Option(value, label: child.attributes["label"]))
        }
      default: continue
      }
    }
    if content.allSatisfy(\.isEmpty) { content = [] }
  }

  /// The field as it is sent.
  var element: XMLElement {
    func element(_ name: String, _ text: String = "") -> XMLElement {
      XMLElement(name, namespace: DataForm.namespace, text: text)
    }
    var children: [XMLElement] = []
    if let explanation { children.append(element("desc", explanation)) }
    if isRequired { children.append(element("required")) }
    for (index, value) in values.enumerated() {
      let elements = index < content.count ? content[index] : []
      children.append(
        elements.isEmpty
          ? element("value", value) : XMLElement("value", namespace: DataForm.namespace, elements: elements))
    }
    for option in options {
      children.append(
        XMLElement(
          "option", namespace: DataForm.namespace, attributes: XMLAttributes(present: ["label": option.label]),
          elements: [element("value", option.value)]))
    }
    return XMLElement(
      "field", namespace: DataForm.namespace,
      attributes: XMLAttributes(present: ["var": name, "type": type?.rawValue, "label": label]), elements: children)
  }
}
