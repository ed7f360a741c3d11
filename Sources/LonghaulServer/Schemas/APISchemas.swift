import LonghaulJSON

/// The named schemas of the OpenAPI document.
enum APISchemas {
    /// All schemas as one object.
    static let text: JSONText = {
        var writer = JSONWriter(capacity: 32_768)
        writer.object { writer in
            let groups = [
                submission, job, attempts, deadLetters, schedules, leasing, journal, queues, keys, watching,
                bulk, webhooks, audit, stateMachines, executions,
            ]
            for (name, schema) in groups.joined() { writer.field(name, schema) }
        }
        return writer.text
    }()

    typealias Group = [(name: String, schema: Schema)]
}
