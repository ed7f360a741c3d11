import LonghaulCore
import LonghaulJSON
import LonghaulStore

/// The rare settings of a job, as a JSON object in one column without an index.
enum JobExtra {
    /// The object; nil if the job has no such setting.
    static func encode(_ job: Job) -> String? {
        let spec = job.spec
        var writer = JSONWriter()
        writer.object { writer in
            if let seconds = spec.timeoutSeconds { writer.field("timeout_seconds", seconds) }
            if spec.backoff != .storedDefault { write(spec.backoff, to: &writer) }
            if spec.onDependencyFailure != .cancel {
                writer.field("on_dependency_failure", spec.onDependencyFailure.rawValue)
            }
            if !spec.tags.isEmpty { write(spec.tags, as: "tags", to: &writer) }
            if !spec.labels.isEmpty { write(spec.labels, as: "labels", to: &writer) }
            if let size = spec.size { writer.field("size", size) }
            if let url = spec.callbackURL { writer.field("callback_url", url) }
            if let trace = spec.traceparent { writer.field("traceparent", trace) }
            if let count = spec.join.waitFor { writer.field("wait_for", Int64(count)) }
            if spec.join.collects { writer.field("collects", true) }
            if !job.dependsOn.isEmpty {
                writer.array("depends_on") { writer in
                    for id in job.dependsOn { writer.element(id.description) }
                }
            }
        }
        return writer.bytes.count == 2 ? nil : String(decoding: writer.bytes, as: UTF8.self)
    }

    private static func write(_ backoff: Backoff, to writer: inout JSONWriter) {
        writer.object("backoff") { writer in
            writer.field("growth", backoff.growth.rawValue)
            writer.field("initial_seconds", backoff.initialSeconds)
            writer.field("factor", backoff.factor)
            writer.field("max_seconds", backoff.maxSeconds)
            writer.field("jitter", backoff.jitter)
        }
    }

    private static func write(_ map: [String: String], as name: String, to writer: inout JSONWriter) {
        writer.object(name) { writer in
            for (name, value) in map.sorted(by: { $0.key < $1.key }) { writer.field(name, value) }
        }
    }

    /// Adds the settings of an object to a job.
    static func decode(_ text: String, into job: inout Job) throws {
        for member in try JSONDocument(parsing: Array(text.utf8)).root.members {
            let value = member.value
            switch member.key {
            case "timeout_seconds": job.spec.timeoutSeconds = value.double
            case "backoff": job.spec.backoff = backoff(value)
            case "on_dependency_failure":
                let policy = value.string.flatMap { JobSpec.DependencyPolicy(rawValue: $0) }
                job.spec.onDependencyFailure = policy ?? .cancel
            case "tags": job.spec.tags = TextCoding.map(value)
            case "labels": job.spec.labels = TextCoding.map(value)
            case "size": job.spec.size = value.int
            case "callback_url": job.spec.callbackURL = value.string
            case "traceparent": job.spec.traceparent = value.string
            case "wait_for": job.spec.join.waitFor = value.int.map { Int($0) }
            case "collects": job.spec.join.collects = value.bool ?? false
            case "depends_on":
                job.dependsOn = value.elements.compactMap { $0.string.flatMap { JobID($0) } }
            default:
                throw PostgresError.corrupt(
                    "a job has a setting that this version does not know: \(member.key)")
            }
        }
    }

    private static func backoff(_ node: JSONNode) -> Backoff {
        var backoff = Backoff.storedDefault
        for member in node.members {
            switch member.key {
            case "growth":
                backoff.growth =
                    member.value.string.flatMap { Backoff.Growth(rawValue: $0) } ?? backoff.growth
            case "initial_seconds": backoff.initialSeconds = member.value.double ?? backoff.initialSeconds
            case "factor": backoff.factor = member.value.double ?? backoff.factor
            case "max_seconds": backoff.maxSeconds = member.value.double ?? backoff.maxSeconds
            default: backoff.jitter = member.value.double ?? backoff.jitter
            }
        }
        return backoff
    }
}
