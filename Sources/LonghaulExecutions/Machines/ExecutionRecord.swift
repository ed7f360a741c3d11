internal import LonghaulCore
internal import LonghaulJSON
internal import LonghaulStates

/// The name of an execution, as it is stored: the job of the execution, and the machine whose revision it runs.
///
/// The store removes it with the job. While it is there, the revisions of a deleted machine stay.
struct ExecutionRecord: Sendable, Hashable {
    /// The name of the machine. Children of a map run have the label of the map: `orders/each`.
    let machine: String
    /// The name of the execution.
    let name: String
    /// The job.
    let jobID: JobID
    /// ``MachineRecord/id`` of the machine.
    let machineID: String

    init(machine: String, name: String, jobID: JobID, machineID: String) {
        self.machine = machine
        self.name = name
        self.jobID = jobID
        self.machineID = machineID
    }

    static func key(machine: String, name: String) -> RecordKey {
        RecordKey(.execution, "\(machine)/\(name)")
    }

    init(_ record: KeyedRecord) throws(ServiceError) {
        let reader = try RecordReader(record)
        let path = record.key.name
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")),
            let jobID = JobID(try reader.text("job"))
        else {
            throw RecordReader.damaged(record.key)
        }
        machine = String(path[..<slash])
        name = String(path[path.utf8.index(after: slash)...])
        self.jobID = jobID
        machineID = try reader.text("machineID")
    }

    /// The write that stores the name, if it is free.
    var write: RecordWrite {
        let value = StateValue.members([
            ("job", .string(jobID.description)), ("machineID", .string(machineID)),
        ])
        return RecordWrite(ExecutionRecord.key(machine: machine, name: name), value.json, if: .absent)
    }
}
