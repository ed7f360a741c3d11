import CKafka
import Testing

@testable import LonghaulKafka

/// Which errors of librdkafka mean a wrong setting. With a wrong setting a server does not start; with any other error it
/// starts and tries again.
@Suite struct KafkaEventsTests {
    static let wrong: [(rd_kafka_resp_err_t, String)] = [
        (RD_KAFKA_RESP_ERR__RESOLVE, "Failed to resolve 'kafka.invalid:9092': Name or service not known"),
        (RD_KAFKA_RESP_ERR__AUTHENTICATION, "SASL authentication error: Invalid username or password"),
        (
            RD_KAFKA_RESP_ERR__SSL,
            "ssl://kafka:9093/bootstrap: SSL handshake failed: error:0A000086:SSL routines::certificate verify failed"
        ),
        // The answer came before librdkafka's first look for it.
        (
            RD_KAFKA_RESP_ERR__TRANSPORT,
            "ssl://kafka:9093/bootstrap: error:0A000086:SSL routines::certificate verify failed"
        ),
        // TLS 1.3 refuses a client's certificate after the handshake.
        (
            RD_KAFKA_RESP_ERR__TRANSPORT,
            "ssl://kafka:9093/bootstrap: Receive failed: error:0A00045C:SSL routines::tlsv13 alert certificate required: "
                + "SSL alert number 116"
        ),
    ]

    static let passing: [(rd_kafka_resp_err_t, String)] = [
        (
            RD_KAFKA_RESP_ERR__TRANSPORT,
            "kafka:9092/bootstrap: Connect to ipv4#10.0.0.1:9092 failed: Connection refused"
        ),
        (RD_KAFKA_RESP_ERR__TRANSPORT, "ssl://kafka:9093/1: Disconnected"),
        (
            RD_KAFKA_RESP_ERR__TRANSPORT,
            "ssl://kafka:9093/1: Receive failed: error:0A000126:SSL routines::unexpected eof while reading"
        ),
        (RD_KAFKA_RESP_ERR__TIMED_OUT, "kafka:9092/1: ApiVersionRequest failed: Local: Timed out"),
    ]

    @Test(arguments: wrong) func wrongSettingIsRecognized(_ code: rd_kafka_resp_err_t, _ reason: String) {
        #expect(KafkaEvents.isWrongSetting(code, reason))
    }

    @Test(arguments: passing) func faultThatMayPassIsNoWrongSetting(
        _ code: rd_kafka_resp_err_t, _ reason: String
    ) {
        #expect(!KafkaEvents.isWrongSetting(code, reason))
    }
}
