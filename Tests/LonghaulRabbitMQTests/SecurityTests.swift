import LonghaulBroker
import LonghaulCore
import LonghaulRabbitMQ
import LonghaulTestServers
import Testing

/// RabbitMQ over TLS.
@Suite struct SecurityTests {
    /// Checks that connecting fails, and that the error contains the reason.
    private func expectConnectionError(_ url: String, _ reason: String) {
        let error = #expect(throws: LonghaulError.self) { try RabbitTransport(try RabbitAddress(url)) }
        #expect(error?.code == .unavailable)
        #expect(error?.detail.contains(reason) == true, "\(error?.detail ?? "no error")")
    }

    @Test func onlyTrustedCertificatesAreAccepted() async throws {
        let server = try RabbitServer(isSecure: true)
        let known = "cert=\(server.certificate)&key=\(server.key)"
        let trust = "ca=\(server.authority)&" + known

        // A job passes through the queue.
        let queue = try server.queue(prefix: "secure", options: "&" + trust)
        let id = JobIDGenerator(time: SystemTime(), random: SystemRandom()).next()
        try await queue.publish([QueueEntry(id: id, queue: "default", kind: "work", priority: 5)])
        let delivery = try await queue.receive(
            QueueInterest(queues: ["default"], kinds: ["work"]), limit: 1,
            until: SystemTime().now().adding(seconds: 60))
        #expect(delivery == .jobs([id]))
        try await queue.acknowledge([id])
        await queue.close()

        // An unknown authority, a host name that is not in the certificate, and a missing client certificate.
        expectConnectionError(server.url + "?" + known, "cert verification failed")
        expectConnectionError("amqps://127.0.0.1:\(server.port)?" + trust, "hostname")
        expectConnectionError(server.url + "?ca=\(server.authority)", "SSL error")
        expectConnectionError(server.url + "?ca=/nowhere.pem", "/nowhere.pem cannot be read")
        expectConnectionError(
            server.url + "?ca=\(server.authority)&cert=\(server.certificate)&key=/nowhere.pem",
            "/nowhere.pem cannot be read")
    }
}
