import LonghaulCore
import LonghaulJSON
import LonghaulStore

/// Encodes changes for `NOTIFY`. The database delivers a notification with the commit, in the order of commits.
enum ChangeMessage {
    /// The maximum length of a notification, in bytes. PostgreSQL accepts at most 7,999.
    private static let longest = 7_500
    /// The maximum length of an error message, in characters. The job has the whole message.
    private static let maxMessageLength = 500

    private static let notify = Query("SELECT pg_notify($1::text, $2::text)")

    /// The statements by which a server notifies others of its changes.
    static func requests(
        _ changes: [JobChange], from serverID: Int64, _ key: NotificationKey, _ channel: String
    ) -> [Request] {
        messages(changes).map { Request(notify, .text(channel), .text(key.signed($0, from: serverID))) }
    }

    /// The notification of changed settings: those of a queue, the routing table or a schedule.
    private static let settings = "settings"

    /// The statement by which a server notifies the others that it has set something.
    ///
    /// - Parameter number: a random number. It gives each notification a code of its own, so that `HeardCodes` finds a
    ///   repeated one.
    static func settingsRequest(
        from serverID: Int64, number: UInt64, _ key: NotificationKey, _ channel: String
    ) -> Request {
        Request(notify, .text(channel), .text(key.signed("\(settings) \(number)", from: serverID)))
    }

    /// Whether a notification reports changed settings.
    static func isSettings(_ notification: NotificationKey.Verified) -> Bool {
        notification.body.hasPrefix(settings + " ")
    }

    /// The changes as texts, each short enough.
    static func messages(_ changes: [JobChange]) -> [String] {
        var messages: [String] = []
        var present = ""
        for change in changes {
            let text = encode(change)
            if !present.isEmpty, present.utf8.count + text.utf8.count + 2 > longest {
                messages.append("[\(present)]")
                present = ""
            }
            present += present.isEmpty ? text : "," + text
        }
        return present.isEmpty ? messages : messages + ["[\(present)]"]
    }

    private static func encode(_ change: JobChange) -> String {
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("id", change.jobID.description)
            writer.field("q", change.queue)
            writer.field("k", change.kind)
            writer.field("p", Int64(change.priority))
            if !change.labels.isEmpty {
                writer.object("l") { writer in
                    for (name, value) in change.labels { writer.field(name, value) }
                }
            }
            writer.field("s", Int64(change.state.code))
            if let previous = change.previous { writer.field("was", Int64(previous.code)) }
            writer.field("a", Int64(change.attempt))
            writer.field("v", Int64(change.version))
            writer.field("at", change.at.milliseconds)
            writer.field("run", change.runAt.milliseconds)
            if let moment = change.expiresAt { writer.field("expires", moment.milliseconds) }
            if let progress = change.progress {
                writer.field("percent", progress.percent)
                if let message = progress.message {
                    writer.field("note", String(message.prefix(maxMessageLength)))
                }
            }
            if let error = change.error {
                writer.field("type", error.type)
                writer.field("message", String(error.message.prefix(maxMessageLength)))
                writer.field("retryable", error.retryable)
            }
            if let seconds = change.waitedSeconds { writer.field("waited", seconds) }
            if let seconds = change.ranSeconds { writer.field("ran", seconds) }
            if let fence = change.endedFence { writer.field("ended", Int64(fence)) }
            if change.isRequeued { writer.field("requeued", true) }
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// The changes in a notification of another server, without those that this version cannot read.
    ///
    /// - Parameter countsForOthers: whether this server counts the changes of processes that do not report metrics.
    static func decode(_ notification: NotificationKey.Verified, countsForOthers: Bool) -> ChangeBatch {
        let document = try? JSONDocument(parsing: Array(notification.body.utf8))
        return ChangeBatch(
            document?.root.elements.compactMap(change) ?? [], origin: .remote,
            countsInMetrics: countsForOthers && !ServerID.counts(notification.sender))
    }

    private static func change(_ node: JSONNode) -> JobChange? {
        var fields: [String: JSONNode] = [:]
        for member in node.members { fields[member.key] = member.value }
        func integer(_ name: String) -> Int? { fields[name]?.int.map { Int($0) } }
        func moment(_ name: String) -> Timestamp {
            Timestamp(milliseconds: fields[name]?.int ?? 0)
        }
        guard let id = fields["id"]?.string.flatMap({ JobID($0) }), let queue = fields["q"]?.string,
            let kind = fields["k"]?.string,
            let state = integer("s").flatMap({ try? JobState(code: $0) })
        else { return nil }
        var change = JobChange(
            jobID: id, queue: queue, kind: kind, state: state,
            previous: integer("was").flatMap { try? JobState(code: $0) }, attempt: integer("a") ?? 0,
            version: integer("v") ?? 0, at: moment("at"), runAt: moment("run"))
        change.priority = integer("p") ?? change.priority
        change.labels = fields["l"].map(TextCoding.map) ?? [:]
        change.expiresAt = fields["expires"]?.int.map { Timestamp(milliseconds: $0) }
        change.progress = fields["percent"]?.double.map {
            Progress(percent: $0, message: fields["note"]?.string)
        }
        if let type = fields["type"]?.string {
            change.error = JobError(
                type: type, message: fields["message"]?.string ?? "",
                retryable: fields["retryable"]?.bool ?? true)
        }
        change.waitedSeconds = fields["waited"]?.double
        change.ranSeconds = fields["ran"]?.double
        change.endedFence = integer("ended")
        change.isRequeued = fields["requeued"]?.bool ?? false
        return change
    }
}
