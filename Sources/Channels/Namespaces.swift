/// The namespaces of the social domain, by the short names of the channel protocol.
package enum Namespaces {
  package static let atom = "http://www.w3.org/2005/Atom"
  package static let threads = "http://purl.org/syndication/thread/1.0"
  package static let activity = "http://activitystrea.ms/spec/1.0/"
  package static let review = "http://activitystrea.ms/schema/1.0/review"
  package static let media = "http://buddycloud.org/v1/media"
  package static let dataForm = "jabber:x:data"
  package static let xhtml = "http://www.w3.org/1999/xhtml"
  package static let tombstones = "http://purl.org/atompub/tombstones/1.0"
  package static let geolocation = "http://jabber.org/protocol/geoloc"
}
