import LonghaulCore
import LonghaulJSON
import LonghaulStates

/// A map run of an execution, as the runner keeps it. It stays after its end, because callers can describe it.
struct OpenMapRun: Sendable, Hashable {
    /// The number of the map run in the interpreter. Later map runs of the same branch have the same one.
    var id: Int
    /// The ARN.
    var arn: String
    /// The block of the definition that the children run.
    var block: Int
    /// Whether the children are Express executions.
    var isExpress: Bool
    /// Maximum number of children at the same time; 0 for no limit.
    var maxConcurrency: Int
    /// How many items may fail.
    var toleratedCount: Int
    /// What part of the items may fail, in percent.
    var toleratedPercentage: Double
    /// The status.
    var status = ExecutionStatus.running
    /// When it started, in milliseconds since 1970.
    var startTime: Int64
    /// When it ended; nil while it runs.
    var endTime: Int64?
    /// The number of redrives.
    var redriveCount = 0
    /// The time of the latest redrive.
    var redriveTime: Int64?
    /// The number of items, as far as they are read.
    var items = 0
    /// The number of items of children that have started and not ended.
    var runningItems = 0
    /// The number of children that have started and not ended.
    var runningChildren = 0
    /// The items by the outcome of their child.
    var itemOutcomes = OutcomeCounts()
    /// The children by their outcome.
    var childOutcomes = OutcomeCounts()
    /// The number of children that wait for their redrive, and the number of their items.
    var pendingRedrives = 0
    var pendingRedriveItems = 0
    /// The number of results that the result writer has written.
    var resultsWritten = 0
    /// What the reader has to read; nil if it has read all.
    var read: ItemRead?
    /// What the writer has to write; nil if it has nothing to write.
    var write: ResultWrite?
    /// Whether the children that have not ended are to be cancelled.
    var mustCancel = false
    /// Whether the children that have not succeeded are to be redriven.
    var mustRedrive = false

    /// Whether the runner has something to do for it.
    var hasPendingWork: Bool { read != nil || write != nil || mustCancel || mustRedrive }

    /// Numbers by outcome.
    struct OutcomeCounts: Sendable, Hashable {
        var succeeded = 0
        var failed = 0
        var timedOut = 0
        var aborted = 0

        var total: Int { succeeded + failed + timedOut + aborted }

        mutating func add(_ count: Int, _ status: ExecutionStatus) {
            switch status {
            case .succeeded: succeeded += count
            case .failed: failed += count
            case .timedOut: timedOut += count
            case .aborted: aborted += count
            case .running: break
            }
        }
    }

    init(_ start: MapRunStart, at time: Int64) {
        id = start.id
        arn = start.arn
        block = start.block
        isExpress = start.isExpress
        maxConcurrency = start.maxConcurrency
        toleratedCount = start.toleratedCount
        toleratedPercentage = start.toleratedPercentage
        startTime = time
    }

    /// What distinguishes it from all others: the last part of its ARN.
    var key: String { arn.split(separator: ":").last.map(String.init) ?? arn }

    /// The label: the part of the ARN that names the map.
    var label: String {
        let owner = arn.split(separator: ":").dropLast().last ?? ""
        return owner.split(separator: "/", maxSplits: 1).last.map(String.init) ?? ""
    }

    /// Forgets the outcomes of the children that are redriven.
    mutating func redrive(at time: Int64) {
        pendingRedrives = childOutcomes.total - childOutcomes.succeeded
        pendingRedriveItems = itemOutcomes.total - itemOutcomes.succeeded
        redriveCount += 1
        redriveTime = time
        mustCancel = false
        mustRedrive = true
        status = .running
        endTime = nil
        childOutcomes = OutcomeCounts(succeeded: childOutcomes.succeeded)
        itemOutcomes = OutcomeCounts(succeeded: itemOutcomes.succeeded)
    }

    /// The children were redriven, and run.
    mutating func endRedrive(children: Int, items: Int) {
        mustRedrive = false
        pendingRedrives = 0
        pendingRedriveItems = 0
        runningChildren = children
        runningItems = items
    }
}

extension OpenMapRun: JSONWritable {
    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("id", id)
            writer.field("arn", arn)
            writer.field("block", block)
            if isExpress { writer.field("express", true) }
            writer.field("max_concurrency", maxConcurrency)
            writer.field("tolerated", toleratedCount)
            writer.field("tolerated_percentage", toleratedPercentage)
            writer.field("status", status.rawValue)
            writer.field("start", startTime)
            if let endTime { writer.field("end", endTime) }
            if redriveCount > 0 { writer.field("redrives", redriveCount) }
            if let redriveTime { writer.field("redriven", redriveTime) }
            writer.field("items", items)
            writer.field("running_items", runningItems)
            writer.field("running_children", runningChildren)
            writer.field("item_outcomes", itemOutcomes)
            writer.field("child_outcomes", childOutcomes)
            if resultsWritten > 0 { writer.field("written", resultsWritten) }
            if let read { writer.field("read", read) }
            if let write { writer.field("write", write) }
            if mustCancel { writer.field("must_cancel", true) }
            if pendingRedrives > 0 { writer.field("pending_redrives", pendingRedrives) }
            if pendingRedriveItems > 0 { writer.field("pending_redrive_items", pendingRedriveItems) }
            if mustRedrive { writer.field("must_redrive", true) }
        }
    }

    init(_ part: StoredPart) throws(SnapshotError) {
        func integer(_ name: String) -> Int? { part.node[name]?.int.map { Int($0) } }
        guard let id = integer("id"), let arn = part.node["arn"]?.string, let block = integer("block"),
            let start = part.node["start"]?.int
        else { throw part.error("is no map run") }
        self.id = id
        self.arn = arn
        self.block = block
        startTime = start
        isExpress = part.node["express"]?.bool == true
        maxConcurrency = integer("max_concurrency") ?? 0
        toleratedCount = integer("tolerated") ?? 0
        toleratedPercentage = part.node["tolerated_percentage"]?.double ?? 0
        status = part.node["status"]?.string.flatMap(ExecutionStatus.init(rawValue:)) ?? .running
        endTime = part.node["end"]?.int
        redriveCount = integer("redrives") ?? 0
        redriveTime = part.node["redriven"]?.int
        items = integer("items") ?? 0
        runningItems = integer("running_items") ?? 0
        runningChildren = integer("running_children") ?? 0
        itemOutcomes = OutcomeCounts(part.node["item_outcomes"])
        childOutcomes = OutcomeCounts(part.node["child_outcomes"])
        resultsWritten = integer("written") ?? 0
        pendingRedrives = integer("pending_redrives") ?? 0
        pendingRedriveItems = integer("pending_redrive_items") ?? 0
        read = part.node["read"].flatMap { ItemRead($0) }
        write = part.node["write"].flatMap { ResultWrite($0) }
        mustCancel = part.node["must_cancel"]?.bool == true
        mustRedrive = part.node["must_redrive"]?.bool == true
    }
}

extension OpenMapRun.OutcomeCounts: JSONWritable {
    func write(to writer: inout JSONWriter) {
        writer.element([succeeded, failed, timedOut, aborted])
    }

    init(_ node: JSONNode?) {
        let counts = (node?.elements ?? []).map { Int($0.int ?? 0) }
        guard counts.count == 4 else { return }
        (succeeded, failed, timedOut, aborted) = (counts[0], counts[1], counts[2], counts[3])
    }
}
