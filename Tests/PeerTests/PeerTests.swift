import Testing

/// Our edge and Debian's pushpin, driven by the same scripts.
@Suite("PeerTests", .serialized)
struct PeerTests {}
