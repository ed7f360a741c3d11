import LonghaulCore
import LonghaulStore

/// A row of `faults`.
extension FaultRow {
    private static let insertion: Query = {
        let arrays = columns.enumerated().map { "$\($0.offset + 2)::\($0.element.kind.type.name)[]" }
        return Query(
            """
            INSERT INTO longhaul.faults (id, \(columnNames))
            SELECT * FROM unnest($1::uuid[], \(arrays.joined(separator: ", ")))
            """)
    }()

    /// Inserts errors, each with its job.
    static func insert(_ faults: [(id: JobID, fault: FaultRow)]) -> Request {
        var lists = columns.map { ArrayParameter($0.kind.type) }
        for (_, fault) in faults {
            for (index, value) in fault.values.enumerated() { lists[index].append(value) }
        }
        return Request(insertion, [.uuids(faults.map(\.id))] + lists.map(\.parameter))
    }
}
