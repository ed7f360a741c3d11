/// IDs that a server has received and for which no worker waits yet, by lane. A plain value.
package struct LaneBuffer<Receipt: Sendable & Hashable>: Sendable {
    /// An ID of the buffer.
    package typealias Delivery = BrokerDelivery<Receipt>

    private var lanes: [Lane: [Delivery]] = [:]
    /// The number of IDs.
    package private(set) var count = 0

    /// A buffer without IDs.
    package init() {}

    /// Adds an ID behind the others of its lane.
    package mutating func append(_ delivery: Delivery) {
        lanes[delivery.lane, default: []].append(delivery)
        count += 1
    }

    /// Adds an ID before the others of its lane.
    package mutating func prepend(_ delivery: Delivery) {
        lanes[delivery.lane, default: []].insert(delivery, at: 0)
        count += 1
    }

    /// Removes and returns IDs of some lanes, those of the first lanes first.
    package mutating func take(_ wanted: [Lane], limit: Int) -> [Delivery] {
        var taken: [Delivery] = []
        for lane in wanted where taken.count < limit {
            guard let found = lanes[lane]?.prefix(limit - taken.count), !found.isEmpty else { continue }
            taken += found
            lanes[lane]?.removeFirst(found.count)
            if lanes[lane]?.isEmpty == true { lanes[lane] = nil }
        }
        count -= taken.count
        return taken
    }

    /// Removes and returns all IDs.
    package mutating func removeAll() -> [Delivery] {
        defer { self = LaneBuffer() }
        return lanes.values.flatMap(\.self)
    }

    /// Removes the IDs that match a condition.
    package mutating func removeAll(where matches: (Delivery) -> Bool) {
        lanes = lanes.compactMapValues { deliveries in
            let left = deliveries.filter { !matches($0) }
            return left.isEmpty ? nil : left
        }
        count = lanes.values.reduce(0) { $0 + $1.count }
    }

    /// The kinds of a queue of which there are IDs.
    package func kinds(of queue: String) -> Set<String> {
        Set(lanes.keys.lazy.filter { $0.queue == queue }.map(\.kind))
    }
}
