// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "longhaul-benchmarks",
    dependencies: [.package(name: "longhaul", path: "..")],
    targets: [
        .target(name: "RawSQLite", linkerSettings: [.linkedLibrary("sqlite3")]),
        .executableTarget(
            name: "longhaul-bench",
            dependencies: [
                "RawSQLite",
                .product(name: "LonghaulCore", package: "longhaul"),
                .product(name: "LonghaulJSON", package: "longhaul"),
                .product(name: "LonghaulEngine", package: "longhaul"),
                .product(name: "LonghaulSQLite", package: "longhaul"),
                .product(name: "LonghaulPostgres", package: "longhaul"),
                .product(name: "LonghaulBroker", package: "longhaul"),
                .product(name: "LonghaulRedis", package: "longhaul"),
                .product(name: "LonghaulRabbitMQ", package: "longhaul"),
                .product(name: "LonghaulFiles", package: "longhaul"),
                .product(name: "LonghaulWorker", package: "longhaul"),
            ],
            swiftSettings: strict),
    ]
)
