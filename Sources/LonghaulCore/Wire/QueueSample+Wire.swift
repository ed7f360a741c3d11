public import LonghaulJSON

extension QueueSample: JSONReadable, JSONWritable {
    /// Reads a sample, leniently.
    public static func read(_ reader: inout JSONObjectReader) -> QueueSample {
        let at = reader.needed("at", "a time") { $0.timestamp($1) } ?? .distantFuture
        var sample = QueueSample(
            queue: reader.string("queue") ?? "", at: at, depth: reader.int("depth").map(Int.init) ?? 0)
        sample.enqueued = reader.int("enqueued").map(Int.init) ?? 0
        sample.finished = reader.int("finished").map(Int.init) ?? 0
        sample.failed = reader.int("failed").map(Int.init) ?? 0
        sample.waitP50 = reader.double("wait_p50_seconds")
        sample.waitP95 = reader.double("wait_p95_seconds")
        sample.runP50 = reader.double("run_p50_seconds")
        sample.runP95 = reader.double("run_p95_seconds")
        return sample
    }

    /// Writes the sample.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("at", at)
            writer.field("queue", queue)
            writer.field("depth", depth)
            writer.field("enqueued", enqueued)
            writer.field("finished", finished)
            writer.field("failed", failed)
            writer.field("wait_p50_seconds", waitP50)
            writer.field("wait_p95_seconds", waitP95)
            writer.field("run_p50_seconds", runP50)
            writer.field("run_p95_seconds", runP95)
        }
    }
}
