/// The names of all metrics. Labels come only from closed sets, never from channel names, JIDs or URLs.
package enum MetricNames {
  /// Requests that the API answered, by status class.
  package static let apiRequests = "buddycloud_api_requests_total"
  /// Requests that the API holds in-process at the moment.
  package static let apiHolds = "buddycloud_api_holds"
  /// Items published to a proxy, by result (`confirmed` | `lost`).
  package static let relayItems = "buddycloud_relay_items_total"
}
