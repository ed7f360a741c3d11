public import LonghaulCore

/// How a PostgreSQL store is opened.
public struct PostgresStoreOptions: Sendable, Hashable {
    /// The schema of the store's tables: lower-case letters, digits and `_`.
    public var schema: String
    /// The number of reading connections. The store also uses one writing connection (three under load), one that
    /// listens, and a temporary one.
    public var readers: Int
    /// Whether the database is reached through a transaction pooler. Statements are then not prepared, and changes of
    /// other servers are found by polling.
    public var isPooled: Bool
    /// Whether this process reports metrics. The oldest server reports the changes of a process that does not, such
    /// as a worker.
    public var isCounting: Bool
    /// How long a lane stays after its last pending job, in seconds. Unused lanes are deleted at this interval, or every
    /// minute if it is longer.
    public var laneSeconds: Double
    /// The retention of ended jobs that set none of their own.
    public var retention: Retention

    /// The options. The defaults suit a dedicated server.
    public init(
        schema: String = "longhaul", readers: Int = 3, isPooled: Bool = false,
        isCounting: Bool = true, laneSeconds: Double = 60, retention: Retention = Retention()
    ) {
        self.schema = schema
        self.readers = readers
        self.isPooled = isPooled
        self.isCounting = isCounting
        self.laneSeconds = laneSeconds
        self.retention = retention
    }

    /// Extracts the store's own settings from a URL: `longhaul_schema`, `longhaul_readers`, `longhaul_pooled` and
    /// `longhaul_lane_seconds`. The rest is for libpq.
    ///
    /// - Throws: ``LonghaulError`` `invalid_request` for an invalid setting.
    public static func separate(_ url: String) throws(LonghaulError) -> (url: String, options: Self) {
        var options = PostgresStoreOptions()
        guard let mark = url.firstIndex(of: "?") else { return (url, options) }
        var left: [Substring] = []
        for setting in url[url.index(after: mark)...].split(separator: "&") {
            guard setting.hasPrefix("longhaul_") else {
                left.append(setting)
                continue
            }
            guard options.set(setting.dropFirst("longhaul_".count)) else {
                throw LonghaulError(
                    .invalidRequest,
                    "the URL of PostgreSQL has an unknown or invalid longhaul_ parameter; valid are "
                        + "longhaul_schema=NAME, longhaul_readers=1 to 64, longhaul_pooled=0 or 1 and "
                        + "longhaul_lane_seconds=1 to 86400")
            }
        }
        return (String(url[..<mark]) + (left.isEmpty ? "" : "?" + left.joined(separator: "&")), options)
    }

    private mutating func set(_ setting: Substring) -> Bool {
        let parts = setting.split(separator: "=", maxSplits: 1)
        guard parts.count == 2 else { return false }
        switch (parts[0], Int(parts[1])) {
        case ("schema", _) where Self.isSchema(String(parts[1])): schema = String(parts[1])
        case ("readers", let count?) where (1...64).contains(count): readers = count
        case ("lane_seconds", let seconds?) where (1...86_400).contains(seconds):
            laneSeconds = Double(seconds)
        case ("pooled", 0): isPooled = false
        case ("pooled", 1): isPooled = true
        default: return false
        }
        return true
    }

    /// Whether a text is a valid schema name.
    static func isSchema(_ text: String) -> Bool {
        (1...40).contains(text.utf8.count) && text.utf8.first.map { !(48...57).contains($0) } ?? false
            && text.utf8.allSatisfy {
                (97...122).contains($0) || (48...57).contains($0) || $0 == UInt8(ascii: "_")
            }
    }
}
