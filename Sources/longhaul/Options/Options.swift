import LonghaulCore
import LonghaulWorker

/// Every option of the command, each declared once.
enum Options {
    // MARK: Of every command

    static let help = Option.flag("help", short: "h", "Shows this and does nothing else.")
    static let config = Option.optional(
        "config", "FILE", .text, fallback: "longhaul.json5 if it exists",
        "A settings file in JSON5; LONGHAUL_CONFIG names it as well.")

    // MARK: Where the server is

    static let defaultServer = "http://127.0.0.1:8080"
    static let server = Option.value(
        "server", "URL", .text, default: defaultServer, setting: true, "The server's address.")
    static let ca = Option.optional(
        "ca", "FILE", .text, setting: true, fallback: "the system's authorities alone",
        "A PEM file of further certificates that an https server may show.")
    static let json = Option.flag("json", "Prints JSON, for programs.")

    // MARK: Serving

    static let listen = Option.value(
        "listen", "HOST:PORT", .address, default: ListenAddress(host: "127.0.0.1", port: 8080), setting: true,
        "Where to listen; port 0 picks a free one.")
    static let store = Option.value(
        "store", "URL", .backend("sqlite:PATH", "postgres://USER@HOST/DATABASE"),
        default: BackendURL(scheme: "sqlite", place: "data/longhaul.db"),
        setting: true,
        "Where jobs are kept: sqlite:PATH, or postgres://USER@HOST/DATABASE for several servers.")
    static let queueBackend = Option.value(
        "queue", "URL",
        .backend(
            "store:", "redis://HOST", "rediss://HOST", "redis+sentinel://HOST,HOST/MASTER",
            "rediss+sentinel://HOST,HOST/MASTER", "amqp://HOST", "amqps://HOST"),
        default: BackendURL(scheme: "store", place: ""), setting: true,
        "What carries the IDs of due jobs to workers: store: is the store itself, redis:// a Redis, amqp:// a RabbitMQ."
    )
    static let storeFile = Option.optional(
        "store-file", "FILE", .text, setting: true,
        "A file whose only line is the URL of --store, so that no password is on the command line.")
    static let queueFile = Option.optional(
        "queue-file", "FILE", .text, setting: true,
        "A file whose only line is the URL of --queue, so that no password is on the command line.")
    static let artifacts = Option.value(
        "artifacts", "URL", .backend("file:PATH"),
        default: BackendURL(scheme: "file", place: "data/artifacts"),
        setting: true,
        "Where the files of jobs are kept: file:PATH.")
    static let tlsCertificate = Option.optional(
        "tls-cert", "FILE", .text, setting: true, "The server's certificate chain, PEM; makes it speak https."
    )
    static let tlsKey = Option.optional(
        "tls-key", "FILE", .text, setting: true, "The private key of --tls-cert, PEM.")
    static let maxPayloadBytes = Option.value(
        "max-payload-bytes", "N", .integer(1...67_108_864), default: 262_144, setting: true,
        "The longest payload, and the longest result, in bytes.")
    static let maxArtifactBytes = Option.value(
        "max-artifact-bytes", "N", .integer(1...(1 << 50)), default: 64 << 30, setting: true,
        "The maximum size of one artifact, in bytes.")
    static let maxJobArtifactBytes = Option.value(
        "max-job-artifact-bytes", "N", .integer(1...(1 << 50)), default: 64 << 30, setting: true,
        "The maximum size of all artifacts of a job together, in bytes.")
    static let maxJobArtifacts = Option.value(
        "max-job-artifacts", "N", .integer(1...100_000), default: 1000, setting: true,
        "The maximum number of artifacts of a job.")
    static let maxJobStepBytes = Option.value(
        "max-job-step-bytes", "N", .integer(1...(1 << 40)), default: 64 << 20, setting: true,
        "The maximum size of all checkpoints of a job together, in bytes.")
    static let maxJobSteps = Option.value(
        "max-job-steps", "N", .integer(1...1_000_000), default: 1000, setting: true,
        "The maximum number of checkpoints of a job.")
    static let maxJobLogBytes = Option.value(
        "max-job-log-bytes", "N", .integer(65_536...(1 << 40)), default: 16 << 20, setting: true,
        "The maximum size of a job's log, in bytes; the oldest lines are removed beyond it.")
    static let minFreeDiskBytes = Option.optional(
        "min-free-disk-bytes", "N", .integer(0...(1 << 50)), setting: true,
        fallback: "256 MiB, or 5 % of the file system if that is less",
        "How much space must be free where the store and the artifacts are, in bytes; below it, submissions and "
            + "uploads are refused.")
    static let idempotencyTTLSeconds = Option.value(
        "idempotency-ttl-seconds", "S", .seconds(atLeast: 1), default: 86_400, setting: true,
        "How long an idempotency key is kept, in seconds.")
    static let maxBatchEdges = Option.value(
        "max-batch-edges", "N", .integer(0...1_000_000), default: 10_000, setting: true,
        "How many jobs the entries of one batch, or of one completion's next, may depend on in all.")
    static let maxDepth = Option.optional(
        "max-depth", "N", .integer(0...1_000_000_000), setting: true, fallback: "no bound",
        "How many jobs may be pending in all queues together; beyond, submissions are refused.")
    static let maxQueues = Option.value(
        "max-queues", "N", .integer(1...1_000_000), default: 10_000, setting: true,
        "How many queues there may be; a submission that needs one more is refused.")
    static let queueRetentionSeconds = Option.value(
        "queue-retention-seconds", "S", .seconds(atLeast: 1), default: 3600, setting: true,
        "How long a queue without jobs and with default settings is kept after its last use, in seconds.")
    static let metricsLabels = Option.value(
        "metrics-labels", "N", .integer(1...10_000), default: 64, setting: true,
        "How many queues, and how many kinds, have a label of their own in the metrics.")
    static let ageingSeconds = Option.value(
        "ageing-seconds", "S", .seconds(atLeast: 0), default: 300, setting: true,
        "How long a pending job waits until its priority counts for one more, in seconds; 0 for never.")
    static let deadLetterAlertRate = Option.optional(
        "dead-letter-alert-rate", "N", .integer(0...1_000_000_000), setting: true, fallback: "no alert",
        "Raises an alert when more than so many jobs of a queue fail for good within a minute.")
    static let deadLetterAlertURL = Option.optional(
        "dead-letter-alert-url", "URL", .text, setting: true,
        "Where such an alert is posted to, as JSON; it is told on standard error as well.")
    static let shutdownGrace = Option.value(
        "shutdown-grace", "S", .seconds(atLeast: 0, atMost: 86_400), default: 30, setting: true,
        "How long what is under way may go on after SIGTERM or SIGINT, in seconds.")

