import LonghaulAWS
import LonghaulBroker
public import LonghaulCore

extension SQSService {
    /// The state of SQS when a server starts.
    public enum Readiness: Sendable, Hashable {
        /// It has the queues of the queue `default`, and the credentials may use them.
        case ready
        /// It does not answer. The server may start without it.
        case away(String)
    }

    /// Creates or checks the queues of the queue `default`, and tries to count and to receive their messages.
    ///
    /// - Throws: `invalid_request` naming the host, the region, the queue, the credential or the right that is wrong.
    public func verify() async throws(LonghaulError) -> Readiness {
        do throws(AWSError) {
            try await withUnreadableURL { _ in }
            for band in Lane.Band.allCases.reversed() {
                let place = SQSPlace(queue: "default", band: band)
                _ = try await count(place)
                // The messages stay visible for the servers that run already.
                _ = try await receive(place, limit: 1, waitSeconds: 0, hides: false)
            }
            return .ready
        } catch {
            if error.isTransient, error.unknownHost == nil { return .away(error.message) }
            throw LonghaulError(.invalidRequest, explained(error))
        }
    }

    /// One sentence that says what to change.
    private func explained(_ error: AWSError) -> String {
        if let host = error.unknownHost {
            return address.endpoint == nil
                ? "there is no SQS in the region \(region): the host \(host) is unknown"
                : "the host \(host) of the endpoint is unknown"
        }
        // A server of another service, such as Step Functions, knows no operation of SQS.
        if error.isForeign || error.code == "UnknownOperationException", let status = error.status {
            return
                "the server at \(endpoint) does not answer like SQS (status \(status)): correct the endpoint"
        }
        if error.code == "InvalidSignatureException", error.message.contains("Credential should be scoped") {
            return
                "SQS at \(endpoint) does not accept the region \(region): set region to that of the endpoint"
        }
        return error.explainingCredentials(of: "SQS").message
    }
}
