import Foundation
import LonghaulBroker
import LonghaulConformance
import LonghaulCore
import LonghaulKafka
import LonghaulTestServers
import LonghaulTestSupport
import Testing

/// TLS, client certificates and SASL, against a broker behind a front that requires them.
@Suite struct KafkaSecurityTests {
    private let ids = JobIDGenerator(time: SystemTime(), random: SystemRandom())

    /// Publishes and receives some IDs through a front.
    private func expectDelivery(_ url: String) async throws {
        let address = try KafkaAddress(url)
        #expect(try await KafkaTransport.verify(address) == .ready)
        let queue = BrokerQueue(time: SystemTime()) { try KafkaTransport(address) }
        let entries = (0..<5).map { _ in
            QueueEntry(id: ids.next(), queue: "default", kind: "work", priority: 5)
        }
        try await queue.publish(entries)
        try await queue.receiveAll(entries, QueueInterest(queues: ["default"], kinds: ["work"]))
        await queue.close()
    }

    private func expectError(_ url: String, _ reason: String) async throws {
        let address = try KafkaAddress(url)
        let error = await #expect(throws: LonghaulError.self) { try await KafkaTransport.verify(address) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.detail.contains(reason) == true, "\(error?.detail ?? "no error")")
        #expect(error?.detail.contains("secret") == false)
    }

    private var options: String {
        let name = "test-\(UUID().uuidString.prefix(8))"
        return "?group=\(name)&prefix=\(name)&partitions=1&session=6"
    }

    @Test func idsTravelOverTLSWithACertificateAndAPassword() async throws {
        let folder = try TemporaryFolder()
        let authority = try await TestAuthority(in: folder)
        let server = try await authority.issue("server")
        let client = try await authority.issue("client", usage: "clientAuth")
        let front = try KafkaFront(
            of: KafkaServer.shared.get(), identity: (server.certificate, server.key),
            authority: authority.path,
            user: "me:se@cret")
        let files = "&ca=\(authority.path)&cert=\(client.certificate)&key=\(client.key)"
        try await expectDelivery("kafkas://me:se%40cret@127.0.0.1:\(front.port)\(options)\(files)")
        try await expectError(
            "kafkas://me:secret@127.0.0.1:\(front.port)\(options)\(files)", "Invalid username or password")
        // The certificate does not name this address.
        try await expectError(
            "kafkas://me:se%40cret@127.0.0.2:\(front.port)\(options)\(files)", "certificate verify failed")
        let other = try await TestAuthority(in: folder, "other")
        try await expectError(
            "kafkas://me:se%40cret@127.0.0.1:\(front.port)\(options)&ca=\(other.path)",
            "certificate verify failed")
    }

    @Test func idsTravelWithAPassword() async throws {
        let front = try KafkaFront(of: KafkaServer.shared.get(), user: "me:secret")
        let url = "127.0.0.1:\(front.port)\(options)"
        try await expectDelivery("kafka://me:secret@\(url)")
        try await expectError("kafka://me:secret2@\(url)", "Invalid username or password")
        try await expectError("kafka://me:secret@\(url)&mechanism=SCRAM-SHA-256", "SCRAM-SHA-256")
    }
}
