import LonghaulBroker
import LonghaulCore
import LonghaulEngine
import LonghaulRabbitMQ
import LonghaulRedis

/// The configured queue with the function that closes it.
struct OpenQueue: Sendable {
    let queue: any JobQueue
    private let closing: @Sendable () async -> Void

    /// Opens a queue. The connection to a broker is made at its first use, so that a server starts without it.
    ///
    /// - Throws: `invalid_request` for an invalid URL.
    init(_ url: BackendURL, time: any TimeSource) throws(LonghaulError) {
        switch url.scheme {
        case "redis", "rediss", "redis+sentinel", "rediss+sentinel":
            let address = try RedisAddress(url.text)
            let broker = BrokerQueue(time: time) { try RedisTransport(address) }
            queue = broker
            closing = { await broker.close() }
        case "amqp", "amqps":
            let address = try RabbitAddress(url.text)
            let broker = BrokerQueue(time: time) { try RabbitTransport(address) }
            queue = broker
            closing = { await broker.close() }
        default:
            queue = StoreQueue(time: time)
            closing = {}
        }
    }

    func close() async { await closing() }
}
