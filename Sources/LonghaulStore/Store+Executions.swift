package import LonghaulCore

// MARK: - State machines and their executions

extension Store {
    package func record(_ key: RecordKey) async throws -> KeyedRecord? {
        guard key.hasValidName else { return nil }
        return try await driver.read { try $0.record(key) }
    }

    package func records(_ range: RecordRange) async throws -> [KeyedRecord] {
        guard !range.prefix.utf8.contains(0), !(range.after?.utf8.contains(0) ?? false) else {
            throw LonghaulError(.invalidRequest, "a range of records must not contain U+0000")
        }
        return try await driver.read { try $0.records(range) }
    }

    package func write(
        _ writes: [RecordWrite], starting execution: Submission?
    ) async throws -> RecordOutcome {
        let source = AuditSource.current
        return try await driver.write(WritePlan(.write(writes, starting: execution))) {
            try $0.write(writes, starting: execution, by: source)
        }
    }

    package func execution(_ token: LeaseToken, withParts: Bool) async throws -> ExecutionState {
        try await driver.read { reader in
            let id = try reader.held(by: token).job.id
            var state = ExecutionState()
            state.reports = try reader.all(.report, of: id)
            guard withParts else { return state }
            for part in try reader.all(.part, of: id) { state.parts[part.key.name] = part.value }
            return state
        }
    }

    package func advance(_ token: LeaseToken, _ advance: ExecutionAdvance) async throws -> AdvanceOutcome {
        try await driver.write(WritePlan(.advance(token, advance))) { try $0.advance(token, advance) }
    }

    package func report(_ report: ExecutionReport, to id: JobID) async throws {
        let source = AuditSource.current
        try await driver.write(WritePlan(.report(id, nil))) { try $0.report(report, to: id, by: source) }
    }

    package func report(_ call: TaskCall) async throws {
        try await driver.write(WritePlan(.report(call.jobID, call.recordKey))) { try $0.report(call) }
    }
}

extension StoreReader {
    /// All records of a job and a space.
    fileprivate func all(_ space: RecordSpace, of id: JobID) throws -> [KeyedRecord] {
        var range = RecordRange(space, of: id, limit: .max)
        range.maxBytes = .max
        return try records(range)
    }
}
