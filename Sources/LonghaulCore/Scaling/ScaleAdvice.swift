public import LonghaulJSON

/// The scaling advice of the API for a queue.
public struct ScaleAdvice: Sendable, Hashable {
    /// The number of pending jobs.
    public var depth: Int
    /// The number of workers that the load requires.
    public var desiredWorkers: Int

    /// Advice with these numbers.
    public init(depth: Int, desiredWorkers: Int) {
        self.depth = depth
        self.desiredWorkers = desiredWorkers
    }
}

extension ScaleAdvice: JSONReadable, JSONWritable {
    /// Reads the advice, leniently.
    public static func read(_ reader: inout JSONObjectReader) -> ScaleAdvice {
        ScaleAdvice(
            depth: reader.int("depth").map(Int.init) ?? 0,
            desiredWorkers: reader.needed("desired_workers", "a number") { $0.int($1) }.map(Int.init) ?? 0)
    }

    /// Writes the advice.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("depth", depth)
            writer.field("desired_workers", desiredWorkers)
        }
    }
}
