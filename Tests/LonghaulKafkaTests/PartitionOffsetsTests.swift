import LonghaulBroker
import LonghaulCore
import Testing

@testable import LonghaulKafka

/// Which offset is committed, and which IDs a server keeps.
@Suite struct PartitionOffsetsTests {
    @Test func oldestUnprocessedOffsetIsCommitted() {
        var offsets = PartitionOffsets()
        #expect(offsets.committable == nil)
        // Kafka leaves gaps, for example where a transaction ended.
        for offset: Int64 in [5, 6, 9, 10] { offsets.recordRead(offset) }
        #expect(offsets.committable == 5)
        offsets.recordProcessed(6)
        #expect(offsets.committable == 5)
        offsets.recordProcessed(5)
        #expect(offsets.committable == 9)
        offsets.recordCommitted(9)
        #expect(offsets.committable == nil)
        offsets.recordProcessed(10)
        #expect(offsets.committable == nil)
        #expect(offsets.openCount == 1)
        offsets.recordProcessed(9)
        #expect(offsets.committable == 11)
        #expect(offsets.openCount == 0)
    }

    @Test func repeatedAndUnknownOffsetsChangeNothing() {
        var offsets = PartitionOffsets()
        offsets.recordProcessed(3)
        for offset: Int64 in 0..<5000 { offsets.recordRead(offset) }
        for offset: Int64 in (0..<4999).reversed() {
            offsets.recordProcessed(offset)
            offsets.recordProcessed(offset)
        }
        offsets.recordProcessed(17)
        #expect(offsets.committable == 4999)
        #expect(offsets.openCount == 1)
    }

    @Test func topicThatBeginsAgainIsCommittedFromItsBeginning() {
        var offsets = PartitionOffsets()
        for offset: Int64 in 100..<103 { offsets.recordRead(offset) }
        offsets.recordProcessed(100)
        for offset: Int64 in 0..<2 { offsets.recordRead(offset) }
        offsets.recordProcessed(0)
        #expect(offsets.committable == 1)
        #expect(offsets.openCount == 1)
        offsets.recordProcessed(1)
        #expect(offsets.committable == 2)
    }

    private let ids = JobIDGenerator(time: SystemTime(), random: SystemRandom())

    private func delivery(_ offset: Int64, _ lane: Lane, partition: Int32 = 0) -> DeliveryBuffer.Delivery {
        let place = KafkaTransport.Partition(topic: "t", number: partition)
        return BrokerDelivery(
            receipt: KafkaTransport.Receipt(partition: place, offset: offset), lane: lane, id: ids.next())
    }

    @Test func idsWithoutAWorkerAreKeptInOrder() {
        var buffer = DeliveryBuffer()
        let now = ContinuousClock.now
        let a = Lane(queue: "default", kind: "a", band: .low)
        let b = Lane(queue: "default", kind: "b", band: .low)
        for offset: Int64 in 0..<6 { buffer.addWaiting(delivery(offset, offset % 2 == 0 ? a : b)) }
        #expect(buffer.kinds(of: "default") == ["a", "b"])
        let first = buffer.takeWaiting([a], limit: 2, at: now)
        #expect(first.map(\.receipt.offset) == [0, 2])
        #expect(buffer.waitingCount == 4)
        for receipt in first.map(\.receipt).reversed() { buffer.requeue(receipt) }
        let second = buffer.takeWaiting([a], limit: 9, at: now)
        #expect(second.map(\.receipt.offset) == [0, 2, 4])
        #expect(buffer.kinds(of: "default") == ["b"])
    }

    @Test func unacknowledgedIDsAreRemovedAfterAWhile() {
        var buffer = DeliveryBuffer()
        let lane = Lane(queue: "default", kind: "a", band: .low)
        let now = ContinuousClock.now
        let old = delivery(1, lane)
        let new = delivery(2, lane)
        buffer.recordDelivered(old, at: now - .seconds(31))
        buffer.recordDelivered(new, at: now)
        let removed = buffer.removeDelivered(before: now - .seconds(30))
        let hadOld = buffer.remove(old.receipt)
        let hadNew = buffer.remove(new.receipt)
        #expect(removed == [old.receipt] && !hadOld && hadNew)
    }

    @Test func idsOfALostPartitionAreRemoved() {
        var buffer = DeliveryBuffer()
        let lane = Lane(queue: "default", kind: "a", band: .low)
        let lost = [delivery(1, lane), delivery(2, lane)]
        let kept = [delivery(1, lane, partition: 1), delivery(2, lane, partition: 1)]
        for pair in [lost, kept] {
            buffer.addWaiting(pair[0])
            buffer.recordDelivered(pair[1], at: .now)
        }
        buffer.removeAll(of: lost[0].receipt.partition)
        #expect(buffer.waitingCount == 1)
        let hadLost = buffer.remove(lost[1].receipt)
        let hadKept = buffer.remove(kept[1].receipt)
        #expect(!hadLost && hadKept)
        let left = buffer.takeWaiting([lane], limit: 9, at: .now)
        #expect(left.map(\.receipt) == [kept[0].receipt])
    }
}
