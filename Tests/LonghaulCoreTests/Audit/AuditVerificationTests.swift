import LonghaulCore
import LonghaulJSON
import Testing

/// The hash chain of audit records.
@Suite struct AuditVerificationTests {
    private let chain: AuditChain
    /// Oldest first.
    private let records: [AuditRecord]

    init() {
        var records: [AuditRecord] = []
        var last = AuditLink.start
        for number in 1...6 {
            let entry = AuditEntry(
                at: Timestamp(milliseconds: Int64(number) * 1000), source: AuditSource(caller: "boss"),
                action: .setQueue, subjects: ["queue \(number)"], after: JSONText(validated: Array("{}".utf8))
            )
            records.append(AuditRecord(entry, after: last))
            last = records[number - 1].link
        }
        self.records = records
        chain = AuditChain(removed: .start, last: last)
    }

    private func breaks(_ records: [AuditRecord], _ chain: AuditChain? = nil) async throws -> [Int64] {
        let newestFirst = Array(records.reversed())
        let chain = chain ?? self.chain
        let verification = try await AuditVerification.run { number in
            let page = newestFirst.dropFirst(number.map { Int($0) } ?? 0).prefix(4)
            let next = page.endIndex < newestFirst.count ? Int64(page.endIndex) : nil
            return AuditPage(records: Array(page), next: next, chain: chain)
        }
        #expect(verification.count == records.count && verification.chain == chain)
        return verification.breaks.map(\.number)
    }

    @Test func aWholeChainIsIntact() async throws {
        #expect(try await breaks(records) == [])
        #expect(try await breaks([], AuditChain()) == [])
    }

    @Test func aChainWithoutItsRemovedBeginningIsIntact() async throws {
        let rest = Array(records[3...])
        #expect(try await breaks(rest, AuditChain(removed: records[2].link, last: chain.last)) == [])
        // Retention has removed records since they were read.
        #expect(try await breaks(rest, AuditChain(removed: records[4].link, last: chain.last)) == [])
        #expect(try await breaks(rest) == [1])
    }

    @Test func aChangedRecordIsFound() async throws {
        for index in records.indices {
            var changed = records
            changed[index].entry.source.caller = "other"
            #expect(try await breaks(changed) == [Int64(index + 1)])
        }
    }

    @Test func theHashCoversEachField() async throws {
        let changes: [(inout AuditEntry) -> Void] = [
            { $0.at = Timestamp(milliseconds: 1) }, { $0.source.caller = "other" },
            { $0.source.keyID = "1" }, { $0.source.client = "192.0.2.1" }, { $0.source.requestID = "1" },
            { $0.action = .deleteQueue }, { $0.setStored(subjects: ["other"]) }, { $0.count = 2 },
            { $0.setStored(before: JSONText(validated: Array("{}".utf8))) }, { $0.setStored(after: nil) },
        ]
        for change in changes {
            var changed = records
            change(&changed[2].entry)
            #expect(changed != records)
            #expect(try await breaks(changed) == [3])
        }
    }

    /// PostgreSQL computes the hash from these parts.
    @Test func theCoveredTextHasTheNumberBetweenItsParts() {
        let last = AuditLink(number: 41, hash: records[5].hash)
        let record = AuditRecord(records[5].entry, after: last)
        let text = Array((AuditRecord.coveredHead + "42").utf8) + AuditRecord.coveredTail(record.entry)
        #expect(record.hash == SHA256.digest(last.hash + text))
    }

    @Test func aChangedRecordWithAHashOfItsOwnIsFoundAtTheNextOne() async throws {
        var changed = records
        changed[2].entry.count = 7
        changed[2].hash = changed[2].expectedHash(after: records[1].hash)
        #expect(try await breaks(changed) == [4])
        var newest = records
        newest[5].entry.count = 7
        newest[5].hash = newest[5].expectedHash(after: records[4].hash)
        #expect(try await breaks(newest) == [6])
    }

    @Test func aRemovedRecordIsFound() async throws {
        for index in records.indices {
            var rest = records
            rest.remove(at: index)
            #expect(try await breaks(rest) == [Int64(index + 1)])
        }
        #expect(try await breaks([]) == [1])
    }

    @Test func reorderedRecordsAreFound() async throws {
        var reordered = records
        (reordered[1].entry, reordered[2].entry) = (reordered[2].entry, reordered[1].entry)
        #expect(try await breaks(reordered) == [3, 2])
        var swapped = records
        swapped.swapAt(1, 2)
        #expect(try await !breaks(swapped).isEmpty)
    }

    @Test func anAddedRecordIsFound() async throws {
        let added = AuditRecord(records[0].entry, after: chain.last)
        #expect(try await breaks(records + [added]) == [7])
    }

    /// The form of version 1, which all later versions must verify.
    @Test func theHashCoversTheTextWithoutTheHash() throws {
        var writer = JSONWriter()
        writer.element(records[1])
        let text = writer.text.description
        let end = #","hash":"\#(SHA256.hexadecimal(records[1].hash))"}"#
        #expect(text.hasSuffix(end))
        let covered = text.dropLast(end.count) + "}"
        #expect(
            covered == """
                {"number":2,"at":"1970-01-01T00:00:02.000Z","caller":"boss","key_id":null,"client":null,\
                "request_id":null,"action":"queue.set","subjects":["queue 2"],"count":1,"before":null,"after":{}}
                """)
        #expect(SHA256.digest(records[0].hash + Array(covered.utf8)) == records[1].hash)
        #expect(try AuditRecord.decode(answer: writer.bytes) == records[1])
    }
}
