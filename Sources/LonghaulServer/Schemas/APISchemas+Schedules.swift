import LonghaulCore

extension APISchemas {
    static let schedules: Group = [
        (
            "ScheduleSpec",
            .request([
                .required(
                    "cron",
                    .string(FieldBounds.cronLength).with("format", "cron").described(
                        "Five fields, or @hourly, @daily, @weekly, @monthly, @yearly.")),
                .optional(
                    "time_zone",
                    .string(FieldBounds.timeZoneLength).with("format", "time-zone").defaulting("UTC")
                        .described(
                            "Such as Europe/Paris.")),
                .required("job", .named("ScheduledJob")),
                .optional(
                    "catch_up",
                    .choice(ScheduleSpec.CatchUp.self).defaulting("last").described(
                        "The handling of ticks at which no server ran.")),
                .optional("paused", Schema.boolean.defaulting(false)),
            ])
        ),
        (
            "Schedule",
            .answer([
                .required("name", .string()), .required("cron", .string()), .required("time_zone", .string()),
                .required("job", .named("ScheduledJob")),
                .required("catch_up", .choice(ScheduleSpec.CatchUp.self)),
                .required("paused", .boolean), .required("next_run_at", Schema.time.orNull),
                .required("last_run_at", Schema.time.orNull), .required("last_job_id", Schema.uuid.orNull),
                .required("caller", .string()), .required("created_at", .time),
                .required("updated_at", .time),
            ])
        ),
        ("SchedulePage", .page(of: .named("Schedule"))),
        ("ScheduleTicks", .answer([.required("items", .list(.time))])),
    ]
}
