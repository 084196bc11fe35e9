import ChannelStoreSQLite
import Foundation
import Testing

@testable import buddycloud

@Suite("Who may read the data directory")
struct DataDirectoryAccessTests {
  @Test func `keys and database are for their owner only, also in a directory that lets others in`() async throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "data-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
    defer { try? FileManager.default.removeItem(atPath: path) }
    let directory = DataDirectory(path: path)
    try directory.make()
    let key = try directory.key("edge.key")
    #expect(key.count == 32)
    #expect(try directory.key("edge.key") == key)
    let store = try SQLiteChannelStore(SQLiteStoreConfiguration(path: directory.database))
    defer { try? store.close() }
    let files = try FileManager.default.contentsOfDirectory(atPath: path)
    #expect(files.count >= 3)
    for file in files {
      let attributes = try FileManager.default.attributesOfItem(atPath: "\(path)/\(file)")
      #expect(attributes[.posixPermissions] as? Int == 0o600, "\(file)")
    }
  }
}
