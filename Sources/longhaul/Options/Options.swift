import LonghaulCore
import LonghaulWorker

/// The declarations of all options.
enum Options {
    // MARK: All commands

    static let help = Option.flag("help", short: "h", "Shows this text and does nothing else.")
    static let config = Option.optional(
        "config", "FILE", .text, fallback: "longhaul.json5 if it exists",
        "A settings file in JSON5; LONGHAUL_CONFIG names it as well.")

    // MARK: Clients

    static let defaultServer = "http://127.0.0.1:8080"
    static let server = Option.value(
        "server", "URL", .text, default: defaultServer, setting: true,
        "The server's address: http://HOST:PORT, https://HOST:PORT or unix:PATH.")
    static let keyFile = Option.optional(
        "key-file", "FILE", .text, setting: true, fallback: "the key in LONGHAUL_API_KEY, if any",
        "A file whose only line is the API key of the server.")
    static let json = Option.flag("json", "Prints JSON, for programs.")
    static let live = Option.flag(
        "live", "Only checks that the server runs, whether or not its store answers. It needs no key.")

    // MARK: Servers

    static let store = Option.value(
        "store", "URL", .backend("sqlite:PATH", "postgres://USER@HOST/DATABASE"),
        default: BackendURL(scheme: "sqlite", place: "data/longhaul.db"),
        setting: true,
        "The store of the jobs: sqlite:PATH, or postgres://USER@HOST/DATABASE for several servers.")
    static let queueBackend = Option.value(
        "queue", "URL",
        .backend(
            "store:", "redis://HOST", "rediss://HOST", "redis+sentinel://HOST,HOST/MASTER",
            "rediss+sentinel://HOST,HOST/MASTER", "amqp://HOST", "amqps://HOST", "kafka://HOST,HOST",
            "kafkas://HOST,HOST", "sqs://?region=NAME"),
        default: BackendURL(scheme: "store", place: ""), setting: true,
        "The queue that carries the IDs of due jobs to workers: the store itself (store:), Redis, RabbitMQ, "
            + "Kafka or Amazon SQS."
    )
    static let storeFile = Option.optional(
        "store-file", "FILE", .text, setting: true,
        "A file whose only line is the URL of --store, so that no password is on the command line.")
    static let queueFile = Option.optional(
        "queue-file", "FILE", .text, setting: true,
        "A file whose only line is the URL of --queue, so that no password is on the command line.")
    static let artifacts = Option.value(
        "artifacts", "URL", .backend("file:PATH", "s3://BUCKET/PREFIX"),
        default: BackendURL(scheme: "file", place: "data/artifacts"),
        setting: true,
        "The store of the artifacts of jobs: a folder (file:PATH), or a bucket of S3 (s3://BUCKET/PREFIX?region=NAME)."
    )
    static let maxPayloadBytes = Option.value(
        "max-payload-bytes", "N", .integer(1...67_108_864), default: 262_144, setting: true,
        "The maximum size of a payload, of a result, and of the output of an operation, in bytes.")
    static let maxArtifactBytes = Option.value(
        "max-artifact-bytes", "N", .integer(1...(1 << 50)), default: 64 << 30, setting: true,
        "The maximum size of one artifact, in bytes.")
    static let maxJobArtifactBytes = Option.value(
        "max-job-artifact-bytes", "N", .integer(1...(1 << 50)), default: 64 << 30, setting: true,
        "The maximum size of all artifacts of a job together, in bytes.")
    static let maxJobArtifacts = Option.value(
        "max-job-artifacts", "N", .integer(1...100_000), default: 1000, setting: true,
        "The maximum number of artifacts of a job.")
    static let maxJobLogBytes = Option.value(
        "max-job-log-bytes", "N", .integer(65_536...(1 << 40)), default: 16 << 20, setting: true,
        "The maximum size of a job's log, in bytes; the oldest lines are removed beyond it.")
    static let minFreeDiskBytes = Option.optional(
        "min-free-disk-bytes", "N", .integer(0...(1 << 50)), setting: true,
        fallback: "256 MiB, or 5 % of the file system if that is less",
        "The minimum free space on the disks of the store and of the artifacts, in bytes. Below it, the server "
            + "refuses submissions and uploads.")
    static let idempotencyTTLSeconds = Option.value(
        "idempotency-ttl-seconds", "TIME", .seconds(atLeast: 1), default: 86_400, setting: true,
        "How long an idempotency key is kept.")
    static let maxBatchEdges = Option.value(
        "max-batch-edges", "N", .integer(0...1_000_000), default: 10_000, setting: true,
        "The maximum number of dependencies in one batch, or in the next of one completion.")
    static let maxDepth = Option.optional(
        "max-depth", "N", .integer(FieldBounds.depth), setting: true, fallback: "no bound",
        "The maximum number of pending jobs in all queues. Beyond it, the server refuses submissions.")
    static let maxQueues = Option.value(
        "max-queues", "N", .integer(1...1_000_000), default: 10_000, setting: true,
        "The maximum number of queues. The server refuses a submission that needs one more.")
    static let queueRetentionSeconds = Option.value(
        "queue-retention-seconds", "TIME", .seconds(atLeast: 1), default: 3600, setting: true,
        "How long a queue without jobs and with default settings is kept after its last use.")
    static let metricsLabels = Option.value(
        "metrics-labels", "N", .integer(1...10_000), default: 64, setting: true,
        "The maximum number of queues, and of kinds, that have their own label in the metrics.")
    static let ageingSeconds = Option.value(
        "ageing-seconds", "TIME", .seconds(atLeast: 0), default: 300, setting: true,
        "The wait after which the priority of a pending job rises by one; 0 for never.")
    static let deadLetterAlertRate = Option.optional(
        "dead-letter-alert-rate", "N", .integer(0...1_000_000_000), setting: true, fallback: "no alert",
        "Raises an alert when more than this number of jobs of a queue fail for good within a minute.")
    static let deadLetterAlertURL = Option.optional(
        "dead-letter-alert-url", "URL", .text, setting: true,
        "The URL to which the server posts such an alert as JSON, signed as webhooks are. It logs the alert as "
            + "well.")
    static let shutdownGrace = Option.value(
        "shutdown-grace", "TIME", .seconds(atLeast: 0, atMost: 86_400), default: 30, setting: true,
        "How long running requests and jobs may continue after SIGTERM or SIGINT.")

