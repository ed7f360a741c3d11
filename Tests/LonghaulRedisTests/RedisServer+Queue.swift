import LonghaulBroker
import LonghaulCore
import LonghaulRedis
import LonghaulTestServers

extension RedisServer {
    /// A queue over connections to the server.
    func queue(_ options: String = "") throws -> BrokerQueue<RedisTransport> {
        let address = try RedisAddress(url + options)
        return BrokerQueue(time: SystemTime()) { try RedisTransport(address) }
    }
}
