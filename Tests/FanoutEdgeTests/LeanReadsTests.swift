import NIOCore
import Testing

@testable import FanoutEdge

@Suite struct LeanReadsTests {
  private func read(_ pool: inout NIOPooledRecvBufferAllocator, bytes: Int) -> ByteBuffer {
    let (buffer, _) = pool.buffer(allocator: ByteBufferAllocator()) { buffer in
      buffer.writeRepeatingByte(0x61, count: min(bytes, buffer.writableBytes))
    }
    pool.record(actualReadBytes: buffer.readableBytes)
    return buffer
  }

  @Test func `only the first read's few bytes stay with a connection`() {
    var pool = NIOPooledRecvBufferAllocator(capacity: 1, recvAllocator: LeanReads(capacity: 2048, isFirst: true))
    #expect(read(&pool, bytes: 5000).readableBytes == LeanReads.firstBytes)
    for _ in 0..<3 {
      var buffer = read(&pool, bytes: 5000)
      #expect(buffer.readableBytes == 2048)
      // It has one owner: writing to it copies nothing.
      #expect(buffer.modifyIfUniquelyOwned { $0.clear() } != nil)
    }
    #expect(pool.count == 1)
  }

  @Test func `a connection that reads an upload keeps no large buffer`() {
    var pool = NIOPooledRecvBufferAllocator(capacity: 1, recvAllocator: LeanReads(capacity: 2048, isFirst: true))
    _ = read(&pool, bytes: 10)
    pool.recvAllocator = LeanReads(capacity: 16_384, isFirst: false)
    #expect(read(&pool, bytes: 100_000).readableBytes == 16_384)
    var buffer = read(&pool, bytes: 100_000)
    #expect(buffer.modifyIfUniquelyOwned { $0.clear() } != nil)
  }

  @Test func `equal values one after the other are one`() {
    var shared = LastShared<String>()
    let first = shared.share("a")
    #expect(shared.share("a") === first)
    let second = shared.share("b")
    #expect(second !== first && second.value == "b" && first.value == "a")
  }
}
