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

/// A C library of the system, with the packages that install it.
func system(_ name: String, pkgConfig: String? = nil, apt: String, brew: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([apt]), .brew([brew])])
}

/// A test target.
func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

let package = Package(
    name: "longhaul",
    products: [.executable(name: "longhaul", targets: ["longhaul"])]
        + [
            "LonghaulJSON", "LonghaulJSONata", "LonghaulStates", "LonghaulCore", "LonghaulEngine",
            "LonghaulSQLite", "LonghaulBroker", "LonghaulRedis", "LonghaulRabbitMQ", "LonghaulKafka",
            "LonghaulPostgres", "LonghaulFiles", "LonghaulAWS", "LonghaulS3", "LonghaulSQS", "LonghaulMemory",
            "LonghaulWorker", "LonghaulWorkflow", "LonghaulTesting", "LonghaulClient", "LonghaulServer",
            "LonghaulHTTP", "LonghaulTracing", "LonghaulExecutions",
        ].map { .library(name: $0, targets: [$0]) },
    targets: [
        // C libraries, one target each.
        system("CMicroHTTPD", pkgConfig: "libmicrohttpd", apt: "libmicrohttpd-dev", brew: "libmicrohttpd"),
        system("CSQLite", pkgConfig: "sqlite3", apt: "libsqlite3-dev", brew: "sqlite"),
        system("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev", brew: "curl"),
        system("CCrypto", pkgConfig: "libcrypto", apt: "libssl-dev", brew: "openssl@3"),
        system("CRabbitMQ", pkgConfig: "librabbitmq", apt: "librabbitmq-dev", brew: "rabbitmq-c"),
        system("COpenSSL", pkgConfig: "libssl", apt: "libssl-dev", brew: "openssl@3"),
        // Without pkg-config, whose flags for it SwiftPM refuses one by one at every build.
        system("CHiredis", apt: "libhiredis-dev", brew: "hiredis"),
        system("CLibPQ", pkgConfig: "libpq", apt: "libpq-dev", brew: "libpq"),
        system("CKafka", apt: "librdkafka-dev", brew: "librdkafka"),
        // Without pkg-config, whose module of this name is the 8-bit library.
        system("CPCRE2", apt: "libpcre2-dev", brew: "pcre2"),
        system("CExpat", pkgConfig: "expat", apt: "libexpat1-dev", brew: "expat"),
        .target(name: "CProcess"),
        .target(name: "CBacktrace"),
        .target(name: "CThreadStack"),
        // The dashboard's files, embedded.
        .target(name: "CDashboard", exclude: ["assets"]),
        .target(name: "CServiceModels", exclude: ["calls.json", "models.json", "requests.json"]),
        .target(name: "CSimdJSON", linkerSettings: [.linkedLibrary("simdjson")]),

        // From the bottom up: a target may use those above it in this list.
        library("LonghaulPlatform", []),
        library("LonghaulJSON", ["CSimdJSON"]),
        library("LonghaulJSONata", ["LonghaulJSON", "CPCRE2", "CCrypto", "CThreadStack"]),
        library("LonghaulStates", ["LonghaulJSON", "LonghaulJSONata"]),
        library("LonghaulConcurrency", ["LonghaulPlatform", "CBacktrace"]),
        library("LonghaulWatch", ["LonghaulConcurrency", "CBacktrace"]),
        library("LonghaulHTTP", ["LonghaulPlatform", "LonghaulConcurrency", "CMicroHTTPD", "CCurl"]),
        library("LonghaulCore", ["LonghaulPlatform", "LonghaulJSON", "CCrypto"]),
        library(
            "LonghaulEngine", ["LonghaulPlatform", "LonghaulCore", "LonghaulJSON", "LonghaulConcurrency"]),
        library("LonghaulStore", ["LonghaulCore", "LonghaulJSON", "LonghaulConcurrency"]),
        library(
            "LonghaulSQLite",
            [
                "LonghaulPlatform", "LonghaulCore", "LonghaulJSON", "LonghaulConcurrency", "LonghaulStore",
                "CSQLite",
            ]),
        library(
            "LonghaulPostgres",
            ["LonghaulCore", "LonghaulJSON", "LonghaulConcurrency", "LonghaulStore", "CLibPQ"]),
        library("LonghaulFiles", ["LonghaulPlatform", "LonghaulCore", "LonghaulConcurrency"]),
        library(
            "LonghaulAWS",
            [
                "LonghaulCore", "LonghaulJSON", "LonghaulHTTP", "LonghaulConcurrency", "CExpat", "CProcess",
            ]),
        library("LonghaulS3", ["LonghaulCore", "LonghaulAWS", "LonghaulHTTP", "LonghaulConcurrency"]),
        library("LonghaulMemory", ["LonghaulPlatform", "LonghaulCore", "LonghaulJSON", "LonghaulStore"]),
        library("LonghaulBroker", ["LonghaulCore", "LonghaulConcurrency"]),
        library("LonghaulWebhooks", ["LonghaulCore", "LonghaulHTTP", "LonghaulConcurrency"]),
        library("LonghaulRedis", ["LonghaulCore", "LonghaulBroker", "CHiredis", "COpenSSL"]),
        library("LonghaulRabbitMQ", ["LonghaulCore", "LonghaulBroker", "CRabbitMQ"]),
        library("LonghaulKafka", ["LonghaulCore", "LonghaulBroker", "LonghaulConcurrency", "CKafka"]),
        library(
            "LonghaulSQS",
            [
                "LonghaulCore", "LonghaulJSON", "LonghaulHTTP", "LonghaulAWS", "LonghaulBroker",
                "LonghaulConcurrency",
            ]),
        library("LonghaulClient", ["LonghaulCore", "LonghaulJSON", "LonghaulHTTP", "LonghaulConcurrency"]),
        library(
            "LonghaulWorker",
            ["LonghaulPlatform", "LonghaulCore", "LonghaulJSON", "LonghaulConcurrency", "CProcess"]),
        library(
            "LonghaulWorkflow", ["LonghaulWorker", "LonghaulCore", "LonghaulJSON", "LonghaulConcurrency"]),
        library(
            "LonghaulTesting",
            [
                "LonghaulWorkflow", "LonghaulWorker", "LonghaulEngine", "LonghaulMemory", "LonghaulCore",
                "LonghaulJSON",
            ]),
        // State machines: the operations of the Step Functions API, and the runner of executions.
        library(
            "LonghaulExecutions",
            [
                "LonghaulStates", "LonghaulEngine", "LonghaulWorker", "LonghaulCore", "LonghaulJSON",
                "LonghaulConcurrency", "LonghaulHTTP", "LonghaulAWS", "CServiceModels",
            ]),
        library("LonghaulTracing", ["LonghaulCore", "LonghaulJSON", "LonghaulHTTP", "LonghaulConcurrency"]),
        library(
            "LonghaulServer",
            [
                "LonghaulCore", "LonghaulJSON", "LonghaulConcurrency", "LonghaulEngine", "LonghaulHTTP",
                "LonghaulTracing", "LonghaulAWS", "LonghaulExecutions", "LonghaulStates", "CDashboard",
                "CServiceModels",
            ]),
        .executableTarget(
            name: "longhaul",
            dependencies: [
                "LonghaulServer", "LonghaulEngine", "LonghaulWorker", "LonghaulClient", "LonghaulSQLite",
                "LonghaulPostgres", "LonghaulStore", "LonghaulFiles", "LonghaulS3", "LonghaulCore",
                "LonghaulJSON", "LonghaulJSONata", "LonghaulHTTP", "LonghaulTracing", "LonghaulBroker",
                "LonghaulRedis", "LonghaulRabbitMQ", "LonghaulKafka", "LonghaulSQS", "LonghaulWebhooks",
                "LonghaulExecutions",
                "LonghaulConcurrency", "LonghaulWatch", "CProcess",
            ],
            swiftSettings: strict),

        // The durable jobs of the examples, and their worker.
        .target(
            name: "OrderProcess", dependencies: ["LonghaulWorkflow", "LonghaulWorker", "LonghaulCore"],
            path: "Examples/order-process/Sources", swiftSettings: strict),
        .target(
            name: "VideoPipeline", dependencies: ["LonghaulWorkflow", "LonghaulWorker", "LonghaulCore"],
            path: "Examples/video-pipeline/Sources", swiftSettings: strict),
        .target(
            name: "MonthlyReport", dependencies: ["LonghaulWorkflow"],
            path: "Examples/monthly-report/Sources", swiftSettings: strict),
        .executableTarget(
            name: "example-worker",
            dependencies: [
                "OrderProcess", "VideoPipeline", "MonthlyReport", "LonghaulWorkflow", "LonghaulWorker",
                "LonghaulClient", "LonghaulCore",
            ],
            path: "Examples/worker", swiftSettings: strict),

        // Benchmarks, built with the tests so that they go on compiling.
        .target(
            name: "RawSQLite", path: "Benchmarks/Sources/RawSQLite",
            linkerSettings: [.linkedLibrary("sqlite3")]),
        .executableTarget(
            name: "longhaul-bench",
            dependencies: [
                "RawSQLite", "LonghaulEngine", "LonghaulWorker", "LonghaulSQLite", "LonghaulPostgres",
                "LonghaulFiles", "LonghaulCore", "LonghaulJSON", "LonghaulJSONata", "LonghaulBroker",
                "LonghaulRedis", "LonghaulRabbitMQ", "LonghaulKafka", "LonghaulWorkflow", "LonghaulClient",
                "LonghaulExecutions", "LonghaulStates",
            ],
            path: "Benchmarks/Sources/longhaul-bench", swiftSettings: strict),

        // Tests. A conformance suite is a library: every driver's own tests call it.
        .target(
            name: "LonghaulConformance",
            dependencies: ["LonghaulCore", "LonghaulJSON", "LonghaulTestSupport"],
            path: "Tests/LonghaulConformance", swiftSettings: strict),
        .executableTarget(
            name: "longhaul-fuzz",
            dependencies: [
                "LonghaulServer", "LonghaulHTTP", "LonghaulCore", "LonghaulJSON", "LonghaulJSONata",
                "LonghaulStates", "LonghaulAWS",
            ],
            path: "Tests/Fuzz", exclude: ["README.md", "jsonata_differential.py", "requests.py"],
            swiftSettings: strict),
        .target(name: "CTaskHook", path: "Tests/CTaskHook"),
        // Bounds the number of tests that run at the same time.
        .target(name: "CTestProcess", path: "Tests/CTestProcess"),
        .target(name: "CSimulatedDisk", dependencies: ["CSQLite"], path: "Tests/CSimulatedDisk"),
        // Broken verbs of the memory driver, to prove that checks can fail.
        .target(
            name: "LonghaulFlaws",
            dependencies: ["LonghaulMemory", "LonghaulStore", "LonghaulCore", "LonghaulJSON"],
            path: "Tests/LonghaulFlaws", swiftSettings: strict),
        .executableTarget(
            name: "longhaul-simulation",
            dependencies: [
                "LonghaulEngine", "LonghaulMemory", "LonghaulSQLite", "LonghaulStore", "LonghaulCore",
                "LonghaulJSON", "LonghaulWorker", "LonghaulFlaws", "CTaskHook", "CSimulatedDisk",
            ],
            path: "Tests/Simulation", swiftSettings: strict),
        // What tests of several targets need: waiting for conditions, temporary folders, recorders, a clock.
        .target(
            name: "LonghaulTestSupport",
            dependencies: ["CTestProcess", "LonghaulCore", "LonghaulHTTP", "LonghaulConcurrency"],
            path: "Tests/LonghaulTestSupport", swiftSettings: strict),
        // Servers that tests start for themselves.
        .target(
            name: "LonghaulTestServers", dependencies: ["CTestProcess"], path: "Tests/LonghaulTestServers",
            exclude: ["aws_server.py", "gate_parts.py", "sqs_gate.py"],
            swiftSettings: strict),
        tests("LonghaulJSONTests", ["LonghaulJSON"]),
        tests("LonghaulConcurrencyTests", ["LonghaulConcurrency", "LonghaulTestSupport"]),
        tests(
            "LonghaulWebhooksTests",
            [
                "LonghaulWebhooks", "LonghaulCore", "LonghaulHTTP", "LonghaulEngine", "LonghaulMemory",
                "LonghaulTestSupport",
            ]),
        .testTarget(
            name: "LonghaulAWSTests",
            dependencies: [
                "LonghaulAWS", "LonghaulCore", "LonghaulHTTP", "LonghaulJSON", "LonghaulTestSupport",
            ],
            exclude: ["make_vectors.py"], resources: [.copy("Vectors")], swiftSettings: strict),
        tests("LonghaulWatchTests", ["LonghaulWatch", "LonghaulConcurrency"]),
        tests(
            "LonghaulJSONataTests", ["LonghaulJSONata", "LonghaulJSON", "LonghaulTestSupport"],
            resources: [.copy("Cases")]),
        tests(
            "LonghaulStatesTests",
            ["LonghaulStates", "LonghaulJSONata", "LonghaulJSON", "LonghaulTestSupport", "CServiceModels"],
            resources: [.copy("Cases"), .copy("Recordings")]),
        tests(
            "LonghaulExecutionsTests",
            [
                "LonghaulExecutions", "LonghaulStates", "LonghaulEngine", "LonghaulWorker", "LonghaulMemory",
                "LonghaulStore", "LonghaulCore", "LonghaulJSON", "LonghaulConcurrency", "LonghaulTestSupport",
            ], resources: [.copy("Recordings")]),
        tests("LonghaulHTTPTests", ["LonghaulHTTP", "LonghaulConcurrency", "LonghaulTestSupport"]),
        tests("LonghaulCoreTests", ["LonghaulCore", "LonghaulJSON"]),
        tests(
            "LonghaulEngineTests",
            [
                "LonghaulEngine", "LonghaulCore", "LonghaulJSON", "LonghaulConcurrency", "LonghaulSQLite",
                "LonghaulStore", "LonghaulMemory", "LonghaulConformance", "LonghaulTestSupport",
            ]),
        tests(
            "LonghaulSQLiteTests",
            [
                "LonghaulSQLite", "LonghaulConcurrency", "LonghaulStore", "LonghaulCore", "LonghaulJSON",
                "LonghaulConformance", "CSQLite", "CSimulatedDisk", "LonghaulTestSupport",
            ]),
        tests(
            "LonghaulMemoryTests",
            [
                "LonghaulMemory", "LonghaulStore", "LonghaulCore", "LonghaulJSON", "LonghaulFlaws",
                "LonghaulConformance", "LonghaulTestSupport",
            ]),
        tests(
            "LonghaulBrokerTests",
            ["LonghaulBroker", "LonghaulConformance", "LonghaulCore", "LonghaulTestSupport"]),
        tests(
            "LonghaulRedisTests",
            [
                "LonghaulRedis", "LonghaulBroker", "LonghaulCore", "LonghaulConformance", "LonghaulEngine",
                "LonghaulMemory", "LonghaulTestServers", "LonghaulTestSupport",
            ]),
        tests(
            "LonghaulRabbitMQTests",
            [
                "LonghaulRabbitMQ", "CRabbitMQ", "LonghaulBroker", "LonghaulCore", "LonghaulConformance",
                "LonghaulTestServers", "LonghaulTestSupport",
            ]),
        tests(
            "LonghaulKafkaTests",
            [
                "LonghaulKafka", "LonghaulBroker", "LonghaulCore", "LonghaulConformance",
                "LonghaulTestServers", "LonghaulTestSupport",
            ]),
        tests(
            "LonghaulSQSTests",
            [
                "LonghaulSQS", "LonghaulAWS", "LonghaulBroker", "LonghaulCore", "LonghaulHTTP",
                "LonghaulJSON", "LonghaulConformance", "LonghaulTestServers", "LonghaulTestSupport",
            ]),
        tests("SimulatedDiskTests", ["CSimulatedDisk", "CSQLite"]),
        tests(
            "LonghaulPostgresTests",
            [
                "LonghaulPostgres", "LonghaulSQLite", "LonghaulStore", "LonghaulCore", "LonghaulJSON",
                "LonghaulConcurrency", "LonghaulConformance", "LonghaulTestServers", "LonghaulTestSupport",
            ]),
        tests(
            "LonghaulFilesTests",
            ["LonghaulFiles", "LonghaulCore", "LonghaulConformance", "LonghaulTestSupport"]),
        .testTarget(
            name: "LonghaulS3Tests",
            dependencies: [
                "LonghaulS3", "LonghaulAWS", "LonghaulCore", "LonghaulHTTP", "LonghaulJSON",
                "LonghaulConformance", "LonghaulTestServers", "LonghaulTestSupport",
            ],
            resources: [.copy("Vectors")], swiftSettings: strict),
        tests(
            "LonghaulWorkerTests",
            [
                "LonghaulWorker", "LonghaulPlatform", "LonghaulConformance", "LonghaulCore", "LonghaulJSON",
                "LonghaulConcurrency", "LonghaulEngine", "LonghaulSQLite", "LonghaulFiles",
                "LonghaulTestSupport",
            ]),
        tests(
            "LonghaulWorkflowTests",
            [
                "LonghaulWorkflow", "LonghaulTesting", "LonghaulWorker", "LonghaulEngine", "LonghaulMemory",
                "LonghaulCore", "LonghaulJSON", "LonghaulTestSupport",
            ]),
        tests(
            "ExampleTests",
            [
                "OrderProcess", "VideoPipeline", "MonthlyReport", "LonghaulTesting", "LonghaulWorkflow",
                "LonghaulWorker", "LonghaulCore", "LonghaulJSON",
            ]),
        tests(
            "LonghaulServerTests",
            [
                "LonghaulServer", "LonghaulConcurrency", "LonghaulEngine", "LonghaulCore", "LonghaulJSON",
                "LonghaulHTTP", "LonghaulMemory", "LonghaulSQLite", "LonghaulFiles", "LonghaulAWS",
                "LonghaulExecutions", "LonghaulStates", "LonghaulTestSupport",
            ]),
        tests(
            "LonghaulClientTests",
            [
                "LonghaulClient", "LonghaulServer", "LonghaulEngine", "LonghaulCore", "LonghaulJSON",
                "LonghaulHTTP", "LonghaulMemory", "LonghaulFiles", "LonghaulConcurrency",
                "LonghaulTestSupport",
            ]),
        tests(
            "LonghaulTracingTests",
            [
                "LonghaulTracing", "LonghaulCore", "LonghaulJSON", "LonghaulHTTP", "LonghaulEngine",
                "LonghaulMemory", "LonghaulTestSupport",
            ]),
        tests(
            "BlackBoxTests",
            [
                "LonghaulClient", "LonghaulCore", "LonghaulJSON", "LonghaulHTTP", "LonghaulTestServers",
                "LonghaulTestSupport",
            ]),
    ],
    cxxLanguageStandard: .cxx17
)
