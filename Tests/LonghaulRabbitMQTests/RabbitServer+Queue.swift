import LonghaulBroker
import LonghaulCore
import LonghaulRabbitMQ
import LonghaulTestServers

extension RabbitServer {
    /// A queue over connections to the server.
    func queue(prefix: String) throws -> BrokerQueue<RabbitTransport> {
        let address = try RabbitAddress(url + "?prefix=\(prefix)")
        return BrokerQueue(time: SystemTime()) { try RabbitTransport(address) }
    }
}
