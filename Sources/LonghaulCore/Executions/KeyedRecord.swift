public import LonghaulJSON

/// The key of a ``KeyedRecord``.
public struct RecordKey: Sendable, Hashable {
    /// What the record is.
    public var space: RecordSpace
    /// The job that it belongs to, and with which it is removed; nil for none.
    public var jobID: JobID?
    /// Its name, unique in its space and job: 1–512 bytes, without U+0000. Records are ordered by its bytes.
    public var name: String

    /// A key.
    public init(_ space: RecordSpace, of jobID: JobID? = nil, _ name: String) {
        self.space = space
        self.jobID = jobID
        self.name = name
    }

    /// The maximum size of a name, in bytes.
    public static let maxNameBytes = 512

    /// Whether a record can have this name.
    public var hasValidName: Bool {
        (1...Self.maxNameBytes).contains(name.utf8.count) && !name.utf8.contains(0)
    }
}

extension RecordKey {
    /// Whether the bytes of the names are equal. `String` compares by canonical equivalence.
    public static func == (left: RecordKey, right: RecordKey) -> Bool {
        left.space == right.space && left.jobID == right.jobID
            && left.name.utf8.elementsEqual(right.name.utf8)
    }
}

/// What a ``KeyedRecord`` is. The numbers are stored, and never change.
public enum RecordSpace: Int, Sendable, Hashable, CaseIterable {
    /// A state machine, by its name.
    case machine = 1
    /// A revision of the definition of a state machine.
    case revision = 2
    /// A version of a state machine.
    case version = 3
    /// An alias of a state machine.
    case alias = 4
    /// An activity, by its name.
    case activity = 5
    /// The execution of a state machine with a name: its job.
    case execution = 6
    /// A map run: the job of its execution.
    case mapRun = 7
    /// A part of the snapshot of a job's execution.
    case part = 20
    /// An event in the history of a job's execution.
    case event = 21
    /// A report to a job's execution that it has not handled.
    case report = 22
    /// An open task of a job's execution, on which callers may report.
    case task = 23
    /// The key of a record of no job that is removed with this job.
    case link = 24
}

/// A value that the store keeps under a key, for state machines and their executions.
public struct KeyedRecord: Sendable, Hashable {
    /// The key.
    public var key: RecordKey
    /// The value.
    public var value: JSONText
    /// How often it was written since it is there, from 1.
    public var revision: Int64

    /// A record.
    public init(key: RecordKey, value: JSONText, revision: Int64 = 1) {
        self.key = key
        self.value = value
        self.revision = revision
    }
}

/// A write of a record, on a condition.
public struct RecordWrite: Sendable, Hashable {
    /// What must be stored under the key before the write.
    public enum Condition: Sendable, Hashable {
        /// Anything, or nothing.
        case always
        /// Nothing.
        case absent
        /// A record of this revision.
        case revision(Int64)
    }

    /// The key.
    public var key: RecordKey
    /// The new value; nil removes the record.
    public var value: JSONText?
    /// The condition.
    public var condition: Condition

    /// A write.
    public init(_ key: RecordKey, _ value: JSONText?, if condition: Condition = .always) {
        self.key = key
        self.value = value
        self.condition = condition
    }
}

/// The outcome of writes of records.
public enum RecordOutcome: Sendable, Hashable {
    /// All were done. The job is that of the execution that was started, if any.
    case written(Job?)
    /// None was done, because the condition of this one does not hold.
    case conflict(RecordKey)
}

/// Records to read: those of a space and a job, in the order of their names.
public struct RecordRange: Sendable, Hashable {
    /// What the records are.
    public var space: RecordSpace
    /// The job that they belong to.
    public var jobID: JobID?
    /// Only names that begin with this.
    public var prefix = ""
    /// Only names after this one, in the order of the range.
    public var after: String?
    /// Whether the order is descending.
    public var isDescending = false
    /// The maximum number of records.
    public var limit: Int
    /// The maximum size of the values, in bytes. A page has at least one record.
    public var maxBytes = 4 << 20

    /// A range.
    public init(_ space: RecordSpace, of jobID: JobID? = nil, limit: Int) {
        self.space = space
        self.jobID = jobID
        self.limit = limit
    }

    /// The first name after all names with the prefix; nil if there is no end.
    package var prefixEnd: String? {
        var scalars = Array(prefix.unicodeScalars)
        while let last = scalars.popLast() {
            // The order of UTF-8 bytes is that of the scalars. Surrogates are no scalars.
            let next = last.value == 0xD7FF ? 0xE000 : last.value + 1
            guard let scalar = Unicode.Scalar(next) else { continue }
            scalars.append(scalar)
            var end = String.UnicodeScalarView()
            end.append(contentsOf: scalars)
            return String(end)
        }
        return nil
    }
}
