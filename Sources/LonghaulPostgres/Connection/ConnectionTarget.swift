import CLibPQ
import Glibc
import LonghaulCore

/// Where connections go, and what holds on them.
struct ConnectionTarget: Sendable {
    /// A connection URI of libpq's: host, user, TLS and every other setting.
    let url: String
    /// The schema that the store's tables lie in.
    let schema: String
    /// Whether statements stay prepared between transactions. Poolers of transactions give each another
    /// server connection.
    let preparesStatements: Bool
    /// What is set on each connection.
    var settings: [String] = []

    /// How long a transaction waits for what another holds, say one of a user's who calls `longhaul.submit` and
    /// goes to lunch: then the call that needs it is refused, and the others with it go on.
    private static let lockMilliseconds = 10_000

    /// The target for the connection that writes. Its statements are planned once, while tables may be small;
    /// they all look up rows by their keys, and must go on doing so as the tables grow.
    var forWriting: ConnectionTarget {
        var target = self
        guard preparesStatements else { return target }
        target.settings = [
            "enable_seqscan = off", "enable_hashjoin = off", "enable_mergejoin = off", "jit = off",
            "plan_cache_mode = force_generic_plan", "lock_timeout = \(Self.lockMilliseconds)",
        ]
        return target
    }

    /// How long connecting may take, in seconds.
    private static let connectSeconds = 5.0
    /// What holds unless the URL says otherwise: how a connection finds out that nobody is at its other end any
    /// more, in seconds and, the last, milliseconds.
    private static let defaults = [
        ("keepalives_idle", "10"), ("keepalives_interval", "5"), ("keepalives_count", "3"),
        ("tcp_user_timeout", "20000"),
    ]

    /// A statement's text with the store's own schema.
    func resolve(_ sql: String) -> String {
        schema == "longhaul"
            ? sql
            : sql.split(separator: "longhaul.", omittingEmptySubsequences: false)
                .joined(separator: schema + ".")
    }

    /// Connects, without blocking in libpq but where it looks up a host's name.
    func connect() throws(PostgresError) -> OpaquePointer {
        let settings =
            Self.defaults + [
                ("dbname", url), ("fallback_application_name", "longhaul"), ("client_encoding", "UTF8"),
            ]
        let handle = Self.with(settings) { PQconnectStartParams($0, $1, 1) }
        guard let handle else { throw PostgresError.lost("out of memory") }
        do {
            try Self.finish(handle)
        } catch {
            PQfinish(handle)
            throw error
        }
        return handle
    }

    /// Whether the server lets anybody connect, or says why it does not. Blocks.
    func isReachable() -> Bool {
        let settings = [("dbname", url), ("connect_timeout", "\(Int(Self.connectSeconds))")]
        return Self.with(settings) { PQpingParams($0, $1, 1) } != PQPING_NO_RESPONSE
    }

    /// Calls a function of libpq's with names and values of settings, the later ones before the earlier.
    private static func with<Value>(
        _ settings: [(String, String)],
        _ body: ([UnsafePointer<CChar>?], [UnsafePointer<CChar>?]) -> Value
    ) -> Value {
        let names = settings.map { strdup($0.0) } + [nil]
        let values = settings.map { strdup($0.1) } + [nil]
        defer { for text in names + values { free(text) } }
        return body(names.map { UnsafePointer($0) }, values.map { UnsafePointer($0) })
    }

    private static func finish(_ handle: OpaquePointer) throws(PostgresError) {
        guard PQstatus(handle) != CONNECTION_BAD else {
            throw PostgresError.lost(Connection.message(of: handle))
        }
        let deadline = Connection.seconds() + connectSeconds
        var events = Int16(POLLOUT)
        while true {
            guard Connection.wait(PQsocket(handle), for: events, until: deadline) else {
                throw PostgresError.lost("connecting to PostgreSQL took longer than \(Int(connectSeconds)) s")
            }
            switch PQconnectPoll(handle) {
            case PGRES_POLLING_OK: return
            case PGRES_POLLING_READING: events = Int16(POLLIN)
            case PGRES_POLLING_WRITING: events = Int16(POLLOUT)
            default: throw PostgresError.lost(Connection.message(of: handle))
            }
        }
    }
}
