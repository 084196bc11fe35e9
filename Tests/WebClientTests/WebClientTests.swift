import Foundation
import Testing

@testable import WebClient

/// The folder that the build embeds.
private let folder = URL(filePath: #filePath).deletingLastPathComponent()
  .appending(path: "../../Sources/WebClient/Public").standardizedFileURL

/// Paths of all files below the folder, as a URL has them.
private func pathsOnDisk() throws -> Set<String> {
  let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: [.isRegularFileKey]))
  var paths: Set<String> = []
  for case let file as URL in files where try file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true {
    paths.insert(String(file.standardizedFileURL.path.dropFirst(folder.path.count)))
  }
  return paths
}

private func text(of path: String) throws -> String {
  String(decoding: try #require(WebClient.file(at: path)).bytes, as: UTF8.self)
}

@Suite("Embedded files")
struct EmbeddedFilesTests {
  @Test func `every file of the folder is listed, and nothing else`() throws {
    let listed = WebClient.files.map(\.path)
    #expect(Set(listed) == (try pathsOnDisk()))
    #expect(listed.count == Set(listed).count)
  }

  @Test func `every listed path has the bytes of its file`() throws {
    for file in WebClient.files {
      let bytes = try Data(contentsOf: folder.appending(path: String(file.path.dropFirst())))
      #expect(file.bytes == [UInt8](bytes), "\(file.path) has another file's bytes: two files have the same name")
    }
  }

  @Test func `every file has a content type that a browser takes`() {
    let types = [
      "html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8",
      "svg": "image/svg+xml",
    ]
    for file in WebClient.files {
      let ending = String(file.path.split(separator: ".").last ?? "")
      #expect(file.contentType == types[ending], "\(file.path)")
    }
  }

  @Test func `entity tags are quoted and differ between files`() throws {
    for file in WebClient.files {
      #expect(file.etag.wholeMatch(of: /"[0-9a-f]{16}"/) != nil, "\(file.path) has \(file.etag)")
    }
    #expect(Set(WebClient.files.map(\.etag)).count == WebClient.files.count)
  }

  @Test func `the root is the page`() {
    #expect(WebClient.file(at: "/")?.path == WebClient.page)
    #expect(WebClient.file(at: "/index.html")?.path == WebClient.page)
  }

  @Test(arguments: [
    "", "index.html", "/../Package.swift", "//index.html", "/js", "/js/", "/JS/main.js", "/js/main.js/",
    "/js/%6dain.js",
    "/alice@localhost", "/\0",
  ])
  func `a path that is not listed has no file`(path: String) {
    #expect(WebClient.file(at: path) == nil)
  }
}

@Suite("What the page refers to")
struct ReferenceTests {
  @Test func `the page loads existing files of its own, and nothing else`() throws {
    let page = try text(of: WebClient.page)
    let addresses = page.matches(of: /(?:href|src)="([^"]*)"/).map { String($0.1) }.filter { $0 != "#main" }
    #expect(addresses.count > 10)
    for address in addresses {
      #expect(WebClient.file(at: address) != nil, "\(address) is not one of our files")
    }
  }

  @Test func `the page loads every script ahead, so that none waits for another`() throws {
    let page = try text(of: WebClient.page)
    for file in WebClient.files where file.path.hasSuffix(".js") {
      #expect(page.contains("\"\(file.path)\""), "\(file.path) is missing from index.html")
    }
  }

  @Test func `the page has no script, style or listener in it`() throws {
    let page = try text(of: WebClient.page)
    #expect(page.matches(of: /<script(?![^>]*\ssrc=)/).isEmpty)
    #expect(page.matches(of: /<style|\sstyle=|\son\w+=/).isEmpty)
  }

  @Test func `every import leads to a file`() throws {
    for file in WebClient.files where file.path.hasSuffix(".js") {
      let imports = try text(of: file.path).matches(of: /(?m)^import [^"]*"([^"]*)";/).map { String($0.1) }
      for name in imports {
        let path = URL(filePath: file.path).deletingLastPathComponent().appending(path: name).standardizedFileURL.path
        #expect(WebClient.file(at: path) != nil, "\(file.path) imports \(name)")
      }
    }
  }

  @Test(arguments: [
    "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "srcdoc",
    "DOMParser", "createContextualFragment", "setHTML", "document.cookie",
  ])
  func `no script turns a string into markup or code`(sink: String) throws {
    for file in WebClient.files where file.path.hasSuffix(".js") {
      #expect(!(try text(of: file.path)).contains(sink), "\(file.path) uses \(sink)")
    }
  }

  @Test func `no style or script names another server`() throws {
    for file in WebClient.files {
      let addresses = try text(of: file.path).matches(of: /https?:\/\/[a-z0-9.-]+\.[a-z]{2,}[^\s"']*/).map {
        String($0.0)
      }
      .filter { !$0.hasPrefix("http://www.w3.org/") }
      #expect(addresses.isEmpty, "\(file.path) names \(addresses)")
      #expect(!(try text(of: file.path)).contains("@import"), "\(file.path)")
    }
  }

  @Test func `scripts stay readable`() throws {
    for file in WebClient.files where file.path.hasSuffix(".js") {
      let lines = try text(of: file.path).split(separator: "\n", omittingEmptySubsequences: false)
      #expect(lines.count <= 250, "\(file.path) has \(lines.count) lines")
    }
  }
}

@Suite("Content security policy")
struct PolicyTests {
  private func directives(_ policy: String) -> [String: String] {
    Dictionary(
      uniqueKeysWithValues: policy.split(separator: ";").map { part in
        let words = part.split(whereSeparator: \.isWhitespace)
        return (String(words[0]), words.dropFirst().joined(separator: " "))
      })
  }

  @Test func `nothing but this server's own files runs`() {
    let policy = directives(WebClient.contentSecurityPolicy)
    #expect(policy["default-src"] == "'self'")
    #expect(policy["script-src"] == "'self'")
    #expect(policy["style-src"] == "'self'")
    #expect(policy["object-src"] == "'none'")
    #expect(policy["base-uri"] == "'none'")
    #expect(policy["frame-ancestors"] == "'none'")
    #expect(policy["require-trusted-types-for"] == "'script'")
    #expect(!WebClient.contentSecurityPolicy.contains("unsafe"))
    #expect(!WebClient.contentSecurityPolicy.contains("\n"))
  }

  @Test func `the page says the same as the header`() throws {
    let page = try text(of: WebClient.page)
    let meta = try #require(page.firstMatch(of: /http-equiv="Content-Security-Policy" content="([^"]*)"/)).1
    var expected = directives(WebClient.contentSecurityPolicy)
    expected["frame-ancestors"] = nil
    #expect(directives(String(meta)) == expected)
  }
}
