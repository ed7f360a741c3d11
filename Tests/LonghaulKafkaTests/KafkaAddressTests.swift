import LonghaulBroker
import LonghaulCore
import Testing

@testable import LonghaulKafka

/// Reading the address of a cluster, and the names of topics.
@Suite struct KafkaAddressTests {
    @Test func partsOfAnAddressAreRead() throws {
        let plain = try KafkaAddress("kafka://host")
        #expect(plain.servers == ["host:9092"] && plain.group == "longhaul" && plain.prefix == "longhaul")
        #expect(!plain.isSecure && plain.user == nil && plain.instance == nil && plain.partitions == 4)
        let full = try KafkaAddress(
            "kafkas://me:p%40ss%2Fword@one:1,two,[::1],[::2]:3?group=g&prefix=p.q&instance=i&partitions=8&replicas=3"
                + "&session=30&mechanism=scram-sha-512&ca=/ca.pem&cert=/c.pem&key=/k.pem")
        #expect(full.servers == ["one:1", "two:9092", "[::1]:9092", "[::2]:3"])
        #expect(full.user == "me" && full.password == "p@ss/word" && full.mechanism == .scram512)
        #expect(full.group == "g" && full.prefix == "p.q" && full.instance == "i")
        #expect(full.partitions == 8 && full.replicas == 3 && full.sessionSeconds == 30)
        #expect(full.isSecure && full.authorities == "/ca.pem")
        #expect(full.certificate == "/c.pem" && full.key == "/k.pem")
    }

    /// The addresses, each with a part of the error.
    static let bad = [
        ("kafka:host", "expected kafka://"),
        ("http://host", "expected kafka://"),
        ("kafka://", "host 1"),
        ("kafka://one,", "host 2"),
        ("kafka://one,two:x", "host 2"),
        ("kafka://one:0", "host 1"),
        ("kafka://one:65536", "host 1"),
        ("kafka://[]", "host 1"),
        ("kafka://o ne", "host 1"),
        ("kafka://host/topic", "no path"),
        ("kafka://user@host", "USER:PASSWORD"),
        ("kafka://:secret@host", "USER:PASSWORD"),
        ("kafka://me:se/cret@host", "%2F"),
        ("kafka://host?", "NAME=VALUE"),
        ("kafka://host?group=", "NAME=VALUE"),
        ("kafka://host?group=a&group=b", "group twice"),
        ("kafka://host?group=a%20b", "group"),
        ("kafka://host?prefix=a/b", "prefix"),
        ("kafka://host?partitions=0", "partitions"),
        ("kafka://host?replicas=x", "replicas"),
        ("kafka://host?session=5", "session"),
        ("kafka://me:pass@host?mechanism=md5", "mechanism"),
        ("kafka://host?mechanism=PLAIN", "mechanism"),
        ("kafka://host?ca=a.pem", "kafkas://"),
        ("kafkas://host?cert=a.pem", "cert=FILE and key=FILE"),
        ("kafka://host?color=red", "accepts the options"),
        ("kafka://" + Array(repeating: "host", count: 33).joined(separator: ","), "33 hosts"),
    ]

    @Test(arguments: bad) func invalidPartIsNamed(_ url: String, _ part: String) {
        let error = #expect(throws: LonghaulError.self) { try KafkaAddress(url) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.detail.contains(part) == true, "\(error?.detail ?? "")")
        #expect(error?.detail.contains("cret") == false)
    }

    @Test func topicsHaveAllowedAndDifferentNames() {
        let topics = KafkaTopics(prefix: "longhaul")
        #expect(topics.name("mail", .high) == "longhaul.mail.high")
        #expect(topics.names("mail") == ["longhaul.mail.low", "longhaul.mail.middle", "longhaul.mail.high"])
        let long = String(repeating: "q", count: 200)
        let queues = ["a:b", "a/b", "a-b", "größe", long, long + "x"]
        let names = queues.map { topics.name($0, .low) }
        #expect(Set(names).count == queues.count)
        #expect(names.allSatisfy { $0.utf8.allSatisfy(KafkaTopics.isAllowed) && $0.utf8.count < 249 })
    }
}
