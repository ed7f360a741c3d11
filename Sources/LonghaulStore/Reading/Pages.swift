package import LonghaulCore

/// Pages of `limit` entries, from up to one entry more.
extension SchedulePage {
    package init(_ found: [ScheduleRecord], limit: Int) {
        self.init(schedules: Array(found.prefix(limit)), hasMore: found.count > limit)
    }
}

extension DeadLetterGroupPage {
    package init(_ found: [DeadLetterGroup], limit: Int) {
        let groups = Array(found.prefix(limit))
        self.init(
            groups: groups,
            next: found.count > limit ? groups.last.map { DeadLetterGroupCursor(after: $0) } : nil)
    }
}

extension JobIDPage {
    package init(_ found: [JobID], limit: Int) {
        let ids = Array(found.prefix(limit))
        self.init(ids: ids, next: found.count > limit ? ids.last.map { JobCursor(after: $0) } : nil)
    }
}

extension QueueSample.Place {
    /// The position before the samples that a reader wants: those since a moment and after a position.
    package static func before(since moment: Timestamp, after place: QueueSample.Place?) -> QueueSample.Place
    {
        // No queue has an empty name: this is the position before every queue of the first minute.
        let first = QueueSample.Place(at: moment, queue: "")
        return place.map { max($0, first) } ?? first
    }
}