    static let watchdogSeconds = Option.value(
        "watchdog-seconds", "S", .seconds(atLeast: 0, atMost: 86_400), default: 60, setting: true,
        "Ends the server when a component stands still for this long while work is waiting; 0 for never.")
    static let maxEventStreams = Option.value(
        "max-event-streams", "N", .integer(0...1_000_000), default: 2000, setting: true,
        "How many event streams may be open. A client beyond that is answered system_busy.")
    static let maxEventStreamsPerClient = Option.value(
        "max-event-streams-per-client", "N", .integer(0...1_000_000), default: 1000, setting: true,
        "How many event streams may be open of one client address. Behind a proxy all clients have one.")
    static let eventBuffer = Option.value(
        "event-buffer", "N", .integer(1...1_000_000), default: 4096, setting: true,
        "How many changes are kept for event streams. A client that falls further behind gets a resync event."
    )

    static let retentionCompleted = retention("completed", "completed")
    static let retentionFailed = retention("failed", "failed for good")
    static let retentionCancelled = retention("cancelled", "was cancelled")

    private static func retention(_ state: String, _ words: String) -> Option<Double> {
        Option.value(
            "retention-\(state)", "S", .seconds(atLeast: 0), default: Retention.usualSeconds, setting: true,
            "How long a job that \(words) is kept, unless it says so itself, in seconds.")
    }

    // MARK: Looking after a store

    static let to = Option.optional("to", "FILE", .text, "The copy, which must not be there yet.")
    static let artifactsTo = Option.optional(
        "artifacts-to", "DIR", .text, "Copies the files of jobs as well, into this folder.")
    static let moveFrom = Option.optional(
        "from", "URL", .backend("sqlite:PATH"), "The store to move from: sqlite:PATH.")
    static let moveTo = Option.optional(
        "to", "URL", .backend("postgres://USER@HOST/DATABASE"),
        "The store to move to: postgres://USER@HOST/DATABASE, without jobs.")
    static let moveToFile = Option.optional(
        "to-file", "FILE", .text, "A file whose only line is the URL of --to.")
    static let dryRun = Option.flag("dry-run", "Tells what there is to do, and does nothing.")
    static let purge = Option.flag("purge", "Cancels the jobs that wait in the queue before it is deleted.")
    static let fix = Option.flag("fix", "Mends what can be mended without guessing.")

    // MARK: Working

