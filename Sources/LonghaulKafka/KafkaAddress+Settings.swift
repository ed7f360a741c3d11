import Glibc

/// The settings of librdkafka.
extension KafkaAddress {
    /// The first file of TLS that cannot be read; nil if all can.
    var unreadableFile: String? {
        guard isSecure else { return nil }
        return [authorities, certificate, key].compactMap(\.self).first { access($0, R_OK) != 0 }
    }

    private var common: [(String, String)] {
        var settings = [
            ("bootstrap.servers", servers.joined(separator: ",")),
            ("client.id", "longhaul"),
            // A broker that does not answer for 5 s counts as unavailable.
            ("socket.timeout.ms", "5000"),
            ("socket.connection.setup.timeout.ms", "5000"),
            ("socket.keepalive.enable", "true"),
            ("reconnect.backoff.max.ms", "2000"),
            ("security.protocol", "\(user == nil ? "" : "sasl_")\(isSecure ? "ssl" : "plaintext")"),
        ]
        if let user, let password {
            settings += [
                ("sasl.mechanism", (mechanism ?? .plain).rawValue),
                ("sasl.username", user), ("sasl.password", password),
            ]
        }
        if isSecure { settings.append(("ssl.ca.location", authorities)) }
        if let certificate, let key {
            settings += [("ssl.certificate.location", certificate), ("ssl.key.location", key)]
        }
        return settings
    }

    var producerSettings: [(String, String)] {
        common + [
            ("enable.idempotence", "true"),
            ("acks", "all"),
            ("linger.ms", "1"),
            ("request.timeout.ms", "5000"),
            ("message.timeout.ms", "5000"),
            // The key is the kind of job. Jobs of one kind use all partitions.
            ("partitioner", "random"),
        ]
    }

    var consumerSettings: [(String, String)] {
        let settings = [
            ("group.id", group),
            ("session.timeout.ms", "\(sessionSeconds * 1000)"),
            ("heartbeat.interval.ms", "\(min(3000, sessionSeconds * 1000 / 3))"),
            ("max.poll.interval.ms", "\(max(60, sessionSeconds) * 1000)"),
            ("partition.assignment.strategy", "cooperative-sticky"),
            ("enable.auto.commit", "false"),
            ("enable.auto.offset.store", "false"),
            ("auto.offset.reset", "earliest"),
            ("enable.partition.eof", "true"),
            ("allow.auto.create.topics", "false"),
            ("queued.min.messages", "1000"),
            ("queued.max.messages.kbytes", "1024"),
            ("fetch.error.backoff.ms", "100"),
        ]
        return common + settings + (instance.map { [("group.instance.id", $0)] } ?? [])
    }
}
