import CKafka
import Foundation
import LonghaulCore

/// What librdkafka reports through callbacks. It calls them on the thread that polls the handle.
final class KafkaEvents {
    /// The cause of the last failed connection.
    private(set) var cause: String?
    /// Whether no broker answers, or the handle is unusable.
    private(set) var isDown = false
    /// The reason why a message was not accepted.
    var rejection: String?
    /// Called with the partitions that the server gets or loses.
    var rebalance: ((rd_kafka_resp_err_t, UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) -> Void)?

    /// Whether the handle cannot be used any more.
    private(set) var hasFatalError = false

    /// Forgets what was reported before a handle is used again.
    func reset() {
        cause = nil
        isDown = false
    }

    /// The error for the caller.
    func unavailable(_ what: String, _ why: String? = nil) -> LonghaulError {
        LonghaulError(
            .unavailable, "Kafka \(what): \(why ?? cause ?? "no broker answers")", retryAfterSeconds: 1)
    }

    /// Whether a host, a credential, a certificate or a topic is wrong, so that another attempt fails as well.
    private(set) var hasWrongSetting = false

    func recordWrongSetting() { hasWrongSetting = true }

    fileprivate func record(_ code: rd_kafka_resp_err_t, _ reason: String, of handle: OpaquePointer?) {
        switch code {
        case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN: isDown = true
        case RD_KAFKA_RESP_ERR__FATAL:
            var text = [CChar](repeating: 0, count: 512)
            _ = rd_kafka_fatal_error(handle, &text, text.count)
            cause = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            isDown = true
            hasFatalError = true
        default:
            cause = Self.short(reason)
            if Self.isWrongSetting(code, reason) { hasWrongSetting = true }
        }
    }

    /// Whether an error means that a host, a credential or a certificate is wrong.
    ///
    /// librdkafka reports a failed handshake as an SSL error only if the broker's answer came after its first look for it.
    /// A faster answer is reported as an error of the transport, with OpenSSL's text. The same holds if the broker does not
    /// accept the client's certificate, which TLS 1.3 reports after the handshake. If a broker cuts the connection, OpenSSL
    /// calls it an unexpected end of file: no setting is wrong.
    static func isWrongSetting(_ code: rd_kafka_resp_err_t, _ reason: String) -> Bool {
        switch code {
        case RD_KAFKA_RESP_ERR__RESOLVE, RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR__SSL: true
        case RD_KAFKA_RESP_ERR__TRANSPORT:
            reason.contains("SSL routines") && !reason.contains("unexpected eof")
        default: false
        }
    }

    /// The reason without librdkafka's remarks about time and repetition, which follow it in parentheses.
    private static func short(_ reason: String) -> String {
        guard let remark = reason.range(of: " (after ") else { return reason }
        return String(reason[..<remark.lowerBound])
    }

    /// Sets the callbacks of a new handle.
    func attach(to configuration: OpaquePointer) {
        rd_kafka_conf_set_opaque(configuration, Unmanaged.passUnretained(self).toOpaque())
        rd_kafka_conf_set_log_cb(configuration) { _, _, _, _ in }
        rd_kafka_conf_set_error_cb(configuration) { handle, code, reason, opaque in
            let reason = reason.map { String(cString: $0) } ?? ""
            KafkaEvents.of(opaque)?.record(rd_kafka_resp_err_t(code), reason, of: handle)
        }
    }

    /// Sets the callback for the confirmations of messages.
    func attachDeliveries(to configuration: OpaquePointer) {
        rd_kafka_conf_set_dr_msg_cb(configuration) { _, message, opaque in
            guard let message, message.pointee.err != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
            let topic =
                message.pointee.rkt.flatMap { rd_kafka_topic_name($0) }.map { String(cString: $0) } ?? ""
            KafkaEvents.of(opaque)?.rejection = "topic \(topic): \(KafkaHandle.text(message.pointee.err))"
        }
    }

    /// Sets the callback for changes of the assignment.
    func attachRebalances(to configuration: OpaquePointer) {
        rd_kafka_conf_set_rebalance_cb(configuration) { _, code, partitions, opaque in
            guard let partitions else { return }
            KafkaEvents.of(opaque)?.rebalance?(code, partitions)
        }
    }

    private static func of(_ opaque: UnsafeMutableRawPointer?) -> KafkaEvents? {
        opaque.map { Unmanaged<KafkaEvents>.fromOpaque($0).takeUnretainedValue() }
    }
}
