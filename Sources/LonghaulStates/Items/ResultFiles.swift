public import LonghaulJSON

/// A child execution as the result files of a map run show it.
public struct ChildRecord: Sendable {
    /// The execution's ARN.
    public var executionARN: String
    /// The execution's name.
    public var name: String
    /// The state machine's ARN.
    public var stateMachineARN: String
    /// How the execution has ended.
    public var end: ExecutionEnd
    /// The input.
    public var input: JSONText
    /// The time of the start, as `2026-11-28T17:26:24.629Z`.
    public var startTime: String
    /// The time of the end.
    public var stopTime: String
    /// The number of redrives.
    public var redriveCount: Int

    /// A child execution.
    public init(
        executionARN: String, name: String, stateMachineARN: String, end: ExecutionEnd, input: JSONText,
        startTime: String, stopTime: String, redriveCount: Int = 0
    ) {
        self.executionARN = executionARN
        self.name = name
        self.stateMachineARN = stateMachineARN
        self.end = end
        self.input = input
        self.startTime = startTime
        self.stopTime = stopTime
        self.redriveCount = redriveCount
    }
}

/// Builds the files of a result writer: a file of results for each outcome, and a manifest.
public struct ResultFiles: Sendable {
    /// What a file holds of each child execution.
    public enum Transformation: String, Sendable {
        /// All of it.
        case none = "NONE"
        /// The output alone.
        case compact = "COMPACT"
        /// The output alone; the elements of outputs that are arrays.
        case flatten = "FLATTEN"
    }

    private let transformation: Transformation
    private let isLines: Bool

    /// Files in the format of a command.
    public init(_ write: ResultWrite) {
        transformation = write.transformation.flatMap(Transformation.init(rawValue:)) ?? .none
        isLines = write.outputType == "JSONL"
    }

    /// The name of a file of results: `SUCCEEDED_0.json`.
    public func name(_ status: ExecutionStatus, index: Int) -> String {
        let outcome = status == .succeeded ? "SUCCEEDED" : status == .running ? "PENDING" : "FAILED"
        return "\(outcome)_\(index).\(isLines ? "jsonl" : "json")"
    }

    /// The content of a file with these child executions.
    public func content(_ children: [ChildRecord]) -> [UInt8] {
        let texts = children.flatMap { child in self.texts(of: child) }
        if isLines { return texts.flatMap { $0.bytes + [UInt8(ascii: "\n")] } }
        var writer = JSONWriter()
        writer.element(texts)
        return writer.bytes
    }

    private func texts(of child: ChildRecord) -> [JSONText] {
        guard transformation != .none, case .succeeded(let output) = child.end else {
            var writer = JSONWriter()
            write(child, to: &writer)
            return [writer.text]
        }
        guard transformation == .flatten, let elements = (try? StateValue(output))?.array else {
            return [output]
        }
        return elements.map(\.json)
    }

    private func write(_ child: ChildRecord, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("ExecutionArn", child.executionARN)
            writer.field("Input", child.input.description)
            writer.object("InputDetails") { $0.field("Included", true) }
            writer.field("Name", child.name)
            switch child.end {
            case .succeeded(let output):
                writer.field("Output", output.description)
                writer.object("OutputDetails") { $0.field("Included", true) }
            case .failed(let error), .aborted(let error), .timedOut(let error):
                if let name = error.name { writer.field("Error", name) }
                if let cause = error.cause { writer.field("Cause", cause) }
            }
            writer.field("RedriveCount", child.redriveCount)
            writer.field("StartDate", child.startTime)
            writer.field("StateMachineArn", child.stateMachineARN)
            writer.field("Status", child.end.status.rawValue)
            writer.field("StopDate", child.stopTime)
        }
    }

    /// A file of results that was written.
    public struct File: Sendable, Hashable {
        /// The outcome of its executions.
        public var status: ExecutionStatus
        /// The key.
        public var key: String
        /// The size in bytes.
        public var size: Int

        /// A file.
        public init(status: ExecutionStatus, key: String, size: Int) {
            self.status = status
            self.key = key
            self.size = size
        }
    }

    /// The content of `manifest.json`.
    public static func manifest(bucket: String, mapRunARN: String, files: [File]) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("DestinationBucket", bucket)
            writer.field("MapRunArn", mapRunARN)
            writer.object("ResultFiles") { writer in
                write(files.filter { $0.status != .succeeded && $0.status != .running }, "FAILED", &writer)
                write(files.filter { $0.status == .running }, "PENDING", &writer)
                write(files.filter { $0.status == .succeeded }, "SUCCEEDED", &writer)
            }
        }
        return writer.bytes
    }

    private static func write(_ files: [File], _ outcome: String, _ writer: inout JSONWriter) {
        writer.array(outcome) { writer in
            for file in files {
                writer.object { writer in
                    writer.field("Key", file.key)
                    writer.field("Size", file.size)
                }
            }
        }
    }
}
