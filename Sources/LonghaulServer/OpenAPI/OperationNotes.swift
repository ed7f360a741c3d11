import LonghaulCore

/// The detailed descriptions of the calls in the document.
enum OperationNotes {
    /// The description of the API.
    static let conventions =
        "Bodies are JSON. Unknown fields, repeated keys and bodies nested over 64 deep are refused with the position "
        + "of each error; `null` means that a field is absent. Times are RFC 3339, durations are seconds. Errors are "
        + "RFC 9457 problems with a stable `code`. `POST /` is not part of this document: it is the Step Functions API by "
        + "the protocol of AWS, for AWS SDKs."

    /// The description of API keys.
    static let keys =
        "Once there is an API key, each call needs one: `Authorization: Bearer lh_…`. The scope of each call stands in its "
        + "`security`; the scope `admin` includes all others. A key that is limited to queues and kinds reads and changes "
        + "only their jobs. Without any key the server listens on loopback addresses only, and no call needs one."

    /// Calls with an optional body.
    static let optionalBodies: Set<String> = [
        "complete", "rotateKey", "signalJob", "signalByToken", "stopExecution", "copyJob",
    ]

    /// The descriptions by operation.
    static let texts: [String: String] = jobTexts.merging(stateMachineTexts) { first, _ in first }

    private static let bulk =
        "Selects jobs by `ids`, or by `filter` with an optional `limit`: 1,000 by default. Jobs for which the operation "
        + "is not possible are left as they are. With `dry_run` the jobs are only counted."

