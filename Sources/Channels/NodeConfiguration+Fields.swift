public import XMPP

extension NodeConfiguration {
  /// Reads the fields of a form. `FORM_TYPE` and what is the server's is passed over, an empty value asks for the default,
  /// what isn't known is kept as it is.
  ///
  /// **Errors**: `badRequest` for a value that a field doesn't have. **Spec**: channel-server §3.1.
  public init(fields: [ConfigurationField]) throws(ChannelError) {
    self.init()
    for field in fields where field.name != "FORM_TYPE" {
      guard let key = ConfigurationKey(rawValue: field.name) else {
        others.removeAll { $0.name == field.name }
        others.append(field)
        continue
      }
      if key.isServers { continue }
      guard let value = field.values.first, !value.isEmpty else {
        resets.insert(key)
        continue
      }
      guard field.values.count == 1 else {
        throw ChannelError(.badRequest, "\(field.name) has one value, not \(field.values.count)")
      }
      try set(key, to: value)
    }
  }

  private mutating func set(_ key: ConfigurationKey, to value: String) throws(ChannelError) {
    switch key {
    case .title: title = value
    case .description: description = value
    case .accessModel: accessModel = try Self.read(value, key, AccessModel.allCases)
    case .defaultAffiliation: defaultAffiliation = try Self.read(value, key, [.member, .publisher])
    case .publishModel: publishModel = try Self.read(value, key, PublishModel.allCases)
    case .channelType: channelType = try Self.read(value, key, ChannelType.allCases)
    case .isAdvertised: isAdvertised = try Self.truth(value, key)
    case .isEphemeral: isEphemeral = try Self.truth(value, key)
    case .creationDate, .creator, .owner, .lastUpdated, .updatedDate: break
    }
  }

  private static func read<Value: RawRepresentable<String>>(
    _ text: String, _ key: ConfigurationKey, _ known: [Value]
  ) throws(ChannelError) -> Value {
    guard let value = known.first(where: { $0.rawValue == text }) else {
      throw refusal(of: text, key, known.map(\.rawValue))
    }
    return value
  }

  private static func truth(_ text: String, _ key: ConfigurationKey) throws(ChannelError) -> Bool {
    guard let value = truth(text) else { throw refusal(of: text, key, ["true", "false"]) }
    return value
  }

  private static func refusal(of text: String, _ key: ConfigurationKey, _ known: [String]) -> ChannelError {
    ChannelError(
      .badRequest, "\(key.rawValue) is '\(text.prefix(64))'; accepted are \(known.joined(separator: ", "))")
  }

  /// XML Schema's booleans.
  static func truth(_ text: String) -> Bool? {
    switch text {
    case "true", "1": true
    case "false", "0": false
    default: nil
    }
  }
}

extension NodeMetadata {
  /// The fields of a form, by name.
  ///
  /// - Parameters:
  ///   - showsLocal: Whether `local` is told as it is; users of other servers are told `authorize` (§7.2).
  ///   - owner: Who owns the node, where known.
  public func fields(showsLocal: Bool = true, owner: JID? = nil) -> [ConfigurationField] {
    let model = accessModel == .local && !showsLocal ? AccessModel.authorize : accessModel
    var known: [(ConfigurationKey, String?)] = [
      (.title, title), (.description, description), (.accessModel, model.rawValue),
      (.defaultAffiliation, defaultAffiliation.rawValue), (.channelType, channelType?.rawValue),
      (.creationDate, creationDate.description), (.creator, creator?.description),
      (.lastUpdated, lastUpdated?.description), (.isAdvertised, isAdvertised ? "true" : "false"),
      (.publishModel, publishModel.rawValue), (.owner, owner?.description),
    ]
    if isEphemeral { known.append((.isEphemeral, "true")) }
    let fields = known.compactMap { key, value in value.map { ConfigurationField(key.rawValue, $0) } }
    return (fields + others.filter { ConfigurationKey(rawValue: $0.name) == nil }).sorted { $0.name < $1.name }
  }

  /// What another server, or this one before, says about a node. Values that mean nothing are the strictest ones, and what is
  /// missing is what it was taken for in 2013.
  package init(fields: [ConfigurationField]) {
    var values: [ConfigurationKey: String] = [:]
    var others: [ConfigurationField] = []
    for field in fields where field.name != "FORM_TYPE" {
      if let key = ConfigurationKey(rawValue: field.name) {
        values[key] = field.values.first
      } else {
        others.append(field)
      }
    }
    let updated = values[.lastUpdated] ?? values[.updatedDate]
    self.init(
      title: values[.title] ?? "", description: values[.description] ?? "",
      accessModel: values[.accessModel].map { AccessModel(rawValue: $0) ?? .whitelist } ?? .authorize,
      defaultAffiliation: values[.defaultAffiliation].flatMap(Affiliation.init(rawValue:)) ?? .member,
      channelType: values[.channelType].flatMap(ChannelType.init(rawValue:)),
      creationDate: values[.creationDate].flatMap { Timestamp($0) } ?? Timestamp(milliseconds: 0),
      creator: values[.creator].flatMap { try? JID($0).bare }, lastUpdated: updated.flatMap { Timestamp($0) },
      isAdvertised: values[.isAdvertised].flatMap(NodeConfiguration.truth) ?? true,
      isEphemeral: values[.isEphemeral].flatMap(NodeConfiguration.truth) ?? false,
      publishModel: values[.publishModel].flatMap(PublishModel.init(rawValue:)) ?? .publishers,
      others: others.sorted { $0.name < $1.name })
  }
}
