public import LonghaulJSON

extension ScheduleSpec: JSONReadable, JSONWritable {
    /// Reads a schedule, strictly.
    public static func read(_ reader: inout JSONObjectReader) -> ScheduleSpec {
        let before = reader.faults.list.count
        var spec = readFields(&reader) { NewJob.read(&$0) }
        if let catchUp = reader.choice("catch_up", of: CatchUp.self) { spec.catchUp = catchUp }
        reader.finish()
        guard reader.isObject else { return spec }
        let reported = Set(reader.faults.list[before...].map(\.pointer))
        for fault in spec.faults(at: reader.pointer) where !reported.contains(fault.pointer) {
            reader.faults.add(fault.pointer, fault.message)
        }
        return spec
    }

    fileprivate static func readFields(
        _ reader: inout JSONObjectReader, job readJob: (inout JSONObjectReader) -> NewJob
    ) -> ScheduleSpec {
        var cron = CronExpression.daily
        if let text = reader.requiredString("cron", maxLength: FieldBounds.cronLength.upperBound) {
            do throws(CronError) {
                cron = try CronExpression(parsing: text)
            } catch {
                reader.fault("cron", error.description)
            }
        }
        var spec = ScheduleSpec(cron: cron, job: NewJob(JobSpec(kind: "none")))
        if let zone = reader.string("time_zone", maxLength: FieldBounds.timeZoneLength.upperBound) {
            spec.timeZone = zone
        }
        if var job = reader.needed("job", "an object", { $0.object($1) }) { spec.job = readJob(&job) }
        spec.paused = reader.bool("paused") ?? false
        return spec
    }

    /// Writes the schedule.
    public func write(to writer: inout JSONWriter) {
        writer.object(writeFields)
    }

    fileprivate func writeFields(to writer: inout JSONWriter) {
        writer.field("cron", cron.description)
        writer.field("time_zone", timeZone)
        writer.field("job", job)
        writer.field("catch_up", catchUp.rawValue)
        writer.field("paused", paused)
    }
}

extension CronExpression {
    /// Replaces an invalid expression after its error was recorded.
    fileprivate static let daily: CronExpression = {
        do throws(CronError) {
            return try CronExpression(parsing: "@daily")
        } catch {
            fatalError("\(error)")
        }
    }()
}

extension ScheduleRecord: JSONReadable, JSONWritable {
    /// Reads a schedule, leniently except for its expression.
    public static func read(_ reader: inout JSONObjectReader) -> ScheduleRecord {
        let created = reader.needed("created_at", "a time") { $0.timestamp($1) } ?? .distantFuture
        var spec = ScheduleSpec.readFields(&reader) { NewJob.readStored(&$0) }
        if let catchUp = reader.string("catch_up").flatMap({ ScheduleSpec.CatchUp(rawValue: $0) }) {
            spec.catchUp = catchUp
        }
        var record = ScheduleRecord(
            name: reader.requiredString("name") ?? "", spec: spec, caller: reader.string("caller") ?? "",
            revision: 0, createdAt: created, updatedAt: reader.timestamp("updated_at") ?? created)
        record.nextRunAt = reader.timestamp("next_run_at")
        record.lastRunAt = reader.timestamp("last_run_at")
        record.lastJobID = reader.jobID("last_job_id")
        return record
    }

    /// Writes the schedule as the API shows it.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("name", name)
            spec.writeFields(to: &writer)
            writer.field("next_run_at", nextRunAt)
            writer.field("last_run_at", lastRunAt)
            writer.field("last_job_id", lastJobID?.description)
            writer.field("caller", caller)
            writer.field("created_at", createdAt)
            writer.field("updated_at", updatedAt)
        }
    }
}
