// swift-tools-version: 6.2
import PackageDescription

/// The settings of every Swift target: the strict ones, from the first commit.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

/// A library target of the product.
func library(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// A test target.
func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

let package = Package(
    name: "longhaul",
    products: [
        .executable(name: "longhaul", targets: ["longhaul"]),
        .library(name: "LonghaulCore", targets: ["LonghaulCore"]),
        .library(name: "LonghaulEngine", targets: ["LonghaulEngine"]),
        .library(name: "LonghaulSQLite", targets: ["LonghaulSQLite"]),
        .library(name: "LonghaulFiles", targets: ["LonghaulFiles"]),
        .library(name: "LonghaulWorker", targets: ["LonghaulWorker"]),
        .library(name: "LonghaulClient", targets: ["LonghaulClient"]),
        .library(name: "LonghaulServer", targets: ["LonghaulServer"]),
        .library(name: "LonghaulHTTP", targets: ["LonghaulHTTP"]),
    ],
    targets: [
        // C libraries, one target each.
        .systemLibrary(
            name: "CMicroHTTPD", pkgConfig: "libmicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(
            name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .target(name: "CSimdJSON", linkerSettings: [.linkedLibrary("simdjson")]),

        // From the bottom up: a target may use those above it in this list.
        library("LonghaulJSON", ["CSimdJSON"]),
        library("LonghaulHTTP", ["CMicroHTTPD", "CCurl"]),
        library("LonghaulCore", ["LonghaulJSON", "CCrypto"]),
        library("LonghaulEngine", ["LonghaulCore"]),
        library("LonghaulSQLite", ["LonghaulCore", "CSQLite"]),
        library("LonghaulFiles", ["LonghaulCore"]),
        library("LonghaulClient", ["LonghaulCore", "LonghaulHTTP"]),
        library("LonghaulWorker", ["LonghaulCore", "LonghaulClient", "LonghaulEngine"]),
        library("LonghaulServer", ["LonghaulCore", "LonghaulEngine", "LonghaulHTTP"]),
        .executableTarget(
            name: "longhaul",
            dependencies: [
                "LonghaulServer", "LonghaulWorker", "LonghaulClient", "LonghaulSQLite", "LonghaulFiles",
            ],
            swiftSettings: strict),

        // Tests. A conformance suite is a library: every driver's own tests call it.
        .target(
            name: "LonghaulConformance", dependencies: ["LonghaulCore"],
            path: "Tests/LonghaulConformance", swiftSettings: strict),
        tests("LonghaulJSONTests", ["LonghaulJSON"]),
        tests("LonghaulHTTPTests", ["LonghaulHTTP"]),
        tests("LonghaulCoreTests", ["LonghaulCore"]),
        tests("LonghaulEngineTests", ["LonghaulEngine", "LonghaulSQLite"]),
        tests("LonghaulSQLiteTests", ["LonghaulSQLite", "LonghaulConformance"]),
        tests("LonghaulFilesTests", ["LonghaulFiles", "LonghaulConformance"]),
        tests("LonghaulWorkerTests", ["LonghaulWorker", "LonghaulEngine", "LonghaulSQLite", "LonghaulFiles"]),
        tests("LonghaulServerTests", ["LonghaulServer", "LonghaulSQLite", "LonghaulFiles"]),
        tests("BlackBoxTests", ["LonghaulClient", "LonghaulHTTP"]),
    ],
    cxxLanguageStandard: .cxx17
)
