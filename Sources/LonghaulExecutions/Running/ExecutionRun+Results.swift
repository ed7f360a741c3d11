import LonghaulCore
import LonghaulEngine
import LonghaulJSON
import LonghaulStates

/// The result files of map runs.
extension ExecutionRun {
    mutating func writeResults(_ run: OpenMapRun, _ write: ResultWrite) async throws {
        do {
            let parameters = (try? StateValue(write.parameters)) ?? .null
            guard let objects = runner.host.objects, let bucket = parameters["Bucket"]?.string else {
                throw MapObjectError("This server has no objects")
            }
            let prefix = parameters["Prefix"]?.string.map { $0.hasSuffix("/") ? $0 : $0 + "/" } ?? ""
            var writer = ResultFileWriter(
                ResultFiles(write), objects, bucket: bucket, folder: "\(prefix)\(run.key)/")
            try await addChildren(of: run, to: &writer)
            let key = try await writer.finish(mapRunARN: run.arn)
            let count = writer.count
            updateMapRun(run.id) { run in
                run.write = nil
                run.resultsWritten = count
            }
            let details = StateValue.members([("Bucket", .string(bucket)), ("Key", .string(key))])
            events.append(.mapRun(id: run.id, .resultsWritten(details: details)))
        } catch let error as MapObjectError {
            updateMapRun(run.id) { $0.write = nil }
            events.append(.mapRun(id: run.id, .writeFailed(cause: error.message)))
        }
    }

    private func addChildren(of run: OpenMapRun, to writer: inout ResultFileWriter) async throws {
        var filter = JobFilter()
        filter.parentID = token.jobID
        filter.kind = JobSpec.executionKind
        filter.tags = [ExecutionTag.mapRun: run.key]
        var cursor: JobCursor?
        repeat {
            let place = cursor
            let page = try await runner.repeating {
                try await runner.engine.jobs(
                    filter, after: place, limit: 500, reading: JobReading(maxBytes: 16 << 20))
            }
            for job in page.jobs { try await writer.add(ChildRecord(job)) }
            cursor = page.next
        } while cursor != nil
    }
}

/// Writes result files, each as soon as it is large enough.
struct ResultFileWriter {
    private let files: ResultFiles
    private let objects: any MapObjects
    private let bucket: String
    private let folder: String
    private var pending: [ExecutionStatus: [ChildRecord]] = [:]
    private var bytes: [ExecutionStatus: Int] = [:]
    private var written: [ResultFiles.File] = []
    private(set) var count = 0

    /// The size at which a file is written, in bytes.
    private static let fileBytes = 16 << 20

    init(_ files: ResultFiles, _ objects: any MapObjects, bucket: String, folder: String) {
        self.files = files
        self.objects = objects
        self.bucket = bucket
        self.folder = folder
    }

    mutating func add(_ child: ChildRecord) async throws {
        let status: ExecutionStatus = child.end.status == .succeeded ? .succeeded : .failed
        pending[status, default: []].append(child)
        bytes[status, default: 0] += child.byteCount
        count += 1
        if bytes[status, default: 0] >= ResultFileWriter.fileBytes { try await write(status) }
    }

    private mutating func write(_ status: ExecutionStatus) async throws {
        guard let children = pending.removeValue(forKey: status) else { return }
        bytes[status] = 0
        let index = written.count { $0.status == status }
        let content = files.content(children)
        let key = folder + files.name(status, index: index)
        try await objects.write(bucket: bucket, key: key, content, contentType: "application/json")
        written.append(ResultFiles.File(status: status, key: key, size: content.count))
    }

    /// Writes what is left, and the manifest.
    ///
    /// - Returns: the key of the manifest.
    mutating func finish(mapRunARN: String) async throws -> String {
        for status in [ExecutionStatus.failed, .succeeded] { try await write(status) }
        let manifest = ResultFiles.manifest(bucket: bucket, mapRunARN: mapRunARN, files: written)
        let key = folder + "manifest.json"
        try await objects.write(bucket: bucket, key: key, manifest, contentType: "application/json")
        return key
    }
}

extension ChildRecord {
    /// The child execution of a job.
    init(_ job: Job) throws(LonghaulError) {
        let payload = try ExecutionPayload(job)
        let failure = ExecutionFailure(job.error)
        let end: ExecutionEnd =
            switch (job.state, failure.status) {
            case (.completed, _): .succeeded(output: job.result ?? .null)
            case (.cancelled, _): .aborted(failure.error)
            case (_, .timedOut): .timedOut(failure.error)
            default: .failed(failure.error)
            }
        self.init(
            executionARN: payload.arn, name: payload.name, stateMachineARN: payload.machineARN, end: end,
            input: payload.input, startTime: "\(payload.startedAt)",
            stopTime: "\(job.finishedAt ?? payload.startedAt)")
    }

    /// The size of input and output, in bytes.
    var byteCount: Int {
        guard case .succeeded(let output) = end else { return input.bytes.count + 512 }
        return input.bytes.count + output.bytes.count + 512
    }
}
