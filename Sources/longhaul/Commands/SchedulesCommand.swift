import LonghaulClient
import LonghaulCore
import LonghaulJSON

extension Commands {
    static let schedules = Command(
        name: "schedules", summary: "Lists, creates, changes, runs, pauses, resumes or deletes schedules.",
        arguments: [
            Argument(
                name: "ACTION",
                help: "list (default), show, create, set, edit, run, pause, resume or delete.",
                isRequired: false),
            Argument(name: "NAME", help: "The schedule.", isRequired: false),
        ],
        options: ScheduleOptions.fields + [ScheduleOptions.editor, Options.json] + Options.client,
        notes: [
            "create and set require --cron and --kind. create refuses a name that exists. set replaces the whole schedule: "
                + "options that are not given get their defaults.",
            "edit changes only what is given. With --editor, it opens the schedule as JSON in $VISUAL or $EDITOR.",
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
            case "create":
                let spec = try ScheduleOptions.spec(invocation)
                try await expectNoSchedule(name, client)
                try show(try await client.putSchedule(name, spec), invocation)
            case "set":
                try show(try await client.putSchedule(name, try ScheduleOptions.spec(invocation)), invocation)
            case "edit": try await editSchedule(name, invocation, client)
            case "pause": try show(try await client.pauseSchedule(name, true), invocation)
            case "resume": try show(try await client.pauseSchedule(name, false), invocation)
            case "delete":
                try await client.deleteSchedule(name)
                if try invocation.value(Options.json) {
                    try Console.print(jsonObject: { $0.field("deleted", name) })
                } else {
                    try Console.print("deleted \(name.printable)")
                }
            case "run": try printID(of: try await client.runSchedule(name), invocation)
            default:
                throw UsageError(
                    "ACTION: expected list, show, create, set, edit, run, pause, resume or delete, got \"\(action)\"",
                    command: invocation.command.name)
            }
        }
        return .done
    }

    private static func expectNoSchedule(_ name: String, _ client: LonghaulClient) async throws {
        do {
            _ = try await client.schedule(name)
        } catch let error as LonghaulError where error.code == .notFound {
            return
        }
        throw LonghaulError(
            .conflict,
            "there is a schedule \(name) already; schedules edit changes it, and schedules set replaces it")
    }

    private static func editSchedule(
        _ name: String, _ invocation: Invocation, _ client: LonghaulClient
    ) async throws {
        let isGiven = ScheduleOptions.fields.contains { invocation.settings.isGiven($0) }
        let usesEditor = try invocation.value(ScheduleOptions.editor)
        guard isGiven != usesEditor else {
            let message = isGiven ? "--editor excludes other changes" : "expected a change, or --editor"
            throw UsageError(message, command: invocation.command.name)
        }
        let present = try await client.schedule(name).spec
        guard usesEditor else {
            let new = try ScheduleOptions.apply(invocation, to: present)
            return try show(try await client.putSchedule(name, new), invocation)
        }
        try await TextEditor(invocation.settings).edit(present, named: "schedule") { new in
            guard new != present else { return Console.note("nothing was changed") }
            try show(try await client.putSchedule(name, new), invocation)
        }
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
