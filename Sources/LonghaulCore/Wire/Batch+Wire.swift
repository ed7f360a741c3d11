public import LonghaulJSON

/// A batch of submissions.
public struct NewJobBatch: Sendable, Hashable {
    /// How many entries a batch may have.
    public static let sizes = 1...1000
    /// The entries.
    public var jobs: [NewJob]
    /// A job that waits for all the entries, which become its children.
    public var parent: NewJob?

    /// A batch of these entries.
    public init(jobs: [NewJob], parent: NewJob? = nil) {
        self.jobs = jobs
        self.parent = parent
    }
}

extension NewJobBatch: JSONReadable, JSONWritable {
    /// Reads a batch, strictly.
    public static func read(_ reader: inout JSONObjectReader) -> NewJobBatch {
        let nodes = reader.needed("jobs", "an array of jobs") { $0.array($1) } ?? []
        var batch = NewJobBatch(jobs: [])
        if sizes.contains(nodes.count) {
            batch.jobs = reader.objects("jobs", NewJob.readInBatch) ?? []
        } else if !nodes.isEmpty || reader.faults.isEmpty {
            reader.fault("jobs", "expected 1 to 1000 jobs, got \(nodes.count)")
        }
        if var parent = reader.object("parent") {
            batch.parent = NewJob.read(&parent, parentOf: nodes.count)
        }
        reader.finish()
        return batch
    }

    /// Writes the batch.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("jobs", jobs)
            if let parent { writer.field("parent", parent) }
        }
    }
}
