import LonghaulBroker
import LonghaulCore
import LonghaulEngine
import LonghaulRabbitMQ
import LonghaulRedis

/// The queue that the settings name, and how to close it.
struct OpenQueue: Sendable {
    let queue: any JobQueue
    private let closing: @Sendable () async -> Void

    /// Opens a queue. A broker is not connected to before its first use, so one that is away for now stops no
    /// server from starting.
    ///
    /// - Throws: `invalid_request` for a URL that makes no sense.
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
