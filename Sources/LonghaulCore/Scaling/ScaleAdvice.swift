public import LonghaulJSON

/// What the API tells an autoscaler of a queue.
public struct ScaleAdvice: Sendable, Hashable {
    /// How many jobs are pending.
    public var depth: Int
    /// How many workers the load asks for.
    public var desiredWorkers: Int

    /// Advice of these numbers.
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
