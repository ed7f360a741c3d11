import LonghaulBroker
import LonghaulCore
import LonghaulRabbitMQ
import LonghaulTestServers

extension RabbitServer {
    /// A queue over connections to the server.
    func queue(prefix: String, options: String = "") throws -> BrokerQueue<RabbitTransport> {
        let address = try RabbitAddress(url + "?prefix=\(prefix)" + options)
        return BrokerQueue(time: SystemTime()) { try RabbitTransport(address) }
    }
}
