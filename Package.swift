// swift-tools-version:6.2
import PackageDescription

// The list of targets is the diagram of the architecture: each layer may import only what stands
// below it. `ArchitectureTests` holds the table of allowed arrows (docs/architecture.md) against it.

var settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]
// The fuzzer's build, whose sanitizers load C modules in another order, takes members of Glibc for another module's.
if Context.environment["FUZZ"] == nil { settings.append(.enableUpcomingFeature("MemberImportVisibility")) }

let package = Package(
  name: "buddycloud",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "GRIP", targets: ["GRIP"]),
    .library(name: "PubControl", targets: ["PubControl"]),
    .library(name: "PubControlZeroMQ", targets: ["PubControlZeroMQ"]),
    .library(name: "HummingbirdGRIP", targets: ["HummingbirdGRIP"]),
    .library(name: "XMPP", targets: ["XMPP"]),
    .executable(name: "buddycloud", targets: ["buddycloud"]),
    .executable(name: "fanout", targets: ["fanout"]),
    .executable(name: "fanout-edge", targets: ["fanout-edge"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.35.2"),
    .package(url: "https://github.com/apple/swift-nio-http2.git", from: "1.46.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
    .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1"),
    .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
  ],
  targets: [
    // Executables: composition and command line only.
    .executableTarget(
      name: "buddycloud",
      dependencies: [
        "BuddycloudAPI", "ChannelServer", "ChannelStorePostgreSQL", "ChannelStoreSQLite", "Channels", "FanoutEdge",
        "ChannelProtocol", "FanoutBus", "GRIP", "PubControl", "ServerKit", "WebClient", "XMPP", "XMPPTransport",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "fanout",
      dependencies: [
        "FanoutEdge", "GRIP", "PubControl", "PubControlZeroMQ", "ServerKit",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOHTTP2", package: "swift-nio-http2"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "NIOWebSocket", package: "swift-nio"),
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "fanout-edge",
      dependencies: [
        "FanoutEdge", "FanoutBus", "ServerKit", .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: settings),

    // Products.
    .target(
      name: "BuddycloudAPI",
      dependencies: [
        "Channels", "GRIP", "HummingbirdGRIP", "PubControl", "ServerKit", "XMPP",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      swiftSettings: settings),
    .target(name: "WebClient", resources: [.embedInCode("Public")], swiftSettings: settings),

    // Engines.
    .target(
      name: "FanoutEdge",
      dependencies: [
        "CLinux", "CZeroMQ", "CZlib", "FanoutBus", "GRIP", "ServerKit",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHPACK", package: "swift-nio-http2"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOHTTP2", package: "swift-nio-http2"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "NIOTLS", package: "swift-nio"),
      ],
      swiftSettings: settings),
    .target(name: "FanoutBus", dependencies: ["GRIP"], swiftSettings: settings),
    .target(
      name: "ChannelServer",
      dependencies: [
        "ChannelProtocol", "Channels", "ServerKit", "XMPP", "XMPPTransport",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "CryptoExtras", package: "swift-crypto"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: settings),

    // Drivers.
    .target(
      name: "ChannelStoreSQLite",
      dependencies: ["Channels", "XMPP", .product(name: "GRDB", package: "GRDB.swift")],
      swiftSettings: settings),

    .target(
      name: "ChannelStorePostgreSQL", dependencies: ["CPostgreSQL", "Channels", "XMPP"], swiftSettings: settings),

    // Transports.
    .target(
      name: "HummingbirdGRIP",
      dependencies: [
        "GRIP", .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "NIOCore", package: "swift-nio"),
      ],
      swiftSettings: settings),
    .target(
      name: "PubControl",
      dependencies: [
        "GRIP", .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: settings),
    .target(
      name: "PubControlZeroMQ", dependencies: ["CZeroMQ", "GRIP", "PubControl"], swiftSettings: settings),

    .target(
      name: "XMPPTransport",
      dependencies: [
        "ServerKit", "XMPP",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "NIOTLS", package: "swift-nio"),
      ],
      swiftSettings: settings),

    // Pure: no sockets, no clock, no files.
    .target(
      name: "GRIP",
      dependencies: [
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "CryptoExtras", package: "swift-crypto"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
      ],
      swiftSettings: settings),
    .target(name: "ChannelProtocol", dependencies: ["Channels", "XMPP"], swiftSettings: settings),
    .target(name: "Channels", dependencies: ["XMPP"], swiftSettings: settings),
    .target(
      name: "XMPP",
      dependencies: [
        "CExpat", "CICU", .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "CryptoExtras", package: "swift-crypto"),
      ],
      swiftSettings: settings),

    // Base.
    .target(
      name: "ServerKit", dependencies: [.product(name: "Logging", package: "swift-log")],
      swiftSettings: settings),
    .target(name: "CLinux"),
    // Not by pkg-config: Debian's file for libpq asks for flags that SwiftPM refuses, with a warning in every build.
    .systemLibrary(name: "CPostgreSQL", providers: [.apt(["libpq-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CZeroMQ", pkgConfig: "libzmq", providers: [.apt(["libzmq3-dev"])]),
    .systemLibrary(name: "CExpat", pkgConfig: "expat", providers: [.apt(["libexpat1-dev"])]),
    .systemLibrary(name: "CICU", pkgConfig: "icu-uc", providers: [.apt(["libicu-dev"])]),

    // For tests only: starts the executables above as processes and speaks to them over sockets. Knows none of our code.
    .target(name: "TestKit", swiftSettings: settings),

    // Tests.
    .testTarget(
      name: "ArchitectureTests", dependencies: ["TestKit"], exclude: ["large-files.txt"], swiftSettings: settings),
    .testTarget(name: "EndToEndTests", dependencies: ["TestKit"], swiftSettings: settings),
    .testTarget(
      name: "PeerTests",
      dependencies: [
        "CZeroMQ", "TestKit",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOEmbedded", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "NIOTLS", package: "swift-nio"),
      ],
      exclude: ["browser_sockets.py", "browser_streams.py", "django_site.py"],
      swiftSettings: settings),
    .testTarget(name: "XMPPTests", dependencies: ["XMPP"], swiftSettings: settings),
    .testTarget(
      name: "ChannelProtocolTests", dependencies: ["ChannelProtocol", "Channels", "XMPP"], swiftSettings: settings),
    .testTarget(name: "ChannelsTests", dependencies: ["Channels", "XMPP"], swiftSettings: settings),
    .testTarget(
      name: "ChannelStoreTests",
      dependencies: [
        "ChannelStorePostgreSQL", "ChannelStoreSQLite", "Channels", "TestKit", "XMPP",
        .product(name: "GRDB", package: "GRDB.swift"),
      ],
      swiftSettings: settings),
    .testTarget(
      name: "BuddycloudAPITests",
      dependencies: [
        "BuddycloudAPI", "ChannelServer", "ChannelStoreSQLite", "Channels", "GRIP", "HummingbirdGRIP", "PubControl",
        "ServerKit", "XMPP",
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdTesting", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      swiftSettings: settings),
    .testTarget(
      name: "buddycloudTests",
      dependencies: [
        "BuddycloudAPI", "ChannelServer", "ChannelStorePostgreSQL", "ChannelStoreSQLite", "GRIP", "ServerKit",
        "buddycloud",
      ],
      swiftSettings: settings),
    .testTarget(
      name: "ServerKitTests",
      dependencies: ["ServerKit", .product(name: "Logging", package: "swift-log")], swiftSettings: settings),
    .testTarget(
      name: "ChannelServerTests",
      dependencies: [
        "ChannelProtocol", "ChannelServer", "ChannelStoreSQLite", "Channels", "TestKit", "XMPP",
        .product(name: "Logging", package: "swift-log"),
      ], swiftSettings: settings),
    .testTarget(
      name: "GRIPTests",
      dependencies: [
        "GRIP", .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "CryptoExtras", package: "swift-crypto"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
      ],
      swiftSettings: settings),
    .testTarget(
      name: "PubControlTests",
      dependencies: [
        "GRIP", "PubControl", .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ],
      swiftSettings: settings),
    .testTarget(
      name: "PubControlZeroMQTests",
      dependencies: ["CZeroMQ", "GRIP", "PubControl", "PubControlZeroMQ"],
      swiftSettings: settings),
    .testTarget(
      name: "HummingbirdGRIPTests",
      dependencies: [
        "GRIP", "HummingbirdGRIP", .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdTesting", package: "hummingbird"),
        .product(name: "NIOCore", package: "swift-nio"),
      ],
      swiftSettings: settings),
    .testTarget(name: "FanoutBusTests", dependencies: ["FanoutBus", "GRIP"], swiftSettings: settings),
    .testTarget(
      name: "FanoutEdgeTests",
      dependencies: [
        "CLinux", "CZeroMQ", "FanoutBus", "FanoutEdge", "GRIP", "ServerKit",
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOEmbedded", package: "swift-nio"),
        .product(name: "NIOHPACK", package: "swift-nio-http2"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOHTTP2", package: "swift-nio-http2"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "NIOTLS", package: "swift-nio"),
      ],
      swiftSettings: settings),
    .testTarget(
      name: "fanoutTests",
      dependencies: [
        "FanoutEdge", "GRIP", "ServerKit", "TestKit", "fanout",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
      ],
      swiftSettings: settings),
    .testTarget(
      name: "XMPPTransportTests",
      dependencies: [
        "ServerKit", "TestKit", "XMPP", "XMPPTransport",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOEmbedded", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ],
      swiftSettings: settings),
    .testTarget(name: "WebClientTests", dependencies: ["WebClient"], swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6]
)

// The fuzzer wants other compiler flags for everything, and our inner names: not a package of its own, and not in every build
// (scripts/fuzz.sh).
if Context.environment["FUZZ"] != nil {
  package.targets.append(
    .executableTarget(
      name: "EdgeFuzz",
      dependencies: [
        "FanoutEdge", "GRIP", "XMPP", .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "NIOCore", package: "swift-nio"),
      ],
      path: "Fuzz/Sources",
      swiftSettings: settings + [.unsafeFlags(["-parse-as-library"])],
      linkerSettings: [.unsafeFlags(["-sanitize=fuzzer"])]))
}

// What only a measurement wants (Benchmarks/stanzas.sh).
if Context.environment["BENCHMARKS"] != nil {
  package.targets.append(
    .executableTarget(
      name: "StanzaBench", dependencies: ["CExpat", "XMPP"], path: "Benchmarks/Stanzas",
      swiftSettings: settings + [.unsafeFlags(["-parse-as-library"])]))
}

// The examples are a package of their own (Examples/Swift), for whoever copies them. The tests compile them here, where
// everything that they need is built already (scripts/test.sh).
if Context.environment["EXAMPLES"] != nil {
  for name in ["Clock", "Poll", "Chat"] {
    package.targets.append(
      .executableTarget(
        name: name,
        dependencies: [
          "GRIP", "HummingbirdGRIP", "PubControl", .product(name: "Hummingbird", package: "hummingbird"),
        ],
        path: "Examples/Swift/Sources/\(name)"))
  }
}
