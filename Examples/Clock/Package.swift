// swift-tools-version:6.2
import PackageDescription

let package = Package(
  name: "Clock",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "buddycloud", path: "../.."),
    .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1"),
  ],
  targets: [
    .executableTarget(
      name: "Clock",
      dependencies: [
        .product(name: "GRIP", package: "buddycloud"),
        .product(name: "HummingbirdGRIP", package: "buddycloud"),
        .product(name: "PubControl", package: "buddycloud"),
        .product(name: "Hummingbird", package: "hummingbird"),
      ])
  ],
  swiftLanguageModes: [.v6]
)