    private static let jobTexts: [String: String] = [
        "listKeys":
            "Keys that have ended are listed for at least 30 days. The keys themselves are never shown again.",
        "createKey":
            "The answer has the key, which is shown once. A name has one valid key, or two during a rotation. After the first "
            + "key, every call needs a key.",
        "revokeKey":
            "The key is refused at once on this server, and within seconds on others. Its event streams and waiting calls "
            + "end. A key of the file of keys is a conflict.",
        "rotateKey":
            "The old key remains valid for the overlap. 409 if it has ended.",
        "listAuditRecords":
            "A record must match all filters. A page reads a bounded number of records, so with filters it can have fewer than "
            + "`limit`, and even none, with a cursor to the next one. `chain` has the ends of the hash chain.",
        "getSession":
            "With a session of the dashboard or with a key. The caller of a server without keys is `anonymous`. "
            + "`aws_access_key_id` differs in each answer; all of them are valid as long as the key.",
        "createSession":
            "The answer sets the cookie `longhaul_session` (`HttpOnly`, `SameSite=Strict`, and `Secure` over TLS). The session "
            + "lasts 12 hours, and not longer than its key.",
        "endSession":
            "The answer removes the cookie. A copy of it stays valid until its end, or until the key is revoked.",
        "submitJob":
            "The job is durable when the server answers. With the header `Idempotency-Key` (1 to 255 bytes) or "
            + "the field `idempotency_key`, repeated requests create one job: the same request answers 200 "
            + "with the job and `Idempotent-Replayed: true`, another request with the key answers 422. `Prefer: "
            + "wait=N` holds the answer until the job has ended. A full queue answers 503 `system_busy` "
            + "with `Retry-After`.",
        "submitBatch":
            "Atomic: one invalid entry or a full queue makes the whole batch fail. Entries may "
            + "depend on each other by `ref`.",
        "listJobs":
            "A job must match all filters. `kind` is exact. A long answer ends early, with a "
            + "cursor.",
        "getJob":
            "The answer has a strong `ETag`; `If-None-Match` answers 304.",
        "listChildren":
            "Jobs whose `parent_id` is the job, and those that it submitted while it ran.",
        "listDependents":
            "Jobs that name the job in `depends_on`, with their states.",
        "cancelJob":
            "A running job is cancelled at once. Its worker receives the cancellation with its next heartbeat. "
            + "Later reports of the worker are refused. 409 if the job has ended.",
        "retryJob":
            "Its attempts are counted from zero. 409 in any other state.",
        "runJobNow":
            "Its attempts remain. 409 in any other state.",
        "editJob":
            "Absent fields stay as they are; `{}` changes nothing. A tag with the value `null` is removed, and tags that the body does "
            + "not name stay. A `run_at` that has passed makes a scheduled or retrying job pending, and one ahead makes a pending "
            + "job scheduled. The limits of the queue do not apply. 409 if the job is leased or has ended, and for the `run_at` of a "
            + "suspended job.",
        "copyJob":
            "The copy has the kind, queue, payload, retries, limits, tags and labels of the job. It has no parent, no "
            + "dependencies and no idempotency key, and is due at once.",
        "cancelJobs": bulk,
        "retryJobs": bulk,
        "deleteJobs": bulk,
        "deleteJob":
            "409 if the job has not ended.",
        "jobEvents":
            "`Last-Event-ID` continues after an event. After the end of the job, a repeated "
            + "request answers 204.",
        "allEvents":
            "Without `Last-Event-ID` the stream begins with the next change. With the ID of an event of this server "
            + "process it continues after that event, or sends `resync` if the server no longer holds the changes in "
            + "between. With the ID of an event of another process it sends all changes that the server holds, and then "
            + "`resync`.",
        "jobLogs":
            "A log keeps the newest 10,000 lines; `dropped` is the number of removed earlier lines. Lines "
            + "are numbered from 1: a gap in the numbers of a stream means that lines are missing. The log of an "
            + "execution has the events for which the `loggingConfiguration` of its state machine asks, each as a JSON "
            + "object in the form of AWS.",
        "listDeliveries":
            "Each end of a job with a `callback_url` has one delivery, which is removed with the job. Only the latest "
            + "20 attempts are listed.",
        "listDeliveriesByState":
            "Failed deliveries are those that no server retries any more.",
        "redeliver":
            "The delivery is due at once, in any state, with the same ID and body, and is retried like a new one. A "
            + "delivery that a server is sending does not change. 409 if the server sends no webhooks.",
        "getWebhookSecret":
            "All servers of a store have the same one. 409 if the operator has configured another secret: no call shows it.",
        "getArtifact":
            "`Range` and `If-Range` are supported. 303 leads to a signed URL where the artifact store gives "
            + "one.",
        "listDeadLetters":
            "The filters are those of the job list.",
        "listDeadLetterGroups":
            "A group is a queue, a kind and an error whose changing parts, such as numbers, are folded.",
        "redriveDeadLetters":
            "Selects jobs by `ids`, or by `filter` with an optional `limit`.",
        "discardDeadLetters":
            "Selects jobs by `ids`, or by `filter` with an optional `limit`. Their artifacts are removed as well.",
        "listSchedules":
            "A page of schedules by name.",
        "deleteQueue":
            "409 while jobs of the queue wait or run. `purge=true` cancels the waiting jobs first. Ended jobs remain. The "
            + "next submission creates the queue again, with default settings.",
        "getSchedule":
            "`next_run_at` is null while the schedule is paused.",
        "putSchedule":
            "The name has 1 to 100 characters of A-Z a-z 0-9 . _ -. Each tick submits one job, with any "
            + "number of servers.",
        "deleteSchedule":
            "Ticks stop at once.",
        "runSchedule":
            "It works for a paused schedule as well.",
        "pauseSchedule":
            "Pausing a paused schedule changes nothing.",
        "resumeSchedule":
            "The next tick is the next one in the future.",
        "listQueues":
            "With the counts of jobs by state and the rates of the last minute.",
        "getQueue":
            "404 for a queue that has never been used.",
        "setQueue":
            "A missing bound gets its default. null means no bound.",
        "pauseQueue":
            "Running jobs continue, and submissions are accepted.",
        "resumeQueue":
            "Waiting workers get jobs at once.",
        "listWorkers":
            "`late` means that two heartbeats are missing, `gone` that the leases of the worker have "
            + "ended.",
        "deregisterWorker":
            "A worker calls it when it stops. Its jobs are pending again, and their attempts do not count.",
        "getRouting":
            "The first matching rule selects the queue.",
        "setRouting":
            "Applies to later submissions.",
        "leaseJobs":
            "Each lease is for one attempt of one job, and lasts `lease_seconds` from the latest "
            + "heartbeat. `worker.id` must be unique among the running workers. The token is part of the "
            + "path of every later call of the attempt.",
        "heartbeat":
            "Call it every `heartbeat_seconds` of the leases. Stop the work of every token in `cancel` "
            + "and `lost`, and report nothing for it. Long progress messages are truncated.",
        "completeMany":
            "Each entry has its own answer: a refused entry does not affect the others.",
        "complete":
            "The jobs in `next` are stored in the same transaction. Completing again with the same result "
            + "answers the same. A completed job keeps the `progress` given here, or the last that a "
            + "heartbeat brought. With `continue_as_new` the job does not end: it begins again with the new payload, an "
            + "empty journal and fresh attempts. Its child jobs are cancelled. Signals that no operation has consumed stay.",
        "readLeasedJournal":
            "A lease has the first operations. `cursor` is the `next_cursor` of the lease or of an earlier page.",
        "updateJournal":
            "At most \(JournalLimits.updates.upperBound) updates and 1 MiB in one commit: all of them, or none if one is "
            + "invalid. The answer has each operation as it then stands, in the order of the updates. Starting an operation "
            + "that exists has no effect. Another type or name under a known `id` is 409 `nondeterministic`, and pauses the "
            + "job. 413 beyond the limits of a journal: 10,000 operations, 16 MiB, and 256 KiB for an output.",
        "suspendJob":
            "The lease ends, and the attempt does not count. The job is pending again when one of its waiting operations ends. "
            + "If one in `on` has ended already, the answer has `ready` and the lease continues. An identifier that is "
            + "unknown, or of an operation that never waited, is 400.",
        "readJournal":
            "An operation that waits for a signal has a `signal_token` if the caller may signal the job.",
        "signalJob":
            "The body is any JSON value; an empty body is `null`. The first operation that waits for the name consumes the "
            + "signal. Without one, the job keeps it, in order. With the header `Idempotency-Key`, repeated requests send one "
            + "signal: the same request answers `Idempotent-Replayed: true`, another request with the key answers 422. 409 if "
            + "the job has ended, or keeps 1,000 signals or 4 MiB.",
        "showSignal":
            "For the link in a message to a person. The page needs no key and no scripts. Its buttons send "
            + "`{\"approved\": true}` or `{\"approved\": false}`. Opening the page changes nothing. 410 if the token was used "
            + "or has expired.",
        "signalByToken":
            "The token needs no key, serves once, and expires with the operation. 404 for an unknown token; 409 if it was used or "
            + "has expired. The page of the token sends a form instead of JSON, and gets a page.",
        "pauseJob":
            "No worker receives the job until it is resumed. Its timers and signals are recorded. A worker that holds it continues "
            + "until it suspends the job or its attempt ends. Pausing a paused job changes nothing.",
        "resumeJob":
            "The job is pending if it waits for nothing else. It shows no error of type `nondeterministic` any more. Resuming a job "
            + "that is not paused changes nothing.",
        "restartJob":
            "Removes the operation `from` and all later ones. Their child jobs are cancelled, and the signals that they consumed "
            + "are kept again. Earlier groups that have ended since, and earlier operations that the code has cancelled since, are "
            + "open again; a cancelled child job is submitted again as a new job. A job that has ended or is suspended becomes "
            + "pending, with its attempts counted from zero. 409 while a worker holds the job, or if more than 1,000 child jobs "
            + "would be submitted again.",
        "forkJob":
            "The copy has the operations before `from`. It waits for its own signals, and for its own child jobs: those of the "
            + "original that have not ended are submitted again as new jobs. Groups and cancelled operations are open again as "
            + "after a restart. The original does not change. A long journal is copied in several transactions; the copy is paused "
            + "until it is complete.",
        "fail":
            "The job is retried after its back-off, or becomes a dead letter on its last attempt or when "
            + "`retryable` is false here or in the error. A long type or message is truncated, and "
            + "U+0000 is replaced.",
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
            "The first output is stored, and is the answer to later calls.",
        "healthz":
            "Checks only that the process is running.",
        "readyz":
            "503 names the component that does not answer.",
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