    static let watchdogSeconds = Option.value(
        "watchdog-seconds", "TIME", .seconds(atLeast: 0, atMost: 86_400), default: 60, setting: true,
        "Ends the server when a component makes no progress for this long while work is waiting; 0 for never."
    )
    static let maxEventStreams = Option.value(
        "max-event-streams", "N", .integer(0...1_000_000), default: 2000, setting: true,
        "The maximum number of open event streams. Beyond it, the server answers system_busy.")
    static let maxEventStreamsPerClient = Option.value(
        "max-event-streams-per-client", "N", .integer(0...1_000_000), default: 1000, setting: true,
        "The maximum number of open event streams of one client address. Behind a proxy all clients share one."
    )
    static let eventBuffer = Option.value(
        "event-buffer", "N", .integer(1...1_000_000), default: 4096, setting: true,
        "The number of changes kept for event streams. A client that falls further behind gets a resync event."
    )

    static let retentionCompleted = retention("completed", "completed")
    static let retentionFailed = retention("failed", "failed for good")
    static let retentionCancelled = retention("cancelled", "was cancelled")

    private static func retention(_ state: String, _ words: String) -> Option<Double> {
        Option.value(
            "retention-\(state)", "TIME", .seconds(atLeast: 0), default: Retention.defaultSeconds,
            setting: true,
            "How long a job that \(words) is kept, unless the job sets its own time.")
    }

    // MARK: Stores

    static let to = Option.optional("to", "FILE", .text, "The path of the copy, which must not exist yet.")
    static let artifactsTo = Option.optional(
        "artifacts-to", "DIR", .text, "Copies the files of jobs as well, into this folder.")
    static let moveFrom = Option.optional(
        "from", "URL", .backend("sqlite:PATH"), "The store to move from: sqlite:PATH.")
    static let moveTo = Option.optional(
        "to", "URL", .backend("postgres://USER@HOST/DATABASE"),
        "The store to move to, which must have no jobs: postgres://USER@HOST/DATABASE.")
    static let moveToFile = Option.optional(
        "to-file", "FILE", .text, "A file whose only line is the URL of --to.")
    static let copyFrom = Option.optional(
        "from", "URL", .backend("file:PATH", "s3://BUCKET/PREFIX"),
        "The artifact store to copy from: file:PATH or s3://BUCKET/PREFIX.")
    static let copyTo = Option.optional(
        "to", "URL", .backend("file:PATH", "s3://BUCKET/PREFIX"),
        "The artifact store to copy to: file:PATH or s3://BUCKET/PREFIX.")
    static let dryRun = Option.flag("dry-run", "Shows the changes without making them.")
    static let purge = Option.flag("purge", "Cancels the jobs that wait in the queue before it is deleted.")
    static let fix = Option.flag("fix", "Repairs the problems whose repair is certain.")