    static let handlers = Option.optional(
        "handlers", "FILE", .text, setting: true,
        "The handlers file, JSON5: which program does which kind of job.")
    static let queues = Option.list(
        "queues", "QUEUE=SLOTS,…", .queueSlots, commas: true, setting: true,
        fallback: "those of the handlers file, or default with one slot a core",
        "The queues to work on, the most urgent first, and how many jobs of each at once.")
    static let labels = Option.list(
        "labels", "KEY=VALUE,…", .label, commas: true, setting: true, "What this worker has, such as gpu=1.")
    static let name = Option.optional(
        "name", "NAME", .text, setting: true, fallback: "host and process", "The worker's name, for people.")
    static let leaseSeconds = Option.value(
        "lease-seconds", "S", .seconds(atLeast: 1, atMost: 3600), default: 30, setting: true,
        "How long after its last sign of life this worker's jobs go to others, in seconds.")
    static let workerOutageSeconds = Option.value(
        "outage-seconds", "S", .seconds(atLeast: 0, atMost: 604_800), default: 3600, setting: true,
        "How long this worker keeps its jobs after their leases while the server does not answer, in seconds. "
            + "Their programs are paused during that time.")
    static let heartbeatSeconds = Option.value(
        "heartbeat-seconds", "S", .seconds(atLeast: 0.1, atMost: 3600),
        default: WorkerConfiguration.usualHeartbeatSeconds, setting: true,
        "How often this worker says that it lives, in seconds. It shows as late once two signs are missing.")

    static let stopWithInput = Option.flag(
        "stop-with-input", "Stops as by SIGTERM when its standard input ends: with whoever started it.")

    static let pollSeconds = Option.value(
        "poll-seconds", "S", .seconds(atLeast: 0.1, atMost: 60), default: 20, setting: true,
        "How long one call waits for work, in seconds; under 5, a stop cuts none off.")

    // MARK: Scaling

    static let scaledQueues = Option.list(
        "queues", "QUEUE=SLOTS,…", .queueSlots, commas: true, setting: true, fallback: "default=1",
        "The queues to scale for, and how many jobs of each one worker runs at once.")
    static let jobsPerWorker = Option.optional(
        "jobs-per-worker", "N", .number(0.001...1_000_000), setting: true,
        fallback: "10, unless --drain-seconds is given",
        "One worker for so many jobs, pending or running.")
    static let drainSeconds = Option.optional(
        "drain-seconds", "S", .seconds(atLeast: 0.1, atMost: 86_400), setting: true,
        "As many workers as it takes that no job waits longer, by how long jobs run.")
    static let minWorkers = Option.value(
        "min-workers", "N", .integer(0...10_000), default: 0, setting: true, "Never fewer workers.")
    static let maxWorkers = Option.value(
        "max-workers", "N", .integer(1...10_000), default: 10, setting: true, "Never more workers.")
    static let cooldown = Option.value(
        "cooldown", "S", .seconds(atLeast: 0, atMost: 86_400), default: 60, setting: true,
        "For how long fewer workers must have been enough before there are fewer, in seconds.")
    static let scaleInterval = Option.value(
        "interval", "S", .seconds(atLeast: 0.1, atMost: 3600), default: 5, "How often to look, in seconds.")
    static let scaleCommand = Option.optional(
        "scale-command", "COMMAND", .text, setting: true, fallback: "workers are processes of this machine",
        "A shell command that makes {desired} workers run, such as "
            + "'kubectl scale deployment/worker --replicas={desired}'.")
    static let drainGrace = Option.value(
        "drain-grace", "S", .seconds(atLeast: 0, atMost: 86_400), default: 86_400, setting: true,
        "How long a worker that is one too many may take over what it runs, in seconds.")

    // MARK: Telling

    static let logFormat = Option.value(
        "log-format", "text|json", .logFormat, default: .text, setting: true,
        "How what it tells on standard error is written: for people, or a JSON object a line.")
    static let otlpEndpoint = Option.optional(
        "otlp-endpoint", "URL", .text, setting: true, commonVariable: "OTEL_EXPORTER_OTLP_ENDPOINT",
        fallback: "no traces are sent",
        "The collector that gets traces, by OTLP over HTTP, such as http://127.0.0.1:4318.")

    // MARK: Submitting

    static let payload = Option.optional(
        "payload", short: "p", "JSON|@FILE|-", .text, fallback: "null",
        "The job's input: JSON, a file that holds it, or - for standard input.")
    static let jobQueue = Option.optional(
        "queue", short: "q", "QUEUE", .text, fallback: "by the server's routing table, or default",
        "The queue in which the job waits.")
    static let priority = Option.optional(
        "priority", "N", .integer(0...9), fallback: "5", "0 to 9; higher runs sooner.")
    static let delay = Option.optional(
        "delay", "S", .seconds(atLeast: 0), "Makes the job due so many seconds from now.")
    static let key = Option.optional(
        "key", "KEY", .text, "An idempotency key: the same key again answers the same job.")
    static let maxAttempts = Option.optional(
        "max-attempts", "N", .integer(1...100), fallback: "4", "How many attempts the job has.")
    static let timeout = Option.optional(
        "timeout", "S", .seconds(atLeast: 0.001), fallback: "the handler's",
        "How long one attempt may run, in seconds.")
    static let tags = Option.list(
        "tag", "KEY=VALUE", .label, "A label for finding jobs again; may be repeated.")
    static let actor = Option.optional("actor", "NAME", .text, "On whose behalf.")
    static let size = Option.optional(
        "size", "N", .integer(0...Int.max), "How big the work is, in a unit of your own.")
    static let needs = Option.list(
        "label", "KEY=VALUE", .label, "What a worker must have to be given the job; may be repeated.")
    static let dependsOn = Option.list(
        "depends-on", "ID", .jobID, "A job that must end first; may be repeated.")
    static let wait = Option.flag("wait", short: "w", "Waits for the job's end and shows its progress.")

