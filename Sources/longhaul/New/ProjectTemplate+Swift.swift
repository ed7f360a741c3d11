extension ProjectTemplate {
    static let swift = ProjectTemplate(
        language: "swift",
        files: [
            File(
                path: "Package.swift",
                text: #"""
                    // swift-tools-version: 6.2
                    import PackageDescription

                    let package = Package(
                        name: "greetings",
                        platforms: [.macOS(.v15)],
                        dependencies: [
                            // The folder of a copy of Longhaul.
                            .package(name: "longhaul", path: "../longhaul")
                        ],
                        targets: [
                            .target(
                                name: "Greetings",
                                dependencies: [
                                    .product(name: "LonghaulCore", package: "longhaul"),
                                    .product(name: "LonghaulWorker", package: "longhaul"),
                                ]),
                            .executableTarget(
                                name: "greeter",
                                dependencies: [
                                    "Greetings",
                                    .product(name: "LonghaulClient", package: "longhaul"),
                                    .product(name: "LonghaulWorker", package: "longhaul"),
                                ]),
                            .testTarget(name: "GreetingsTests", dependencies: ["Greetings"]),
                        ])

                    """#),
            File(
                path: "Sources/Greetings/Greet.swift",
                text: #"""
                    import LonghaulCore
                    import LonghaulWorker

                    /// Jobs of the kind `greet`.
                    public struct Greet: JobKind {
                        public static let kind = "greet"

                        public struct Payload: Codable, Sendable {
                            public var name: String

                            public init(name: String) {
                                self.name = name
                            }
                        }

                        public struct Output: Codable, Sendable, Hashable {
                            public var greeting: String
                        }

                        /// The result for a payload.
                        public static func run(_ payload: Payload) -> Output {
                            Output(greeting: "Hello, \(payload.name)!")
                        }

                        /// The handler of a worker.
                        public static var handler: Handler {
                            .swift(Greet.self) { payload, context in
                                context.progress(50, "greeting")
                                return run(payload)
                            }
                        }
                    }

                    """#),
            File(
                path: "Sources/greeter/main.swift",
                text: #"""
                    // A worker that runs jobs of the kind greet until SIGINT or SIGTERM.
                    import Greetings
                    import LonghaulClient
                    import LonghaulWorker

                    let client = try LonghaulClient()
                    let worker = Worker(
                        configuration: WorkerConfiguration(queues: [("default", 4)]), gateway: client, handlers: [Greet.handler])

                    // Returns after a signal, when the running jobs have ended.
                    try await worker.run()
                    await client.shutdown()

                    """#),
            File(
                path: "Tests/GreetingsTests/GreetTests.swift",
                text: #"""
                    import Greetings
                    import Testing

                    struct GreetTests {
                        @Test func namesAreGreeted() {
                            #expect(Greet.run(Greet.Payload(name: "Ada")).greeting == "Hello, Ada!")
                        }
                    }

                    """#),
            File(
                path: "README.md",
                text: """
                    # Greetings

                    A worker in Swift for jobs of the kind `greet`. `Package.swift` expects a copy of Longhaul in `../longhaul`; change the path there if
                    yours is in another folder.

                    ```sh
                    longhaul serve
                    ```

                    In a second terminal, start the worker:

                    ```sh
                    swift run greeter
                    ```

                    In a third one, submit a job, and wait for its result:

                    ```sh
                    longhaul submit greet --payload '{"name": "Ada"}' --wait
                    ```

                    The test needs no server:

                    ```sh
                    swift test
                    ```

                    `LONGHAUL_SERVER` is the address of another server. The dashboard is at http://127.0.0.1:8080.

                    """),
        ])
}