    // MARK: Workers

    static let handlers = Option.optional(
        "handlers", "FILE", .text, setting: true,
        "The handlers file, JSON5: the program for each kind of job.")
    static let queues = Option.list(
        "queues", "QUEUE=SLOTS,…", .queueSlots, commas: true, setting: true,
        fallback: "those of the handlers file, or default with one slot per core",
        "The queues to work on, the most urgent first, and the maximum number of running jobs of each.")
    static let labels = Option.list(
        "labels", "KEY=VALUE,…", .label, commas: true, setting: true,
        "The labels of this worker, such as gpu=1. A job that needs labels runs on a worker that has them.")
    static let name = Option.optional(
        "name", "NAME", .text, setting: true, fallback: "host and process", "The name of the worker.")
    static let leaseSeconds = Option.value(
        "lease-seconds", "TIME", .seconds(atLeast: 1, atMost: 3600), default: 30, setting: true,
        "How long a lease lasts without a heartbeat. Then another worker gets the job.")
    static let workerOutageSeconds = Option.value(
        "outage-seconds", "TIME", .seconds(atLeast: 0, atMost: 604_800), default: 3600, setting: true,
        "How long this worker keeps its jobs after the end of their leases while the server does not answer, in "
            + "seconds. The worker pauses their programs during that time.")
    static let heartbeatSeconds = Option.value(
        "heartbeat-seconds", "TIME", .seconds(atLeast: 0.1, atMost: 3600),
        default: WorkerConfiguration.defaultHeartbeatSeconds, setting: true,
        "The time between two heartbeats of this worker. The worker is late when two are missing."
    )

    static let stopWithInput = Option.flag(
        "stop-with-input",
        "Stops when the standard input ends, as after SIGTERM. So the worker stops together with the process that "
            + "started it.")

    static let pollSeconds = Option.value(
        "poll-seconds", "TIME", .seconds(atLeast: 0.1, atMost: 60), default: 20, setting: true,
        "How long one call waits for jobs. Under 5 seconds, a stop waits for the running calls.")

    // MARK: Scaling

    static let scaledQueues = Option.list(
        "queues", "QUEUE=SLOTS,…", .queueSlots, commas: true, setting: true, fallback: "default=1",
        "The queues to scale for, and the number of jobs of each that one worker runs at once.")
    static let jobsPerWorker = Option.optional(
        "jobs-per-worker", "N", .number(0.001...1_000_000), setting: true,
        fallback: "10, unless --drain-seconds is given",
        "The number of pending or running jobs for each worker.")
    static let drainSeconds = Option.optional(
        "drain-seconds", "TIME", .seconds(atLeast: 0.1, atMost: 86_400), setting: true,
        "The maximum wait of a job. The number of workers follows from the run time of jobs.")
    static let minWorkers = Option.value(
        "min-workers", "N", .integer(0...10_000), default: 0, setting: true, "The minimum number of workers.")
    static let maxWorkers = Option.value(
        "max-workers", "N", .integer(1...10_000), default: 10, setting: true, "The maximum number of workers."
    )
    static let cooldown = Option.value(
        "cooldown", "TIME", .seconds(atLeast: 0, atMost: 86_400), default: 60, setting: true,
        "The time for which the load must need fewer workers before workers are stopped.")
    static let scaleInterval = Option.value(
        "interval", "TIME", .seconds(atLeast: 0.1, atMost: 3600), default: 5,
        "The time between two reads of the load.")
    static let scaleCommand = Option.optional(
        "scale-command", "COMMAND", .text, setting: true, fallback: "workers are processes on this machine",
        "A shell command that sets the number of workers to {desired}, such as "
            + "'kubectl scale deployment/worker --replicas={desired}'.")
    static let drainGrace = Option.value(
        "drain-grace", "TIME", .seconds(atLeast: 0, atMost: 86_400), default: 86_400, setting: true,
        "The maximum time for which a stopping worker finishes its jobs.")

    // MARK: Logs and traces

    static let logFormat = Option.value(
        "log-format", "text|json", .logFormat, default: .text, setting: true,
        "The format of the log on standard error: text for people, or one JSON object per line.")
    static let otlpEndpoint = Option.optional(
        "otlp-endpoint", "URL", .text, setting: true, commonVariable: "OTEL_EXPORTER_OTLP_ENDPOINT",
        fallback: "no traces are sent",
        "The collector that receives traces by OTLP over HTTP, such as http://127.0.0.1:4318. The other variables of "
            + "OpenTelemetry apply as well, such as OTEL_SERVICE_NAME and OTEL_EXPORTER_OTLP_HEADERS.")

