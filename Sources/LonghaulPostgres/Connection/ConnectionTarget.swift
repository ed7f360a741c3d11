import CLibPQ
import Glibc
import LonghaulCore

/// The target and the settings of connections.
struct ConnectionTarget: Sendable {
    /// A connection URI of libpq: host, user, TLS and all other settings.
    let url: String
    /// The schema of the store's tables.
    let schema: String
    /// Whether statements stay prepared between transactions. Transaction poolers change the server connection for
    /// each transaction.
    let preparesStatements: Bool
    /// The settings of each connection.
    var settings: [String] = []

    /// The lock timeout. If another transaction, for example a user's open transaction with `longhaul.submit`, holds
    /// a lock for longer, only the call that needs the lock fails.
    private static let lockMilliseconds = 10_000

    /// The target of writing connections. Their statements are planned once, possibly while tables are small. They
    /// all look up rows by key, and must continue to use the index as tables grow.
    var forWriting: ConnectionTarget {
        var target = self
        guard preparesStatements else { return target }
        target.settings = [
            "enable_seqscan = off", "enable_hashjoin = off", "enable_mergejoin = off", "jit = off",
            "plan_cache_mode = force_generic_plan", "lock_timeout = \(Self.lockMilliseconds)",
        ]
        return target
    }

    /// The timeout of connecting, in seconds.
    private static let connectSeconds = 5.0
    /// The defaults for settings that the URL does not contain: keepalives that detect a lost server, in seconds, and
    /// the last one in milliseconds.
    private static let defaults = [
        ("keepalives_idle", "10"), ("keepalives_interval", "5"), ("keepalives_count", "3"),
        ("tcp_user_timeout", "20000"),
    ]

    /// The text of a statement with the store's schema.
    func resolve(_ sql: String) -> String {
        schema == "longhaul"
            ? sql
            : sql.split(separator: "longhaul.", omittingEmptySubsequences: false)
                .joined(separator: schema + ".")
    }

    /// Connects. libpq only blocks to resolve a host name.
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

    /// Whether the server accepts connections or answers with an error. Blocks.
    func isReachable() -> Bool {
        let settings = [("dbname", url), ("connect_timeout", "\(Int(Self.connectSeconds))")]
        return Self.with(settings) { PQpingParams($0, $1, 1) } != PQPING_NO_RESPONSE
    }

    /// Calls a function of libpq with names and values of settings. Later settings override earlier ones.
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
