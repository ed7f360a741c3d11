/// The progress of one partition: which offset to commit while IDs are processed in any order. A plain value.
///
/// Kafka stores one offset for each partition. Everything before it counts as processed. So the offset to commit is that
/// of the oldest ID which is not processed yet.
struct PartitionOffsets {
    /// The offsets that were read, in order, from the oldest one that is not processed.
    private var read: [Int64] = []
    /// The index in `read` of the oldest offset that is not processed.
    private var start = 0
    private var processed: Set<Int64> = []
    private var next: Int64?
    private var committed: Int64?

    /// Records that an offset was read. Offsets arrive in ascending order, until the topic is emptied or created again.
    mutating func recordRead(_ offset: Int64) {
        if let next, offset < next { self = PartitionOffsets() }
        read.append(offset)
        next = offset + 1
    }

    /// Records that an offset was processed.
    mutating func recordProcessed(_ offset: Int64) {
        guard start < read.count, offset >= read[start], processed.insert(offset).inserted else { return }
        while start < read.count, processed.remove(read[start]) != nil { start += 1 }
        if start > 1024 {
            read.removeFirst(start)
            start = 0
        }
    }

    /// The offset to commit; nil if it is committed or nothing was read.
    var committable: Int64? {
        let offset = start < read.count ? read[start] : next
        return offset == committed ? nil : offset
    }

    /// Records that an offset was sent to the broker.
    mutating func recordCommitted(_ offset: Int64) { committed = offset }

    /// The number of offsets that are not processed.
    var openCount: Int { read.count - start - processed.count }
}
