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

    /// The target for the connection that writes. Its statements are planned once, while tables may be small;
    /// they all look up rows by their keys, and must go on doing so as the tables grow.
    var forWriting: ConnectionTarget {
        var target = self
        guard preparesStatements else { return target }
        target.settings = [
            "enable_seqscan = off", "enable_hashjoin = off", "enable_mergejoin = off", "jit = off",
            "plan_cache_mode = force_generic_plan",
        ]
        return target
    }

    /// How long connecting may take, unless the URL says so, in seconds.
    private static let connectSeconds = 10.0

    /// A statement's text with the store's own schema.
    func resolve(_ sql: String) -> String {
        schema == "longhaul"
            ? sql
            : sql.split(separator: "longhaul.", omittingEmptySubsequences: false)
                .joined(separator: schema + ".")
    }

    /// Connects, without blocking in libpq but where it looks up a host's name.
    func connect() throws(PostgresError) -> OpaquePointer {
        let settings = [
            ("dbname", url), ("fallback_application_name", "longhaul"), ("client_encoding", "UTF8"),
        ]
        let names = settings.map { strdup($0.0) } + [nil]
        let values = settings.map { strdup($0.1) } + [nil]
        defer { for text in names + values { free(text) } }
        let handle = PQconnectStartParams(
            names.map { UnsafePointer($0) }, values.map { UnsafePointer($0) }, 1)
        guard let handle else { throw PostgresError.lost("out of memory") }
        do {
            try Self.finish(handle)
        } catch {
            PQfinish(handle)
            throw error
        }
        return handle
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