    static let keepChildren = Option.flag("keep-children", "Leaves their descendants alone.")

    // MARK: Schedules

    static let cron = Option.optional(
        "cron", "EXPRESSION", .cron, "When: minute, hour, day of month, month and day of week, or @daily.")
    static let timeZone = Option.value(
        "time-zone", "ZONE", .text, default: "UTC", "On whose clock, such as Europe/Paris.")
    static let scheduleKind = Option.optional("kind", short: "k", "KIND", .text, "What to do at each tick.")
    static let catchUp = Option.optional(
        "catch-up", "none|last|all", .catchUp, fallback: "last",
        "What becomes of ticks at which no server ran.")

    // MARK: Looking

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
        "limit", short: "n", "N", .integer(1...1_000_000), fallback: "50", "How many jobs at most.")
    static let all = Option.flag("all", "Shows every job, however many.")
    static let follow = Option.flag(
        "follow", short: "f", "Shows new lines as they come, until the job has ended.")
    static let topInterval = Option.value(
        "interval", "S", .seconds(atLeast: 0.1, atMost: 3600), default: 2, "How often to look, in seconds.")
    static let once = Option.flag("once", "Tells once and ends.")
    static let progress = Option.flag("progress", "Shows the progress of running jobs, too.")
    static let manual = Option.flag("man", "Prints the manual page, for man(1).")
    static let download = Option.optional("download", "DIR", .text, "Brings the files into this folder.")

    // MARK: Bounds of a queue

    static let maxDepthOfQueue = Option.optional(
        "max-depth", "N|none", .bound(0...1_000_000_000), "How many jobs may be pending.")
    static let maxWaiting = Option.optional(
        "max-waiting", "N|none", .bound(0...1_000_000_000),
        "How many jobs may be scheduled, blocked or retrying.")
    static let maxConcurrency = Option.optional(
        "max-concurrency", "N|none", .bound(1...1_000_000), "How many jobs may run at once.")
    static let rateLimit = Option.optional(
        "rate-limit", "JOBS/SECONDS[/BURST]|none", .rateLimit,
        "How many jobs may start in so many seconds, and how many at once.")
    static let partitionBy = Option.optional(
        "partition-by", "TAG|none", .textOrNone, "The tag whose values take turns.")
    static let maxSize = Option.optional(
        "max-size", "N|none", .bound(0...Int.max), "The greatest size of a job that the queue takes.")

    /// Of what sets the bounds of a queue.
    static let bounds: [any DeclaredOption] = [
        maxDepthOfQueue, maxWaiting, maxConcurrency, rateLimit, partitionBy, maxSize,
    ]

    // MARK: Groups

    /// Of every command that asks a server.
    static let client: [any DeclaredOption] = [server, ca]
    /// Of what works on the backends itself.
    static let backends: [any DeclaredOption] = [
        store, storeFile, queueBackend, queueFile, artifacts, maxPayloadBytes, maxArtifactBytes,
        maxJobArtifactBytes, maxJobArtifacts, maxJobStepBytes, maxJobSteps, maxJobLogBytes, minFreeDiskBytes,
        idempotencyTTLSeconds, maxBatchEdges,
        maxDepth, maxQueues, queueRetentionSeconds, metricsLabels, ageingSeconds,
        deadLetterAlertRate, deadLetterAlertURL, eventBuffer,
        retentionCompleted, retentionFailed, retentionCancelled,
    ]
    /// Of what listens.
    static let listening: [any DeclaredOption] = [
        listen, tlsCertificate, tlsKey, maxConnections, maxConnectionsPerAddress, maxBodyMemoryBytes,
        maxAnswerMemoryBytes, maxBatchBytes, minTransferRate, bodyTimeoutSeconds, sendTimeoutSeconds,
        requestRate, maxEventStreams, maxEventStreamsPerClient, watchdogSeconds,
    ]
    /// Of what runs on by itself and is watched.
    static let telling: [any DeclaredOption] = [logFormat, otlpEndpoint]
    /// Of what runs jobs.
    static let working: [any DeclaredOption] = [
        handlers, queues, labels, name, leaseSeconds, heartbeatSeconds, pollSeconds, workerOutageSeconds,
    ]
}
