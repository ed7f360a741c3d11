import LonghaulCore
import LonghaulStore

/// The usage of ``AttachmentLimits`` by a job, and the deletion of what exceeds them.
enum AttachmentQueries {
    private static let artifactUsage = Query(
        """
        SELECT count(*), coalesce(sum(size_bytes), 0)::bigint FROM longhaul.artifacts
        WHERE id = $1::uuid AND fence = $2::bigint AND name <> ALL($3::text[])
        """)
    private static let trimLog = Query(
        """
        DELETE FROM longhaul.logs WHERE id = $1::uuid AND number <= (
            SELECT max(number) FROM (
                SELECT number, sum(octet_length(message)) OVER (ORDER BY number DESC) AS bytes
                FROM longhaul.logs WHERE id = $1::uuid) AS newest
            WHERE bytes > $2::bigint)
        """)

    /// The artifacts of a job's current attempt, without those of these names.
    static func artifacts(
        of row: JobRow, besides names: [String], _ connection: Connection
    ) throws -> AttachmentUsage {
        try usage(Request(artifactUsage, .uuid(row.job.id), .int8(row.fence), .texts(names)), connection)
    }

    /// Removes the oldest lines of a job's log beyond a number of bytes.
    static func trimLog(of id: JobID, to bytes: Int64) -> Request {
        Request(trimLog, .uuid(id), .int8(bytes))
    }

    private static func usage(_ request: Request, _ connection: Connection) throws -> AttachmentUsage {
        guard var row = try connection.run(request).first else { return AttachmentUsage() }
        let count = row.int()
        return AttachmentUsage(count: count, bytes: row.int64())
    }
}
