import LonghaulCore

extension Engine {
    /// Writes the metrics of jobs, queues, schedules and workers.
    ///
    /// Gauges show the contents of the store, so all servers report the same values. Counters count the events of this
    /// server since its start. While the store does not answer, only the counters are written.
    public func writeMetrics(to text: inout PrometheusText) async {
        let contents = try? await (queues: store.queues(), workers: store.workers())
        text.begin("longhaul_store_up", .gauge, "Whether the store answered: 1 or 0.")
        text.value(contents == nil ? 0 : 1)
        if let contents {
            let now = time.now()
            writeQueues(contents.queues, at: now, to: &text)
            writeWorkers(contents.workers, at: now, to: &text)
        }
        if let schedules = try? await store.schedules(after: nil, limit: Self.maxSchedules) {
            writeSchedules(schedules.schedules, at: time.now(), to: &text)
        }
        text.begin(
            "longhaul_dead_letter_alerts_total", .counter,
            "Alerts because dead letters grew faster than the configured rate.")
        for (queue, count) in bounded(deadLetterAlerts) { text.value(count, [("queue", queue)]) }
        let outages = activity.totals
        text.begin(
            "longhaul_store_outages_total", .counter,
            "Outages in which this server could not process heartbeats. Leases were extended after each.")
        text.value(outages.count)
        text.begin("longhaul_store_outage_seconds_total", .counter, "The total length of these outages.")
        text.value(outages.seconds)
        metrics.expire(at: time.now())
        metrics.write(to: &text)
        metrics.writeJournals(to: &text)
        await writeWaits(to: &text)
        writeSearches(to: &text)
        writeDisks(to: &text)
        await writeWebhooks(to: &text)
        if let rejected = store.rejectedNotifications {
            text.begin(
                "longhaul_notifications_rejected_total", .counter,
                "PostgreSQL notifications without a valid signature of a server of this store, or repeated ones."
            )
            text.value(rejected)
        }
    }

    private func writeWaits(to text: inout PrometheusText) async {
        guard let counts = try? await store.waitCounts() else { return }
        text.begin(
            "longhaul_waits", .gauge,
            "Operations for which suspended jobs wait, by type; at most \(OperationWait.maxCounted) in all.")
        let types: [OperationType] = [.timer, .signal, .job, .step]
        for type in types { text.value(counts[type] ?? 0, [("type", type.rawValue)]) }
    }

    private func writeSearches(to text: inout PrometheusText) {
        let counts = searches.counts
        text.begin(
            "longhaul_searches", .gauge,
            "Searches for a text (q) and reads of long histories on this server, by state.")
        text.value(counts.running, [("state", "running")])
        text.value(counts.waiting, [("state", "waiting")])
        text.begin(
            "longhaul_searches_rejected_total", .counter,
            "Searches and long histories that were answered 503 because too many were running.")
        text.value(counts.refused)
    }

    private func writeDisks(to text: inout PrometheusText) {
        let disks = diskFloor.disks
        guard diskFloor.isActive else { return }
        func each(_ name: String, _ help: String, _ value: (DiskFloor.Disk) -> Int64) {
            text.begin(name, .gauge, help)
            for disk in disks { text.value(Double(value(disk)), [("folder", disk.folder)]) }
        }
        each("longhaul_disk_free_bytes", "Free space on the file system of a folder.", \.freeBytes)
        each(
            "longhaul_disk_min_free_bytes",
            "The free space below which submissions and uploads are rejected.",
            \.minFreeBytes)
        text.begin(
            "longhaul_disk_rejected_total", .counter,
            "Submissions and uploads that were rejected because the disk was almost full.")
        text.value(diskFloor.rejected)
        text.begin(
            "longhaul_disk_errors_total", .counter,
            "Measurements of free space that failed. A folder that cannot be measured does not reject work.")
        text.value(diskFloor.failures)
    }

