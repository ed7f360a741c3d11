/// What the document says of the calls, beyond a line.
enum OperationNotes {
    /// What holds for every call.
    static let conventions =
        "Bodies are JSON. Unknown fields, repeated keys and bodies nested over 64 deep are refused with the place of "
        + "each fault; `null` stands for a field that is absent. Times are RFC 3339, durations are seconds. Errors are "
        + "RFC 9457 problems with a stable `code`."

    /// Calls whose body may be left out.
    static let optionalBodies: Set<String> = ["complete"]

    /// By operation.
    static let texts: [String: String] = [
        "submitJob":
            "The job is durable when the answer leaves. The header `Idempotency-Key` (1 to 255 bytes) or "
            + "the field `idempotency_key` makes one job of repeated requests: the same request answers 200 "
            + "with the job and `Idempotent-Replayed: true`, another request with the key 422. `Prefer: "
            + "wait=N` holds the answer until the job has ended. A full queue answers 503 `system_busy` "
            + "with `Retry-After`.",
        "submitBatch":
            "All or nothing: one invalid entry or a full queue refuses the whole batch. Entries may "
            + "depend on each other by `ref`.",
        "listJobs":
            "Several filters must all be met. `kind` is exact. The answer ends early, with a cursor, "
            + "before it becomes too long.",
        "getJob":
            "The answer has a strong `ETag`; `If-None-Match` answers 304.",
        "listChildren":
            "Jobs whose `parent_id` is the job, and those that it submitted while it ran.",
        "listDependents":
            "Jobs that name the job in `depends_on`, with their states.",
        "cancelJob":
            "A job that runs is cancelled at once; its worker learns it from its next heartbeat, and "
            + "what it reports then is refused. 409 if the job has ended.",
        "retryJob":
            "Its attempts are counted afresh. 409 in any other state.",
        "deleteJob":
            "409 if the job has not ended.",
        "jobEvents":
            "`Last-Event-ID` continues after an event. A stream that has ended answers 204 when it is "
            + "asked for again.",
        "allEvents":
            "Without `Last-Event-ID` the stream begins with the next change. With the ID of an event of this server "
            + "process it continues after that event, or sends `resync` if the server no longer holds the changes in "
            + "between. With the ID of an event of another process it sends all changes that the server holds, and then "
            + "`resync`.",
        "jobLogs":
            "A log keeps the newest 10,000 lines; `dropped` says how many earlier lines are gone. Lines "
            + "are numbered from 1, so that a gap in the numbers of a stream says the same.",
        "getArtifact":
            "`Range` and `If-Range` are served. 303 leads to a signed URL where the artifact store gives "
            + "one.",
        "listDeadLetters":
            "The filters are those of the job list.",
        "listDeadLetterGroups":
            "A group is a queue, a kind and an error whose changing parts, such as numbers, are folded.",
        "redriveDeadLetters":
            "Names jobs by `ids`, or by `filter` with or without `limit`.",
        "discardDeadLetters":
            "Names jobs by `ids`, or by `filter` with or without `limit`. Their artifacts go too.",
        "listSchedules":
            "A page of schedules by name.",
        "deleteQueue":
            "409 while jobs of the queue wait or run. `purge=true` cancels the waiting jobs first. Ended jobs stay; the "
            + "queue shows up again, with default settings, when it is used again.",
        "getSchedule":
            "`next_run_at` is null while it is paused.",
        "putSchedule":
            "The name has 1 to 100 characters of A-Z a-z 0-9 . _ -. Each tick submits one job, however "
            + "many servers run.",
        "deleteSchedule":
            "Ticks stop at once.",
        "runSchedule":
            "Works while the schedule is paused, too.",
        "pauseSchedule":
            "Pausing a paused schedule changes nothing.",
        "resumeSchedule":
            "The next tick is the next one by the clock.",
        "listQueues":
            "With the counts of jobs by state and the rates of the last minute.",
        "getQueue":
            "404 for a queue that has never been used.",
        "setQueue":
            "A bound that is absent gets its default; null is no bound.",
        "pauseQueue":
            "Jobs that run go on; submissions are accepted.",
        "resumeQueue":
            "Waiting workers get jobs at once.",
        "listWorkers":
            "`late` means that two heartbeats are missing, `gone` that the leases of the worker have "
            + "ended.",
        "deregisterWorker":
            "A worker calls it when it stops. The attempts of jobs that go back are not counted.",
        "getRouting":
            "Rules are tried in order; the first that fits names the queue.",
        "setRouting":
            "Holds for submissions from now on.",
        "leaseJobs":
            "Each lease names one attempt of one job, and lasts `lease_seconds` from the latest "
            + "heartbeat. `worker.id` must be unique among the workers that live. The token stands in the "
            + "path of every later call of the attempt.",
        "heartbeat":
            "Call it every `heartbeat_seconds` of the leases. Stop the work of every token in `cancel` "
            + "and `lost`, and report nothing for it. Messages of progress are cut where they are too long.",
        "completeMany":
            "Each entry is answered alone: one that is refused fails no other.",
        "complete":
            "The jobs in `next` are stored in the same transaction. Completing again with the same result "
            + "answers the same. A completed job keeps the `progress` given here, or the last that a "
            + "heartbeat brought.",
        "fail":
            "The job is retried after its backoff, or becomes a dead letter on its last attempt or when "
            + "`retryable` is false here or in the error. Type and message are never refused for their "
            + "length or for U+0000: they are cut and folded.",
        "release":
            "For a worker that stops. The job is pending again at once.",
        "appendLogs":
            "At most 1,000 lines of at most 16,384 characters each.",
        "putArtifact":
            "The body is streamed and may be as large as the server's limit. The file appears on the job "
            + "once the attempt completes.",
        "getStep":
            "404 if no attempt has reached the step.",
        "putStep":
            "The first output stands, and is answered.",
        "healthz":
            "Needs nothing but the process.",
        "readyz":
            "503 names the part that does not answer.",
        "metrics":
            "Prometheus text format.",
        "history":
            "The server keeps 24 hours.",
        "queueHistory":
            "The server keeps 24 hours.",
        "scale":
            "`jobs_per_worker` or `drain_seconds` sets the target.",
        "openAPI":
            "OpenAPI 3.1.",
    ]
}
