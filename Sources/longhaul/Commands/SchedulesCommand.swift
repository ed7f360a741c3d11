import LonghaulClient
import LonghaulCore
import LonghaulJSON

extension Commands {
    static let schedules = Command(
        name: "schedules", summary: "Lists, sets, runs, pauses, resumes or deletes schedules.",
        arguments: [
            Argument(
                name: "ACTION", help: "list (default), show, set, run, pause, resume or delete.",
                isRequired: false),
            Argument(name: "NAME", help: "The schedule.", isRequired: false),
        ],
        options: [
            Options.cron, Options.timeZone, Options.scheduleKind, Options.payload, Options.jobQueue,
            Options.priority, Options.maxAttempts, Options.timeout, Options.tags, Options.actor,
            Options.catchUp, Options.json,
        ] + Options.client,
        notes: [
            "set requires --cron and --kind. It replaces the whole schedule: options that are not given get their defaults."
        ]
    ) { invocation in
        let action = invocation.argument(0)
        if action.isEmpty || action == "list" {
            try await listSchedules(invocation)
            return .done
        }
        let name = invocation.argument(1)
        guard !name.isEmpty else {
            throw UsageError("NAME is missing", command: invocation.command.name)
        }
        try await invocation.withClient { client in
            switch action {
            case "show": try show(try await client.schedule(name), invocation)
            case "set": try show(try await client.putSchedule(name, try spec(invocation)), invocation)
            case "pause": try show(try await client.pauseSchedule(name, true), invocation)
            case "resume": try show(try await client.pauseSchedule(name, false), invocation)
            case "delete": try await client.deleteSchedule(name)
            case "run": try printID(of: try await client.runSchedule(name), invocation)
            default:
                throw UsageError(
                    "ACTION: expected list, show, set, run, pause, resume or delete, got \"\(action)\"",
                    command: invocation.command.name)
            }
        }
        return .done
    }

    private static func spec(_ invocation: Invocation) throws -> ScheduleSpec {
        func needed<Value>(_ option: Option<Value?>) throws -> Value {
            guard let value = try invocation.value(option) else {
                throw UsageError("\(option.declaration.flag) is missing", command: invocation.command.name)
            }
            return value
        }
        let cron = try needed(Options.cron)
        let job = NewJob(try jobSpec(invocation, kind: try needed(Options.scheduleKind)))
        var spec = ScheduleSpec(cron: cron, job: job)
        spec.timeZone = try invocation.value(Options.timeZone)
        if let catchUp = try invocation.value(Options.catchUp) { spec.catchUp = catchUp }
        return spec
    }

    private static func printID(of job: Job, _ invocation: Invocation) throws {
        if try invocation.value(Options.json) {
            try Console.print(json: job)
        } else {
            try Console.print(job.id.description)
        }
    }

    private static func show(_ schedule: ScheduleRecord, _ invocation: Invocation) throws {
        if try invocation.value(Options.json) { return try Console.print(json: schedule) }
        var table = scheduleTable
        let row = row(schedule, at: SystemTime().now())
        try Console.print(table.lines([row]).joined(separator: "\n"))
    }

    private static func listSchedules(_ invocation: Invocation) async throws {
        let schedules = try await invocation.withClient { try await $0.schedules() }
        if try invocation.value(Options.json) {
            return try Console.print(jsonItems: { writer in
                for schedule in schedules { writer.element(schedule) }
            })
        }
        var table = scheduleTable
        let now = SystemTime().now()
        try Console.print(table.lines(schedules.map { row($0, at: now) }).joined(separator: "\n"))
    }

    private static var scheduleTable: Table {
        Table([
            .init(title: "NAME"), .init(title: "CRON"), .init(title: "TIME ZONE"), .init(title: "KIND"),
            .init(title: "NEXT", isNumber: true), .init(title: "LAST", isNumber: true),
            .init(title: "LAST JOB"), .init(title: "NOTE"),
        ])
    }

    private static func row(_ schedule: ScheduleRecord, at now: Timestamp) -> [Table.Cell] {
        [
            .init(schedule.name), .init(schedule.spec.cron.description), .init(schedule.spec.timeZone),
            .init(schedule.spec.job.spec.kind), .init(Format.age(schedule.nextRunAt, at: now)),
            .init(Format.age(schedule.lastRunAt, at: now)),
            .init(schedule.lastJobID?.description ?? "-"),
            schedule.spec.paused ? .init("paused", .yellow) : "",
        ]
    }
}
