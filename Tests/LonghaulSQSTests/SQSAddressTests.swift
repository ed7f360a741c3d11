import LonghaulBroker
import LonghaulCore
import Testing

@testable import LonghaulSQS

/// The URL of `--queue`, and the names and messages of queues.
@Suite struct SQSAddressTests {
    @Test func defaults() throws {
        let address = try SQSAddress("sqs://")
        #expect(address.region == nil && address.endpoint == nil && address.profile == nil)
        #expect(address.prefix == "longhaul" && address.creates && address.tags.isEmpty)
    }

    @Test func everyOption() throws {
        let address = try SQSAddress(
            "sqs://?region=eu-west-1&endpoint=http%3A%2F%2F127.0.0.1:5000&profile=work&prefix=jobs_1&create=false"
                + "&tags=team:data,cost-center:a:b")
        #expect(address.region == "eu-west-1")
        #expect(address.endpoint == "http://127.0.0.1:5000")
        #expect(address.profile == "work")
        #expect(address.prefix == "jobs_1")
        #expect(!address.creates)
        #expect(address.tags == ["team": "data", "cost-center": "a:b"])
    }

    static let bad = [
        ("sqs:", "expected sqs://?region=NAME"), ("sqs://host", "expected ? after sqs://"),
        ("sqs://AKID:secret@host?region=a", "expected ? after sqs://"), ("sqs://?", "expected NAME=VALUE"),
        ("sqs://?region=", "expected NAME=VALUE"), ("sqs://?region=a&region=b", "each name once"),
        ("sqs://?region=eu%20west", "region must be"), ("sqs://?prefix=a.b", "prefix must have"),
        ("sqs://?prefix=12345678901234567890123456789012345678901", "prefix must have at most 40"),
        ("sqs://?create=no", "create must be true or false"),
        ("sqs://?style=path", "unknown option \"style\""),
        ("sqs://?tags=a", "tag 1 must be NAME:VALUE"), ("sqs://?tags=a:b,a:c", "tag 2 must be NAME:VALUE"),
    ]

    @Test(arguments: bad) func invalidAddressIsRejected(_ url: String, _ sentence: String) {
        let error = #expect(throws: LonghaulError.self) { try SQSAddress(url) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.detail.contains(sentence) == true, "\(error?.detail ?? "")")
        #expect(error?.detail.contains("secret") == false)
    }

    @Test func tooManyTagsAreRejected() {
        let tags = (1...41).map { "t\($0):v" }.joined(separator: ",")
        let error = #expect(throws: LonghaulError.self) { try SQSAddress("sqs://?tags=" + tags) }
        #expect(error?.detail.contains("at most 40 tags") == true)
    }

    @Test func namesFitSQSAndDiffer() {
        let names = SQSNames(prefix: String(repeating: "p", count: SQSAddress.maxPrefixBytes))
        let queues = [
            "mail", "mail.eu", "mail-eu", String(repeating: "q", count: 100),
            String(repeating: "q", count: 99),
        ]
        var all: Set<String> = [names.unreadable]
        for queue in queues {
            for band in Lane.Band.allCases {
                let name = names.name(SQSPlace(queue: queue, band: band))
                #expect(name.utf8.count <= 80 && name.utf8.allSatisfy(SQSNames.isAllowed), "\(name)")
                all.insert(name)
            }
        }
        #expect(all.count == queues.count * 3 + 1)
        let short = SQSNames(prefix: "longhaul")
        #expect(short.name(SQSPlace(queue: "mail", band: .high)) == "longhaul-mail-high")
    }

    @Test func messagesHaveTheIDAndTheKind() {
        let id = JobID(high: 7, low: 9)
        let place = SQSPlace(queue: "mail", band: .low)
        let body = SQSMessage.body(QueueEntry(id: id, queue: "mail", kind: "send/now", priority: 1))
        let parsed = SQSMessage.parse(body, from: place)
        #expect(parsed?.id == id)
        #expect(parsed?.lane == Lane(queue: "mail", kind: "send/now", band: .low))
        let long = String(repeating: "k", count: 201)
        for bad in ["", "\(id)", "\(id) ", "\(id) a b", "x work", "{}", "\(id) \(long)"] {
            #expect(SQSMessage.parse(bad, from: place) == nil, "\(bad)")
        }
    }
}
