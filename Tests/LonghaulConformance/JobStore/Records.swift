import LonghaulCore
import LonghaulJSON
import LonghaulTestSupport
import Testing

extension JobStoreConformance {
    static let records: [Case] = recordWrites + recordRanges + recordRaces

    private static let machine = RecordKey(.machine, "m")

    private static let recordWrites: [Case] = [
        Case("a record has its value, and a revision that counts its writes") { t in
            #expect(try await t.store.record(machine) == nil)
            try await t.put(machine, "1")
            #expect(try await t.store.record(machine) == KeyedRecord(key: machine, value: json("1")))
            try await t.put(machine, #"{"n": 1.50}"#)
            let second = KeyedRecord(key: machine, value: json(#"{"n": 1.50}"#), revision: 2)
            #expect(try await t.store.record(machine) == second)
            for key in [RecordKey(.alias, "m"), RecordKey(.machine, "M"), RecordKey(.machine, "m1")] {
                #expect(try await t.store.record(key) == nil)
            }
            #expect(try await t.store.write([RecordWrite(machine, nil)], starting: nil) == .written(nil))
            #expect(try await t.store.record(machine) == nil)
            try await t.put(machine, "3")
            #expect(try await t.store.record(machine)?.revision == 1)
        },
        Case("a write whose condition does not hold changes nothing") { t in
            let other = RecordKey(.alias, "a")
            func outcome(_ condition: RecordWrite.Condition) async throws -> RecordOutcome {
                let writes = [
                    RecordWrite(other, json("1")), RecordWrite(machine, json("2"), if: condition),
                    RecordWrite(RecordKey(.version, "v"), json("3")),
                ]
                return try await t.store.write(writes, starting: nil)
            }
            #expect(try await outcome(.revision(1)) == .conflict(machine))
            #expect(try await t.names(.alias).isEmpty)
            #expect(try await outcome(.absent) == .written(nil))
            #expect(try await outcome(.absent) == .conflict(machine))
            #expect(try await outcome(.revision(2)) == .conflict(machine))
            #expect(try await t.store.record(other)?.revision == 1)
            #expect(try await outcome(.revision(1)) == .written(nil))
            #expect(try await outcome(.revision(1)) == .conflict(machine))
            #expect(try await outcome(.always) == .written(nil))
            #expect(try await t.store.record(machine)?.revision == 3)
            let removal = RecordWrite(machine, nil, if: .revision(2))
            let refused = try await t.store.write([removal], starting: nil)
            #expect(refused == .conflict(machine))
        },
        Case("a name has 1 to 512 bytes, without U+0000, and is compared by its bytes") { t in
            for name in ["", String(repeating: "n", count: 513), "a\u{0}"] {
                let write = RecordWrite(RecordKey(.machine, name), json("1"))
                let code = await t.code { _ = try await t.store.write([write], starting: nil) }
                #expect(code == .invalidRequest)
                #expect(try await t.store.record(RecordKey(.machine, name)) == nil)
            }
            let names = [String(repeating: "n", count: 512), "a/b:c", "\u{E9}", "e\u{301}", "\u{10FFFF}"]
            for (index, name) in names.enumerated() {
                try await t.put(RecordKey(.machine, name), "\(index)")
            }
            for (index, name) in names.enumerated() {
                #expect(try await t.value(RecordKey(.machine, name)) == "\(index)")
            }
            #expect(try await t.names(.machine).count == names.count)
        },
        Case("records and the job of an execution are stored in one commit") { t in
            let name = RecordWrite(RecordKey(.execution, "e"), json("1"), if: .absent)
            let submission = t.execution()
            let outcome = try await t.store.write([name], starting: submission)
            #expect(outcome == .written(try await t.job(submission.id)))
            #expect(try await t.job(submission.id).state == .pending)
            #expect(t.changes(of: submission.id).map(\.state) == [.pending])
            let second = t.execution()
            #expect(try await t.store.write([name], starting: second) == .conflict(name.key))
            #expect(try await t.store.job(second.id) == nil)
        },
        Case("an execution that its queue refuses stores no record") { t in
            _ = try await t.store.setQueue(JobSpec.executionQueue, QueueSettings(maxDepth: 1))
            try await t.start("1")
            let code = await t.code { try await t.start("2") }
            #expect(code == .systemBusy)
            #expect(try await t.names(.execution) == ["1"])
        },
        Case("records of a job are written for an execution alone") { t in
            let submission = t.execution()
            let write = RecordWrite(RecordKey(.part, of: submission.id, "p"), json("1"))
            #expect(await t.code { _ = try await t.store.write([write], starting: nil) } == .notFound)
            _ = try await t.store.write([write], starting: submission)
            #expect(try await t.value(write.key) == "1")
            let job = try await t.submit()
            let other = RecordWrite(RecordKey(.part, of: job.id, "p"), json("1"))
            #expect(await t.code { _ = try await t.store.write([other], starting: nil) } == .notFound)
        },
    ]

    private static let recordRanges: [Case] = [
        Case("a range has the records of a space and a job in the order of the bytes of their names") { t in
            let names = ["b", "a", "a\u{10FFFF}", "a\u{E9}", "aa", "B", "a\u{7F}", "a\u{D7FF}", "a\u{E000}"]
            let sorted = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            let id = try await t.start()
            for name in names {
                try await t.put(RecordKey(.machine, name), "1")
                try await t.put(RecordKey(.part, of: id, name), "2")
            }
            try await t.put(RecordKey(.alias, "c"), "3")
            #expect(try await t.names(.machine) == sorted)
            #expect(try await t.names(.part, of: id) == sorted)
            var range = RecordRange(.machine, limit: 100)
            range.isDescending = true
            #expect(try await t.store.records(range).map(\.key.name) == sorted.reversed())
            for prefix in ["a", "a\u{D7FF}", "a\u{10FFFF}", "c"] {
                range.prefix = prefix
                let fitting = sorted.filter { $0.utf8.starts(with: prefix.utf8) }
                for isDescending in [false, true] {
                    range.isDescending = isDescending
                    let found = try await t.store.records(range).map(\.key.name)
                    #expect(found == (isDescending ? fitting.reversed() : fitting))
                }
            }
        },
        Case("pages of a range follow each other, up to a number of records and a number of bytes") { t in
            let names = (0..<25).map { "n\($0 / 10)\($0 % 10)" }
            for name in names { try await t.put(RecordKey(.machine, name), #""0123456789""#) }
            try await t.put(RecordKey(.machine, "m"), "1")
            try await t.put(RecordKey(.machine, "o"), "1")
            for isDescending in [false, true] {
                for (limit, maxBytes, size) in [(10, 1000, 10), (100, 36, 3), (100, 5, 1), (25, 1000, 25)] {
                    var range = RecordRange(.machine, limit: limit)
                    range.prefix = "n"
                    range.isDescending = isDescending
                    range.maxBytes = maxBytes
                    var found: [String] = []
                    repeat {
                        let page = try await t.store.records(range).map(\.key.name)
                        #expect(page.count == min(size, names.count - found.count))
                        found += page
                        range.after = page.last
                    } while range.after != nil && found.count < 100
                    #expect(found == (isDescending ? names.reversed() : names))
                }
            }
        },
    ]

    private static let recordRaces: [Case] = [
        Case("of writers that create the same record, one succeeds") { t in
            for round in 0..<10 {
                let key = RecordKey(.machine, "m\(round)")
                let created = try await concurrently(8) { number in
                    let write = RecordWrite(key, json("\(number)"), if: .absent)
                    return try await t.store.write([write], starting: nil) == .written(nil) ? number : nil
                }
                #expect(created.count == 1)
                #expect(try await t.value(key) == created.first.map(String.init))
                #expect(try await t.store.record(key)?.revision == 1)
            }
        },
        Case("writers that increase a number by its revision lose no increase") { t in
            try await t.put(machine, "0")
            let done = try await concurrently(6) { _ in
                var count = 0
                while count < 5 {
                    let record = try #require(try await t.store.record(machine))
                    let next = try #require(Int(record.value.description)) + 1
                    let write = RecordWrite(machine, json("\(next)"), if: .revision(record.revision))
                    if try await t.store.write([write], starting: nil) == .written(nil) { count += 1 }
                }
                return count
            }
            #expect(done == Array(repeating: 5, count: 6))
            #expect(try await t.value(machine) == "30")
            #expect(try await t.store.record(machine)?.revision == 31)
        },
        Case("of callers that start executions of the same name, one starts its job") { t in
            let jobs = try await concurrently(8) { _ -> JobID? in
                let submission = t.execution()
                let name = RecordWrite(RecordKey(.execution, "e"), json("1"), if: .absent)
                let outcome = try await t.store.write([name], starting: submission)
                return if case .written(let job) = outcome { job?.id } else { nil }
            }
            #expect(jobs.count == 1)
            #expect(try await t.counts(JobSpec.executionQueue) == [.pending: 1])
        },
    ]

    /// Runs a body several times at once. Returns the values that are not nil.
    static func concurrently<Value: Sendable>(
        _ count: Int, _ body: @escaping @Sendable (Int) async throws -> Value?
    ) async throws -> [Value] {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            for number in 0..<count { group.addTask { try await body(number) } }
            return try await group.reduce(into: []) { if let value = $1 { $0.append(value) } }
        }
    }
}
