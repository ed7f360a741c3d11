import CKafka
import LonghaulCore

/// One client of librdkafka, with its settings. Used by one thread at a time; librdkafka has threads of its own for the
/// sockets.
final class KafkaHandle: @unchecked Sendable {
    /// The maximum duration of one call.
    static let timeout = Duration.seconds(5)

    let pointer: OpaquePointer
    let events: KafkaEvents
    private var isOpen = true

    /// Creates a client. It connects in the background; ``connect()`` waits for it.
    ///
    /// - Throws: `unavailable` naming a setting that librdkafka refuses, for example a file that it cannot read.
    init(_ type: rd_kafka_type_t, _ settings: [(String, String)], _ events: KafkaEvents) throws(LonghaulError)
    {
        guard let configuration = rd_kafka_conf_new() else {
            throw events.unavailable("failed", "out of memory")
        }
        var text = [CChar](repeating: 0, count: 512)
        events.attach(to: configuration)
        if type == RD_KAFKA_PRODUCER { events.attachDeliveries(to: configuration) }
        if type == RD_KAFKA_CONSUMER { events.attachRebalances(to: configuration) }
        for (name, value) in settings {
            let result = rd_kafka_conf_set(configuration, name, value, &text, text.count)
            guard result == RD_KAFKA_CONF_OK else {
                rd_kafka_conf_destroy(configuration)
                events.recordWrongSetting()
                throw events.unavailable("cannot be used with these settings", Self.string(text))
            }
        }
        guard let pointer = rd_kafka_new(type, configuration, &text, text.count) else {
            rd_kafka_conf_destroy(configuration)
            events.recordWrongSetting()
            throw events.unavailable("cannot be used with these settings", Self.string(text))
        }
        self.pointer = pointer
        self.events = events
    }

    deinit { close() }

    func close() {
        guard isOpen else { return }
        isOpen = false
        rd_kafka_destroy_flags(pointer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
    }

    /// Waits until a broker answers.
    ///
    /// - Throws: `unavailable` naming the reason; at once if every broker refuses.
    func connect() throws(LonghaulError) {
        let end = ContinuousClock.now + Self.timeout
        // librdkafka waits for the whole time, even if every broker refuses. A slow broker needs a long wait.
        var wait = Duration.milliseconds(250)
        while true {
            var metadata: UnsafePointer<rd_kafka_metadata>?
            let left = max(.milliseconds(1), min(wait, end - .now))
            let code = rd_kafka_metadata(pointer, 0, nil, &metadata, left.milliseconds)
            wait *= 2
            if code == RD_KAFKA_RESP_ERR_NO_ERROR { return rd_kafka_metadata_destroy(metadata) }
            rd_kafka_poll(pointer, 0)
            if events.isDown || ContinuousClock.now >= end {
                throw events.unavailable("cannot be reached", events.cause ?? Self.text(code))
            }
        }
    }

    /// The text of an error.
    static func text(_ code: rd_kafka_resp_err_t) -> String { String(cString: rd_kafka_err2str(code)) }

    private static func string(_ text: [CChar]) -> String {
        String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Throws if a call failed.
    func check(_ code: rd_kafka_resp_err_t, _ what: String) throws(LonghaulError) {
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw events.unavailable("failed while \(what)", Self.text(code))
        }
    }

    /// Throws if a call returned an error, and releases the error.
    func check(_ error: OpaquePointer?, _ what: String) throws(LonghaulError) {
        guard let error else { return }
        let text = String(cString: rd_kafka_error_string(error))
        rd_kafka_error_destroy(error)
        throw events.unavailable("failed while \(what)", text)
    }
}

extension Duration {
    /// In milliseconds, for librdkafka.
    var milliseconds: Int32 { Int32(self / .milliseconds(1)) }
}
