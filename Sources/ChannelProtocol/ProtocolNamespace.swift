/// The namespaces of the channel protocol on XMPP.
///
/// **Spec**: channel-server, table of namespaces.
package enum ProtocolNamespace {
  package static let pubSub = "http://jabber.org/protocol/pubsub"
  package static let owner = "http://jabber.org/protocol/pubsub#owner"
  package static let event = "http://jabber.org/protocol/pubsub#event"
  package static let pubSubErrors = "http://jabber.org/protocol/pubsub#errors"
  package static let nodeConfiguration = "http://jabber.org/protocol/pubsub#node_config"
  package static let nodeMetadata = "http://jabber.org/protocol/pubsub#meta-data"
  package static let subscribeOptions = "http://jabber.org/protocol/pubsub#subscribe_options"
  package static let subscribeAuthorization = "http://jabber.org/protocol/pubsub#subscribe_authorization"
  /// What only channel servers say.
  package static let channels = "http://buddycloud.org/v1"
  package static let discoInfo = "http://jabber.org/protocol/disco#info"
  package static let discoItems = "http://jabber.org/protocol/disco#items"
  package static let registration = "jabber:iq:register"
  package static let search = "jabber:iq:search"
  package static let version = "jabber:iq:version"
  package static let dataForm = "jabber:x:data"
  package static let resultSet = "http://jabber.org/protocol/rsm"
  package static let archive = "urn:xmpp:mam:tmp"
  package static let forward = "urn:xmpp:forward:0"
  package static let delay = "urn:xmpp:delay"
  package static let tombstone = "http://purl.org/atompub/tombstones/1.0"
  package static let atom = "http://www.w3.org/2005/Atom"
  package static let threads = "http://purl.org/syndication/thread/1.0"
  package static let activity = "http://activitystrea.ms/spec/1.0/"
}
