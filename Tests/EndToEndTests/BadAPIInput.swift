import Foundation
import TestKit

/// What the API must refuse. The server has the account juliet and the topic channel balcony@topics.localhost, which is hers.
enum BadAPIInput {
  private static let json: HeaderFields = [("Content-Type", "application/json")]
  private static let hers: HeaderFields = [Person.juliet.credentials, ("Content-Type", "application/json")]
  private static let his: HeaderFields = [Person.romeo.credentials, ("Content-Type", "application/json")]
  private static let atom: HeaderFields = [Person.juliet.credentials, ("Content-Type", "application/atom+xml")]
  private static let feed = Person.juliet.feed

  private static func get(_ target: String, _ fields: HeaderFields = [Notifications.json]) -> HTTPRequest {
    HTTPRequest("GET", target, fields)
  }

  private static func post(_ target: String, _ body: String, _ fields: HeaderFields = hers) -> HTTPRequest {
    HTTPRequest("POST", target, fields, body: body)
  }

  private static func account(_ body: String) -> HTTPRequest { post("/account", body, json) }

  static let accounts: [BadInput] = [
    .init("an account of nothing", account(""), 400, "json|username"),
    .init("an account that is no JSON", account("username=tybalt"), 400, "json"),
    .init("an account that is a list", account("[]"), 400, "username|object"),
    .init("an account without a name", account(#"{"password":"p","email":"e@v.example"}"#), 400, "username"),
    .init("an account without a password", account(#"{"username":"tybalt","email":"e@v.example"}"#), 400, "password"),
    .init("an account without an address", account(#"{"username":"tybalt","password":"p"}"#), 400, "email"),
    .init("a name that is a number", account(#"{"username":7,"password":"p","email":"e@v.example"}"#), 400, "username"),
    .init(
      "a name with a blank", account(#"{"username":"prince of cats","password":"p","email":"e@v.example"}"#), 400,
      "prince|name|address|jid"),
    .init(
      "a name with two @", account(#"{"username":"tybalt@a@b","password":"p","email":"e@v.example"}"#), 400,
      "tybalt|name|address|jid"),
    .init(
      "a name that is taken", account(#"{"username":"juliet","password":"p","email":"e@v.example"}"#), 503,
      "juliet|taken|exist"),
    .init("JSON of a thousand levels", account(String(repeating: "[", count: 1000)), 400, "json|deep|nest"),
  ]

  static let credentials: [BadInput] = [
    .init("no credentials where some are needed", get("/subscribed"), 401, "."),
    .init("a wrong password", get("/", [("Authorization", "Basic anVsaWV0Om5v")]), 401, "."),
    .init("a scheme that there is not", get("/", [("Authorization", "Digest juliet")]), 400, "basic"),
    .init("credentials that are no base64", get("/", [("Authorization", "Basic ???")]), 400, "base64|basic"),
    .init("credentials without a colon", get("/", [("Authorization", "Basic anVsaWV0")]), 400, "colon|:|basic"),
    .init("a post of a stranger's", post(feed, #"{"content":"x"}"#, json), 401, "."),
    .init("a post where one may not", post(feed, #"{"content":"x"}"#, his), 403, "."),
    .init(
      "a channel that is somebody else's", post("/balcony@topics.localhost/metadata/posts", #"{"title":"x"}"#, his),
      403, "."),
    .init("deleting what is somebody else's", HTTPRequest("DELETE", "/balcony@topics.localhost", his), 403, "."),
  ]

  static let posts: [BadInput] = [
    .init("a post that is no JSON", post(feed, "{"), 400, "json"),
    .init("a post that is a list", post(feed, "[1]"), 400, "object|json"),
    .init("a content that is a number", post(feed, #"{"content":7}"#), 400, "content"),
    .init(
      "Atom that does not end", post(feed, "<entry xmlns='http://www.w3.org/2005/Atom'>", atom), 400, "xml|atom|entry"),
    .init("Atom of another kind", post(feed, "<feed xmlns='http://www.w3.org/2005/Atom'/>", atom), 400, "entry"),
    .init(
      "Atom with a document type",
      post(
        feed, "<!DOCTYPE e [<!ENTITY a 'b'>]><entry xmlns='http://www.w3.org/2005/Atom'><content>&a;</content></entry>",
        atom),
      400, "doctype|document type|xml|entit"),
    .init("a reply to nothing", post(feed, #"{"content":"x","replyTo":"nothing"}"#), 400, "nothing|repl|parent|item"),
    .init(
      "a post that is too long", post(feed, #"{"content":"\#(String(repeating: "x", count: 2_000_000))"}"#), 413,
      "large|long|bytes|KiB|MiB"),
    .init(
      "a post to nobody's channel", post("/nobody@localhost/content/posts", #"{"content":"x"}"#), 404,
      "nobody|channel|node"),
    .init(
      "a post to nobody's node", post("/juliet@localhost/content/nothing", #"{"content":"x"}"#), 404, "nothing|node"),
  ]

  static let reading: [BadInput] = [
    .init("a channel that there is not", get("/nobody@localhost/content/posts"), 404, "nobody|channel|node"),
    .init("an item that there is not", get("\(feed)/nothing"), 404, "nothing|entry"),
    .init("a page of no number", get("\(feed)?max=many"), 400, "max"),
    .init("a negative page", get("\(feed)?max=-1"), 400, "max"),
    .init("a broken percent", get("/juliet@localhost/content/%zz"), 400, "percent|%|path|encod"),
    .init("no channel at all", get("//content/posts"), 400, "content"),
    .init("a channel that is no address", get("/@/content/posts"), 400, "address|channel|jid"),
    .init("a resource that there is not", get("/no/such/thing"), 404, "no/such/thing"),
    .init("a method that there is not", HTTPRequest("DELETE", feed, hers), 405, "delete"),
    .init("a format that there is not", get(feed, [("Accept", "image/png")]), 406, "atom"),
    .init("a cursor of no kind", get("/notifications/posts?since=nonsense"), 400, "since"),
    .init("a cursor of nothing", get("/notifications/posts?since=cursor:"), 400, "cursor"),
    .init("a cursor of no number", get("/notifications/posts?since=cursor:x"), 400, "cursor"),
    .init("a negative cursor", get("/notifications/posts?since=cursor:-1"), 400, "cursor"),
    .init(
      "a last id of no number",
      get("/notifications/posts", [("Accept", "text/event-stream"), ("Last-Event-ID", "x")]), 400,
      "cursor|last-event-id"),
    .init("notifications of no node", get("/notifications/posts?since=&node=nonsense"), 400, "node|nonsense"),
    .init(
      "notifications of nobody's node", get("/notifications/posts?since=&node=nobody@localhost/posts"), 404,
      "nobody|node"),
    .init("a forged next link", get("/notifications/posts?next=forged"), 403, "next|prox"),
    .init("a day of no calendar", get("/sync?since=yesterday&max=3", hers), 400, "since"),
    .init("a synchronisation from nowhere", get("/sync", hers), 400, "since"),
  ]

  static let changes: [BadInput] = [
    .init("metadata that is no JSON", post("/juliet@localhost/metadata/posts", "{"), 400, "json"),
    .init(
      "an access model that there is not", post("/juliet@localhost/metadata/posts", #"{"access_model":"ajar"}"#), 400,
      "ajar|access"),
    .init("a subscription to nothing", post("/subscribed", "{}"), 400, "channel|node|subscri|empty"),
    .init("a subscription that is a list", post("/subscribed", "[]"), 400, "object|json"),
    .init(
      "a role that there is not", post("/juliet@localhost/subscribers/posts", #"{"romeo@localhost":"king"}"#), 400,
      "king|affiliation|role"),
    .init("a topic that there is", HTTPRequest("POST", "/balcony@topics.localhost", hers), 500, "exist|balcony|taken"),
    .init(
      "a topic elsewhere", HTTPRequest("POST", "/balcony@topics.elsewhere.example", hers), 403,
      "elsewhere|domain|here|local"),
  ]
}
