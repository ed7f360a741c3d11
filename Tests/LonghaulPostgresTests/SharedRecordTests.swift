import LonghaulConformance
import LonghaulCore
import LonghaulJSON
import LonghaulPostgres
import LonghaulStore
import LonghaulTestSupport
import Testing

/// Two servers write the records of state machines and their executions at the same time.
struct SharedRecordTests {
    private static func json(_ number: Int) -> JSONText { JSONText(validated: Array("\(number)".utf8)) }

    /// Runs a body with two servers on one database, several times at once. Returns the values that are not nil.
    private func concurrently<Value: Sendable>(
        _ stores: [any JobStore], _ count: Int,
        _ body: @escaping @Sendable (any JobStore, Int) async throws -> Value?
    ) async throws -> [Value] {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            for number in 0..<count {
                let store = stores[number % stores.count]
                group.addTask { try await body(store, number) }
            }
            return try await group.reduce(into: []) { if let value = $1 { $0.append(value) } }
        }
    }

    @Test func oneOfTwoServersCreatesARecord() async throws {
        let place = try TemporaryDatabase()
        let stores = [try await place.open(), try await place.open()]
        for round in 0..<20 {
            let key = RecordKey(.machine, "m\(round)")
            let created = try await concurrently(stores, 6) { store, number in
                let write = RecordWrite(key, Self.json(number), if: .absent)
                return try await store.write([write], starting: nil) == .written(nil) ? number : nil
            }
            #expect(created.count == 1)
            let record = try await stores[0].record(key)
            #expect(record == KeyedRecord(key: key, value: Self.json(created.first ?? -1)))
        }
        for store in stores { await store.close() }
    }

    @Test func oneOfTwoServersStartsAnExecutionOfAName() async throws {
        let place = try TemporaryDatabase()
        let stores = [try await place.open(), try await place.open()]
        for round in 0..<10 {
            let name = RecordWrite(RecordKey(.execution, "e\(round)"), .null, if: .absent)
            let started = try await concurrently(stores, 4) { store, _ -> JobID? in
                let outcome = try await store.write([name], starting: place.execution())
                return if case .written(let job) = outcome { job?.id } else { nil }
            }
            #expect(started.count == 1)
        }
        #expect(try await stores[0].queue(JobSpec.executionQueue)?.counts == [.pending: 10])
        for store in stores { await store.close() }
    }

    @Test func noServerLosesTheUpdateOfAnother() async throws {
        let place = try TemporaryDatabase()
        let stores = [try await place.open(), try await place.open()]
        let key = RecordKey(.machine, "m")
        _ = try await stores[0].write([RecordWrite(key, Self.json(0))], starting: nil)
        _ = try await concurrently(stores, 4) { store, _ -> Int? in
            var count = 0
            while count < 8 {
                let record = try #require(try await store.record(key))
                let next = try #require(Int(record.value.description)) + 1
                let write = RecordWrite(key, Self.json(next), if: .revision(record.revision))
                if try await store.write([write], starting: nil) == .written(nil) { count += 1 }
            }
            return nil
        }
        #expect(try await stores[1].record(key) == KeyedRecord(key: key, value: Self.json(32), revision: 33))
        // Writes without a condition count as well.
        _ = try await concurrently(stores, 8) { store, _ -> Int? in
            _ = try await store.write([RecordWrite(key, .null)], starting: nil)
            return nil
        }
        #expect(try await stores[1].record(key)?.revision == 41)
        for store in stores { await store.close() }
    }

    @Test func aReportAtOneServerReachesTheRunnerOfAnother() async throws {
        let place = try TemporaryDatabase()
        let stores = [try await place.open(), try await place.open()]
        let execution = place.execution()
        _ = try await stores[0].write([], starting: execution)
        async let sent: [Int] = concurrently([stores[1]], 3) { store, number in
            for index in 0..<10 {
                try await store.report(.task("\(number)", Self.json(index)), to: execution.id)
            }
            return number
        }
        var handled: [String: [String]] = [:]
        while handled.values.reduce(0, { $0 + $1.count }) < 30 {
            guard let token = try await stores[0].claim(place.executionRequest()).first?.token else {
                continue
            }
            var outcome = AdvanceOutcome.held
            while outcome == .held {
                let reports = try await stores[0].execution(token, withParts: false).reports
                var advance = ExecutionAdvance(.wait(until: nil, for: []))
                for report in try reports.map({ try StoredReport($0) }) {
                    advance.handledReports.append(report.name)
                    guard case .task(let task, let value) = report.report else { continue }
                    handled[task, default: []].append(value.description)
                }
                outcome = try await stores[0].advance(token, advance)
            }
        }
        #expect(try await sent.count == 3)
        #expect(handled.values.allSatisfy { $0 == (0..<10).map(String.init) })
        #expect(try await stores[1].job(execution.id)?.state == .suspended)
        for store in stores { await store.close() }
    }
}
