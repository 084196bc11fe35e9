// swift-tools-version:6.2
import PackageDescription

let libraries: [Target.Dependency] = [
  .product(name: "GRIP", package: "buddycloud"),
  .product(name: "HummingbirdGRIP", package: "buddycloud"),
  .product(name: "PubControl", package: "buddycloud"),
  .product(name: "Hummingbird", package: "hummingbird"),
]

let package = Package(
  name: "Examples",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "buddycloud", path: "../.."),
    .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1"),
  ],
  targets: [
    .executableTarget(name: "Clock", dependencies: libraries),
    .executableTarget(name: "Poll", dependencies: libraries),
    .executableTarget(name: "Chat", dependencies: libraries),
  ],
  swiftLanguageModes: [.v6]
)