    /// The counts by the label of each queue. The queues without a label of their own share `other`.
    private func bounded(_ counts: [String: Int]) -> [(queue: String, count: Int)] {
        Dictionary(counts.map { (metrics.label(ofQueue: $0.key), $0.value) }, uniquingKeysWith: +)
            .sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// The queues with the most pending jobs, one group each, and a last group of all other queues. Queues with the same
    /// number of pending jobs are ranked by their jobs that have not started, then by all their jobs, then by name.
    private func grouped(_ records: [QueueRecord]) -> [(key: String, value: [QueueRecord])] {
        typealias Ranked = (record: QueueRecord, rank: (Int, Int, Int))
        let named = records.filter { $0.name != LabelBound.other }.map { record -> Ranked in
            (record, (record.depth, record.unstarted, record.counts.values.reduce(0, +)))
        }
        let ranked = named.sorted { one, other -> Bool in
            one.rank == other.rank ? one.record.name < other.record.name : one.rank > other.rank
        }.map(\.record)
        var groups = ranked.prefix(metrics.maxLabels).map { (key: $0.name, value: [$0]) }
            .sorted { $0.key < $1.key }
        let others =
            records.filter { $0.name == LabelBound.other } + ranked.dropFirst(metrics.maxLabels)
        if !others.isEmpty { groups.append((LabelBound.other, others)) }
        return groups
    }

    private func writeQueues(_ records: [QueueRecord], at now: Timestamp, to text: inout PrometheusText) {
        let queues = grouped(records)
        text.begin("longhaul_queues", .gauge, "Queues in the store.")
        text.value(records.count)
        if let bound = configuration.limits.maxQueues {
            text.begin("longhaul_queues_max", .gauge, "The maximum number of queues.")
            text.value(bound)
        }
        func each(_ name: String, _ help: String, _ value: ([QueueRecord]) -> Double) {
            text.begin(name, .gauge, help)
            for (queue, records) in queues { text.value(value(records), [("queue", queue)]) }
        }
        func sum(_ records: [QueueRecord], _ count: (QueueRecord) -> Int) -> Double {
            Double(records.reduce(0) { $0 + count($1) })
        }
        each("longhaul_queue_depth", "Pending jobs.") { sum($0, \.depth) }
        each("longhaul_queue_oldest_pending_seconds", "The time since the oldest pending job became due.") {
            $0.compactMap(\.oldestPendingAt).map { max(0, now.seconds(since: $0)) }.max() ?? 0
        }
        each("longhaul_queue_paused", "Whether the queue is paused: 1 or 0.") {
            $0.contains(where: \.settings.paused) ? 1 : 0
        }
        each("longhaul_dead_letters", "Jobs that failed and are not retried.") {
            sum($0) { $0.counts[.failed] ?? 0 }
        }
        text.begin(
            "longhaul_queue_max_depth", .gauge,
            "The maximum number of pending jobs. Queues without a maximum are absent.")
        for (queue, records) in queues where queue != LabelBound.other {
            if let bound = records.first?.settings.maxDepth { text.value(bound, [("queue", queue)]) }
        }
        text.begin("longhaul_jobs", .gauge, "Jobs in the store, by state.")
        for (queue, records) in queues {
            for state in JobState.allCases {
                text.value(
                    sum(records) { $0.counts[state] ?? 0 }, [("queue", queue), ("state", state.rawValue)])
            }
        }
    }

    /// The maximum number of schedules in the metrics, the first ones by name.
    private static let maxSchedules = 100

    private func writeSchedules(
        _ schedules: [ScheduleRecord], at now: Timestamp, to text: inout PrometheusText
    ) {
        text.begin(
            "longhaul_schedule_late_seconds", .gauge,
            "The delay of the next tick; 0 if it is not due.")
        for schedule in schedules {
            let late = schedule.nextRunAt.map { max(0, now.seconds(since: $0)) } ?? 0
            text.value(late, [("schedule", schedule.name)])
        }
        text.begin(
            "longhaul_schedule_last_run_timestamp_seconds", .gauge,
            "The time at which the schedule last submitted a job.")
        for schedule in schedules {
            guard let last = schedule.lastRunAt else { continue }
            text.value(Double(last.milliseconds) / 1000, [("schedule", schedule.name)])
        }
    }

    private func writeWorkers(_ workers: [WorkerRecord], at now: Timestamp, to text: inout PrometheusText) {
        text.begin("longhaul_workers", .gauge, "Workers that were seen in the last day, by health.")
        for health in WorkerHealth.allCases {
            text.value(workers.count { $0.health(at: now) == health }, [("state", health.rawValue)])
        }
    }
}
