import Foundation
import LonghaulConformance
import LonghaulCore
import LonghaulRabbitMQ
import LonghaulTestServers
import Testing

/// RabbitMQ as a queue, against a real server.
@Suite struct ConformanceTests {
    @Test(arguments: JobQueueConformance.cases)
    func rabbitConforms(_ rule: JobQueueConformance.Case) async throws {
        let server = try RabbitServer.shared.get()
        let prefix = "test-\(UUID().uuidString.prefix(8))"
        try await rule.run { try server.queue(prefix: prefix) }
    }

    static let bad = [
        "amqp:", "amqp://", "amqp://host:port", "amqp://host:0", "amqp://host/a/b", "amqp://host?timeout=3",
        "amqp://host?prefix=", "amqp://host?ca=a.pem", "amqps://host?cert=a.pem", "amqps://host?key=a.pem",
        "amqps://host?ca=", "http://host",
    ]

    @Test(arguments: bad) func invalidAddressIsRejected(_ url: String) {
        let error = #expect(throws: LonghaulError.self) { try RabbitAddress(url) }
        #expect(error?.code == .invalidRequest)
    }

    @Test func wrongPasswordIsReportedWithoutThePassword() async throws {
        let server = try RabbitServer.shared.get()
        let address = try RabbitAddress("amqp://guest:secret@127.0.0.1:\(server.port)")
        let error = #expect(throws: LonghaulError.self) { try RabbitTransport(address) }
        #expect(error?.code == .unavailable)
        #expect(error?.detail.contains("ACCESS_REFUSED") == true, "\(error?.detail ?? "")")
        #expect(error?.detail.contains("secret") == false)
    }
}
