public import LonghaulJSON

/// A batch of submissions.
public struct NewJobBatch: Sendable, Hashable {
    /// The entries.
    public var jobs: [NewJob]
    /// The parent: a job that waits for all entries, which become its children.
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
        if FieldBounds.batch.contains(nodes.count) {
            batch.jobs = reader.objects("jobs", NewJob.readInBatch) ?? []
        } else if !nodes.isEmpty || reader.faults.isEmpty {
            reader.expectCount(nodes.count, of: "jobs", within: FieldBounds.batch)
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
