import Foundation
import LonghaulTestServers
import LonghaulTestSupport
import Testing

/// A broker that is stopped (SIGSTOP): it accepts connections and answers nothing.
@Suite(.through(.kafka, "it has a broker of its own")) struct StalledBrokerTests {
    /// Code 0 says that no limit of the shutdown was exceeded.
    @Test func serverStopsInTimeWhileKafkaStalls() async throws {
        let broker = try KafkaServer()
        let folder = try TemporaryFolder()
        let handlers = try folder.write("handlers.json5", "{ handlers: { work: { command: ['true'] } } }")
        let server = try LonghaulProcess(
            ["up", "--listen", "127.0.0.1:0", "--handlers", handlers, "--shutdown-grace", "1"]
                + ["--queue", broker.url(name: "stall")] + Pair.current.storage(folder), folder: folder.path)
        let address = ["--server", try await server.address()]
        // The server has joined the group when IDs arrive; a second job is unpublished when the broker stops.
        let first = try await longhaul(["submit", "work", "--wait"] + address)
        #expect(first.code == 0, "\(first) \(server.errorText)")
        try broker.signal(SIGSTOP)
        let second = try await longhaul(["submit", "work", "--wait"] + address)
        #expect(second.code == 0, "\(second) \(server.errorText)")
        server.signal(SIGTERM)
        #expect(try await server.exitCode() == 0, "\(server.errorText)")
        #expect(!server.errorText.contains("stacks"), "\(server.errorText)")
    }
}
