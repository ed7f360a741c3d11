import Foundation
import LonghaulHTTP
import LonghaulTestSupport
import Testing

/// Changes at two servers form one chain.
@Suite(.over(.postgres, "SQLite's file has one server"))
struct SharedAuditTests {
    @Test func concurrentChangesAtTwoServersFormOneChain() async throws {
        let servers = try await ServerPair()
        let changes = 30
        try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<changes {
                for server in [servers.one, servers.other] {
                    group.addTask {
                        let name = server.address == servers.one.address ? "one" : "other"
                        let path = "/v1/queues/\(name)-\(number)"
                        return try await server.call("PUT", path, #"{"max_depth": 7}"#).status
                    }
                }
            }
            for try await status in group { #expect(status == 200) }
        }
        let page = try await servers.one.call("GET", "/v1/audit?limit=500")
        #expect(try page.ints("items.*.number") == Array((1...2 * changes).reversed()))
        let subjects = try page.strings("items.*.subjects.*")
        #expect(Set(subjects).count == 2 * changes)
        let verified = try await longhaul(["audit", "verify", "--server", servers.other.address])
        #expect(verified.code == 0 && verified.output.hasPrefix("\(2 * changes) records"), "\(verified)")
    }
}
