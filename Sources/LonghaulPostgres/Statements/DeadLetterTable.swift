import LonghaulCore
import LonghaulStore

/// The tables of dead letters: the fingerprint of each job, and the size of each group.
enum DeadLetterTable {
    private static let delete = Query(
        """
        DELETE FROM longhaul.dead_letters d USING unnest($1::text[], $2::text[], $3::uuid[])
        AS g (fingerprint, queue, id)
        WHERE d.fingerprint = g.fingerprint AND d.queue = g.queue AND d.id = g.id
        """)
    private static let insert = Query(
        """
        INSERT INTO longhaul.dead_letters (fingerprint, queue, id)
        SELECT * FROM unnest($1::text[], $2::text[], $3::uuid[])
        """)
    private static let grow = Query(
        """
        INSERT INTO longhaul.dead_letter_groups AS g
        (fingerprint, queue, kind, error_type, count, first_seen_at, last_seen_at)
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[],
        $7::bigint[]) ORDER BY 1, 2
        ON CONFLICT (fingerprint, queue) DO UPDATE SET count = g.count + excluded.count,
        first_seen_at = least(g.first_seen_at, excluded.first_seen_at),
        last_seen_at = greatest(g.last_seen_at, excluded.last_seen_at)
        """)
    private static let shrink = Query(
        """
        UPDATE longhaul.dead_letter_groups g SET count = g.count - n.count
        FROM unnest($1::text[], $2::text[], $3::bigint[]) AS n (fingerprint, queue, count)
        WHERE g.fingerprint = n.fingerprint AND g.queue = n.queue
        """)
    private static let deleteEmpty = Query(
        """
        DELETE FROM longhaul.dead_letter_groups g USING unnest($1::text[], $2::text[]) AS n (fingerprint, queue)
        WHERE g.fingerprint = n.fingerprint AND g.queue = n.queue AND g.count <= 0
        """)

    private struct Group: Hashable, Comparable {
        var fingerprint: String
        var queue: String

        static func < (one: Group, other: Group) -> Bool {
            (one.fingerprint, one.queue) < (other.fingerprint, other.queue)
        }
    }

    private struct Growth {
        var kind: String
        var type: String
        var count = 0
        var first: Timestamp
        var last: Timestamp
    }

    /// The statements for jobs that became dead letters, or no longer are.
    static func requests(_ entries: [TrackedJob]) -> [Request] {
        let moved = entries.filter {
            $0.stored?.job.fingerprint != ($0.isRemoved ? nil : $0.row.job.fingerprint)
        }
        guard !moved.isEmpty else { return [] }
        return inserting(moved) + deleting(moved)
    }

    private static func inserting(_ entries: [TrackedJob]) -> [Request] {
        var growths: [Group: Growth] = [:]
        var columns = [ArrayParameter](repeating: ArrayParameter(.text), count: 2) + [ArrayParameter(.uuid)]
        for entry in entries where !entry.isRemoved {
            guard let fingerprint = entry.row.job.fingerprint, let fault = entry.faults.last else { continue }
            let group = Group(fingerprint: fingerprint, queue: entry.row.job.spec.queue)
            let at = fault.at
            var growth =
                growths[group]
                ?? Growth(kind: entry.row.job.spec.kind, type: fault.error.type, first: at, last: at)
            growth.count += 1
            growth.first = min(growth.first, at)
            growth.last = max(growth.last, at)
            growths[group] = growth
            columns[0].append(fingerprint)
            columns[1].append(group.queue)
            columns[2].append(entry.row.job.id)
        }
        guard !growths.isEmpty else { return [] }
        return [Request(insert, columns.map(\.parameter)), grow(growths)]
    }

    private static func grow(_ growths: [Group: Growth]) -> Request {
        var columns = [.text, .text, .text, .text, .int8, .int8, .int8].map { ArrayParameter($0) }
        for (group, growth) in growths {
            columns[0].append(group.fingerprint)
            columns[1].append(group.queue)
            columns[2].append(growth.kind)
            columns[3].append(growth.type)
            columns[4].append(growth.count)
            columns[5].append(growth.first)
            columns[6].append(growth.last)
        }
        return Request(grow, columns.map(\.parameter))
    }

    private static func deleting(_ entries: [TrackedJob]) -> [Request] {
        var counts: [Group: Int] = [:]
        var columns = [ArrayParameter](repeating: ArrayParameter(.text), count: 2) + [ArrayParameter(.uuid)]
        for entry in entries {
            guard let fingerprint = entry.stored?.job.fingerprint else { continue }
            counts[Group(fingerprint: fingerprint, queue: entry.row.job.spec.queue), default: 0] += 1
            columns[0].append(fingerprint)
            columns[1].append(entry.row.job.spec.queue)
            columns[2].append(entry.row.job.id)
        }
        guard !counts.isEmpty else { return [] }
        var groups = [.text, .text, .int8].map { ArrayParameter($0) }
        // In a fixed order, so that transactions cannot deadlock.
        for (group, count) in counts.sorted(by: { $0.key < $1.key }) {
            groups[0].append(group.fingerprint)
            groups[1].append(group.queue)
            groups[2].append(count)
        }
        let names = groups.map(\.parameter)
        return [
            Request(delete, columns.map(\.parameter)), Request(shrink, names),
            Request(deleteEmpty, Array(names[..<2])),
        ]
    }
}