    // MARK: Submissions

    static let payload = Option.optional(
        "payload", short: "p", "JSON|@FILE|-", .text, fallback: "null",
        "The job's input: JSON, a file that holds it, or - for standard input.")
    static let jobQueue = Option.optional(
        "queue", short: "q", "QUEUE", .text, fallback: "by the server's routing table, or default",
        "The queue in which the job waits.")
    static let priority = Option.optional(
        "priority", "N", .integer(FieldBounds.priority), fallback: "5",
        "\(FieldBounds.priority.lowerBound) to \(FieldBounds.priority.upperBound); higher runs sooner.")
    static let delay = Option.optional(
        "delay", "TIME", .seconds(atLeast: 0), "Makes the job due after this time.")
    static let key = Option.optional(
        "key", "KEY", .text,
        "An idempotency key: a repeated submission with the same key returns the same job.")
    static let maxAttempts = Option.optional(
        "max-attempts", "N", .integer(FieldBounds.maxAttempts), fallback: "4",
        "The maximum number of attempts.")
    static let timeout = Option.optional(
        "timeout", "TIME", .seconds(atLeast: FieldBounds.timeoutSeconds.lowerBound),
        fallback: "the handler's",
        "How long one attempt may run.")
    static let tags = Option.list(
        "tag", "KEY=VALUE", .label, "A label for finding jobs again; may be repeated.")
    static let actor = Option.optional(
        "actor", "NAME", .text, "The user or the service on whose behalf the job runs.")
    static let size = Option.optional(
        "size", "N", .integer(FieldBounds.size), "The size of the work, in a unit of your own.")
    static let needs = Option.list(
        "labels", "KEY=VALUE,…", .label, commas: true,
        "The labels that the worker of the job must have, such as gpu=1. May be repeated.")
    static let dependsOn = Option.list(
        "depends-on", "ID", .jobID, "A job that must end first; may be repeated.")
    static let wait = Option.flag("wait", short: "w", "Waits until the job has ended and shows its progress.")

    static let keepChildren = Option.flag("keep-children", "Does not cancel the descendants of the jobs.")

    // MARK: Schedules

    static let cron = Option.optional(
        "cron", "EXPRESSION", .cron,
        "The times: minute, hour, day of month, month and day of week, or @daily.")
    static let timeZone = Option.value(
        "time-zone", "ZONE", .text, default: "UTC", "The time zone of the expression, such as Europe/Paris.")
    static let scheduleKind = Option.optional(
        "kind", short: "k", "KIND", .text, "The kind of the job that each tick submits.")
    static let catchUp = Option.optional(
        "catch-up", "none|last|all", .catchUp, fallback: "last",
        "The ticks to catch up on after a time in which no server ran.")

    // MARK: Filters and output

    static let states = Option.list(
        "state", "STATE,…", .state, commas: true, "Only jobs in one of these states; may be repeated.")
    static let queueFilter = Option.optional("queue", short: "q", "QUEUE", .text, "Only jobs of this queue.")
    static let kindFilter = Option.optional("kind", short: "k", "KIND", .text, "Only jobs of this kind.")
    static let actorFilter = Option.optional("actor", "NAME", .text, "Only jobs on this actor's behalf.")
    static let tagFilter = Option.list(
        "tag", "KEY=VALUE", .label, "Only jobs with this tag; may be repeated.")
    static let fingerprint = Option.optional(
        "fingerprint", "F", .text, "Only dead letters of the group with this fingerprint.")
    static let errorType = Option.optional(
        "error-type", "TYPE", .text, "Only dead letters with an error of this type.")
    static let limit = Option.optional(
        "limit", short: "n", "N", .integer(1...1_000_000), fallback: "50", "The maximum number of jobs.")
    static let all = Option.flag("all", "Shows all jobs.")
    static let follow = Option.flag(
        "follow", short: "f", "Shows new lines until the job has ended.")
    static let topInterval = Option.value(
        "interval", "TIME", .seconds(atLeast: 0.1, atMost: 3600), default: 2,
        "The time between two reads.")
    static let once = Option.flag("once", "Prints the current values once and ends.")
    static let progress = Option.flag("progress", "Shows the progress of running jobs as well.")
    static let manual = Option.flag("man", "Prints the manual page, for man(1).")
    static let download = Option.optional("download", "DIR", .text, "Downloads the files into this folder.")
}
