import Foundation
import LonghaulTestServers
import LonghaulTestSupport
import Testing

/// A wrong setting of Kafka ends the start with one sentence that names it.
@Suite(.through(.kafka, "it is about Kafka alone")) struct KafkaSettingsTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func words(_ url: String) throws -> [String] {
        try ["serve", "--listen", "127.0.0.1:0", "--queue-file", folder.write("queue", url)]
            + Pair.current.storage(folder)
    }

    /// Expects that the server does not start, and that its only line names each part.
    private func expectError(_ url: String, _ parts: String...) async throws {
        let run = try await longhaul(words(url), folder: folder.path)
        #expect(run.code == 1, "\(url): \(run)")
        let lines = run.errors.split(separator: "\n")
        #expect(lines.count == 1, "\(run.errors)")
        for part in parts { #expect(run.errors.contains(part), "\(url): \(run.errors)") }
        #expect(!run.errors.contains("cret"), "\(run.errors)")
    }

    private func expectStart(_ url: String) async throws {
        let server = try LonghaulProcess(words(url), folder: folder.path)
        let address = try await server.address()
        try await expectReady(["--server", address])
        server.signal(SIGTERM)
        #expect(try await server.exitCode() == 0, "\(server.errorText)")
    }

    @Test func wrongPartOfTheAddressIsNamed() async throws {
        try await expectError("kafka://longhaul.invalid", "longhaul.invalid:9092")
        try await expectError("kafka://me:secret@one,two:x", "host 2")
        try await expectError("kafka://host/topic", "no path")
        try await expectError("kafka://host?group=a%20b", "group")
        try await expectError("kafka://host?session=1", "session", "6 to 300")
        try await expectError("kafka://host?grup=a", "group, prefix, instance")
        try await expectError("kafkas://host?ca=/nowhere.pem", "/nowhere.pem")
    }

    @Test func wrongTopicOrGroupIsNamed() async throws {
        let front = try KafkaFront(of: KafkaServer.shared.get(), createsTopics: false)
        try await expectError(
            "kafka://127.0.0.1:\(front.port)?group=\(folder.name)&prefix=\(folder.name)",
            "\(folder.name).default.",
            "does not allow this server to create it")
        let mock = try KafkaMock()
        try mock.createTopics(prefix: "longhaul")
        // 30: the user may not use the group. 29: nor the topic.
        try mock.run("fail 9 30 1")
        try await expectError(mock.url + "?group=team", "group team", "authorization")
        try mock.run("refuse longhaul.default.high 29")
        try await expectError(mock.url, "longhaul.default.high", "authorization")
    }

    @Test func wrongCredentialIsNamed() async throws {
        let server = try KafkaServer.shared.get()
        let front = try KafkaFront(of: server, user: "me:right-secret")
        let place = "127.0.0.1:\(front.port)?group=\(folder.name)&prefix=\(folder.name)"
        try await expectError("kafka://me:wrong-secret@\(place)", "SASL", "Invalid username or password")
        try await expectError(
            "kafka://me:right-secret@\(place)&mechanism=SCRAM-SHA-512", "SASL", "SCRAM-SHA-512")
        try await expectStart("kafka://me:right-secret@\(place)")
    }

    @Test func wrongCertificateIsNamed() async throws {
        let server = try KafkaServer.shared.get()
        let authority = try await TestAuthority(in: folder)
        let other = try await TestAuthority(in: folder, "other")
        let good = try await authority.issue("good")
        let old = try await authority.issue("old", days: -1)
        let client = try await authority.issue("client", usage: "clientAuth")
        let front = try KafkaFront(
            of: server, identity: (good.certificate, good.key), authority: authority.path)
        func url(_ port: Int, _ ca: String, host: String = "127.0.0.1", _ more: String = "") -> String {
            "kafkas://\(host):\(port)?group=\(folder.name)&prefix=\(folder.name)&ca=\(ca)\(more)"
        }
        let identity = "&cert=\(client.certificate)&key=\(client.key)"
        try await expectStart(url(front.port, authority.path, identity))
        try await expectError(url(front.port, other.path, identity), "certificate verify failed")
        try await expectError(
            url(front.port, authority.path, host: "127.0.0.2", identity), "127.0.0.2",
            "certificate verify failed")
        try await expectError(
            url(front.port, authority.path, "&cert=\(client.certificate)&key=\(good.key)"),
            "key values mismatch")
        let expired = try KafkaFront(of: server, identity: (old.certificate, old.key))
        try await expectError(url(expired.port, authority.path), "certificate verify failed")
    }
}
