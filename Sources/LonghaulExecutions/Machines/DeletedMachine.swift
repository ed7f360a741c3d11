internal import LonghaulCore
internal import LonghaulJSON
internal import LonghaulStates

/// What is left of a machine that was deleted: its revisions, for executions that have not been removed.
struct DeletedMachine: Sendable, Hashable {
    let id: String
    let name: String
    let deletedAt: Timestamp
    /// The name of the last record of an execution that was checked and does not need the machine.
    var checkedExecution: String?
    /// The revision of the record; 0 if it is not stored.
    private var recordRevision: Int64 = 0

    /// The prefix of the names of these records. Other records of their space begin with hexadecimal digits.
    static let prefix = "deleted/"
    /// A request that has read the machine before it was deleted has started its execution by then.
    static let delaySeconds = 600.0

    init(_ machine: MachineRecord, at time: Timestamp) {
        id = machine.id
        name = machine.name
        deletedAt = time
    }

    init(_ record: KeyedRecord) throws(ServiceError) {
        let reader = try RecordReader(record)
        id = String(record.key.name.dropFirst(DeletedMachine.prefix.count))
        name = try reader.text("name")
        deletedAt = try reader.time("deletedAt")
        checkedExecution = reader.value["checked"]?.string
        recordRevision = record.revision
    }

    var key: RecordKey { RecordKey(.revision, DeletedMachine.prefix + id) }

    var write: RecordWrite {
        var object = StateObject([("name", .string(name)), ("deletedAt", .time(deletedAt))])
        object["checked"] = checkedExecution.map { .string($0) }
        return write(StateValue.object(object).json)
    }

    /// Removes the record.
    var removal: RecordWrite { write(nil) }

    /// Another server may have written or removed the record since it was read.
    private func write(_ value: JSONText?) -> RecordWrite {
        RecordWrite(key, value, if: recordRevision == 0 ? .absent : .revision(recordRevision))
    }
}

extension StepFunctions {
    /// Removes versions, aliases and revisions of deleted machines that no execution needs.
    ///
    /// It does a bounded part of the work. Any number of servers may call it at the same time.
    ///
    /// - Returns: whether it has removed something, or has checked executions. There may be more to do then.
    @discardableResult
    public func removeDeletedMachines() async throws(ServiceError) -> Bool {
        var range = RecordRange(.revision, limit: 10)
        range.prefix = DeletedMachine.prefix
        // A machine with executions for years must not keep others from being removed.
        range.after = DeletedMachine.prefix + random.identifier()
        var records = try await read(range)
        if records.count < range.limit {
            range.after = nil
            records = try await read(range)
        }
        var hasProgressed = false
        for record in records {
            var machine = try DeletedMachine(record)
            guard time.now().seconds(since: machine.deletedAt) >= DeletedMachine.delaySeconds else {
                continue
            }
            let checked = machine.checkedExecution
            if try await isNeeded(&machine) {
                guard machine.checkedExecution != checked else { continue }
                hasProgressed = try await write([machine.write]) || hasProgressed
            } else {
                try await removeRemains(of: machine)
                hasProgressed = true
            }
        }
        return hasProgressed
    }

    /// Whether an execution needs the revisions of a machine, or not all of them are checked.
    private func isNeeded(_ machine: inout DeletedMachine) async throws(ServiceError) -> Bool {
        var range = RecordRange(.execution, limit: 1000)
        range.prefix = machine.name + "/"
        range.after = machine.checkedExecution
        let records = try await read(range)
        for record in records {
            if try ExecutionRecord(record).machineID == machine.id { return true }
            machine.checkedExecution = record.key.name
        }
        return !records.isEmpty
    }

    private func removeRemains(of machine: DeletedMachine) async throws(ServiceError) {
        for space in [RecordSpace.alias, .version, .revision] {
            var range = RecordRange(space, limit: 100)
            range.prefix = machine.id + "/"
            while true {
                let records = try await read(range)
                guard !records.isEmpty else { break }
                _ = try await write(records.map { RecordWrite($0.key, nil) })
            }
        }
        _ = try await write([machine.removal])
    }
}
