import LonghaulConcurrency
public import LonghaulCore

extension KafkaTransport {
    /// The state of a cluster when a server starts.
    public enum Readiness: Sendable, Hashable {
        /// It has the topics of the queue `default`.
        case ready
        /// It does not answer. The server may start without it.
        case away(String)
    }

    /// Connects, creates or checks the topics of the queue `default`, and checks the group. Waits at most about 15 seconds.
    ///
    /// - Throws: `invalid_request` naming the host, the credential, the certificate, the topic or the group that is wrong.
    public static func verify(_ address: KafkaAddress) async throws(LonghaulError) -> Readiness {
        let result = await withCheckedContinuation { continuation in
            let isRunning = BlockingThread.start("lh-verify") {
                continuation.resume(returning: verifyBlocking(address))
            }
            if !isRunning {
                continuation.resume(returning: .success(.away("the system has no thread for the queue")))
            }
        }
        return try result.get()
    }

    private static func verifyBlocking(_ address: KafkaAddress) -> Result<Readiness, LonghaulError> {
        let events = KafkaEvents()
        do {
            let transport = try KafkaTransport(address, events)
            defer { transport.close() }
            try transport.prepare(["default"])
            try transport.checkGroup()
            return .success(.ready)
        } catch {
            guard events.hasWrongSetting else { return .success(.away(error.detail)) }
            return .failure(LonghaulError(.invalidRequest, error.detail))
        }
    }
}
