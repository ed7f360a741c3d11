import CKafka
import Glibc
import LonghaulBroker
import LonghaulCore

/// A queue of librdkafka for each band, and a signal that one of them, or the consumer's queue of events, has entries.
final class BandQueues {
    private let queues: [OpaquePointer?]
    private let events: OpaquePointer?
    /// An event counter of the system that librdkafka adds one to.
    private let signal: Int32
    private var isOpen = true

    init(_ handle: KafkaHandle) throws(LonghaulError) {
        signal = longhaul_kafka_signal()
        guard signal >= 0 else {
            throw handle.events.unavailable("failed", "the process has no file descriptor left")
        }
        queues = Lane.Band.allCases.map { _ in rd_kafka_queue_new(handle.pointer) }
        events = rd_kafka_queue_get_consumer(handle.pointer)
        var one: UInt64 = 1
        for queue in queues + [events] {
            rd_kafka_queue_io_event_enable(queue, signal, &one, MemoryLayout<UInt64>.size)
        }
    }

    /// Must come before the handle is closed.
    func close() {
        guard isOpen else { return }
        isOpen = false
        for queue in queues + [events] {
            rd_kafka_queue_io_event_enable(queue, -1, nil, 0)
            rd_kafka_queue_destroy(queue)
        }
        Glibc.close(signal)
    }

    subscript(band: Lane.Band) -> OpaquePointer? { queues[band.rawValue] }

    /// Waits until a queue gets an entry.
    func wait(until end: ContinuousClock.Instant) {
        let left = max(.zero, end - ContinuousClock.now)
        var descriptor = pollfd(fd: signal, events: Int16(POLLIN), revents: 0)
        // At most 20 ms: librdkafka signals only the first entry of an empty queue.
        poll(&descriptor, 1, min(20, left.milliseconds + 1))
    }

    /// Ends the signal, before the queues are read.
    func clearSignal() {
        var count: UInt64 = 0
        _ = read(signal, &count, MemoryLayout<UInt64>.size)
    }
}
