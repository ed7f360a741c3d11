import LonghaulBroker
import LonghaulCore
import LonghaulEngine
import LonghaulKafka
import LonghaulRabbitMQ
import LonghaulRedis
import LonghaulSQS

/// The configured queue with the function that closes it.
struct OpenQueue: Sendable {
    let queue: any JobQueue
    private let closing: @Sendable () async -> Void

    /// Opens a queue. The connection to a broker is made at its first use, so that a server starts without it.
    ///
    /// - Throws: `invalid_request` for an invalid URL, and for a wrong host, credential, topic of Kafka or queue of SQS.
    init(_ url: BackendURL, time: any TimeSource) async throws(LonghaulError) {
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
        case "kafka", "kafkas":
            let address = try KafkaAddress(url.text)
            if case .away(let reason) = try await KafkaTransport.verify(address) {
                EventLog.log(Note("the queue is not available yet: \(reason)", level: .warning))
            }
            let broker = BrokerQueue(time: time) { try KafkaTransport(address) }
            queue = broker
            closing = { await broker.close() }
        case "sqs":
            (queue, closing) = try await Self.openSQS(SQSAddress(url.text), time: time)
        default:
            queue = StoreQueue(time: time)
            closing = {}
        }
    }

    private static func openSQS(
        _ address: SQSAddress, time: any TimeSource
    ) async throws(LonghaulError) -> (any JobQueue, @Sendable () async -> Void) {
        let service = try await SQSService.open(address)
        do throws(LonghaulError) {
            if case .away(let reason) = try await service.verify() {
                EventLog.log(Note("the queue is not available yet: \(reason)", level: .warning))
            }
        } catch {
            await service.close()
            throw error
        }
        let broker = BrokerQueue(time: time) { SQSTransport(service) }
        return (
            broker,
            {
                await broker.close()
                await service.close()
            }
        )
    }

    func close() async { await closing() }
}
