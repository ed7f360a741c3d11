import LonghaulCore

/// The schemas of schedules.
extension APISchemas {
    static let schedules: Group = [
        (
            "ScheduleSpec",
            .request([
                .required(
                    "cron", .string(FieldBounds.cronLength).with("format", "cron"),
                    "Five fields, or @hourly, @daily, @weekly, @monthly, @yearly."),
                .optional(
                    "time_zone",
                    .string(FieldBounds.timeZoneLength).with("format", "time-zone").defaulting("UTC"),
                    "The time zone of the cron expression, such as Europe/Paris."),
                .required("job", .named("ScheduledJob"), "The job that each tick submits."),
                .optional(
                    "catch_up", .choice(ScheduleSpec.CatchUp.self).defaulting("last"),
                    "The handling of ticks at which no server ran."),
                .optional(
                    "paused", Schema.boolean.defaulting(false), "Whether the schedule submits no jobs."),
            ])
        ),
        (
            "Schedule",
            Schema.answer([
                .required("name", Schema.string().example("nightly"), "The name of the schedule."),
                .required("cron", Schema.string().example("0 3 * * *"), "The cron expression."),
                .required(
                    "time_zone", Schema.string().example("Europe/Paris"),
                    "The time zone of the cron expression."),
                .required(
                    "job", Schema.named("ScheduledJob").example(json: #"{"kind": "report.build"}"#),
                    "The job that each tick submits."),
                .required(
                    "catch_up", Schema.choice(ScheduleSpec.CatchUp.self).example("last"),
                    "The handling of ticks at which no server ran."),
                .required("paused", .boolean, "Whether the schedule submits no jobs."),
                .required(
                    "next_run_at", Schema.time.orNull.example("2026-11-25T02:00:00.000Z"),
                    "The time of the next tick; null while the schedule is paused."),
                .required(
                    "last_run_at", Schema.time.orNull, "The time of the latest tick; null before the first."),
                .required("last_job_id", Schema.uuid.orNull, "The job of the latest tick."),
                .required("caller", Schema.string().example("anonymous"), "The caller of the jobs."),
                .required("created_at", .time, "When the schedule was created."),
                .required("updated_at", .time, "When it was last changed."),
            ]).described("A schedule, as the server stores it.")
        ),
        ("SchedulePage", .page(of: .named("Schedule"))),
        ("ScheduleTicks", .answer([.required("items", .list(.time), "The times, the earliest first.")])),
    ]
}
