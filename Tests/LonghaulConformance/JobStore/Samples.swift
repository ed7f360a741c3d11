import LonghaulCore
import Testing

extension JobStoreConformance {
    private static let start = Timestamp(milliseconds: 1_764_000_000_000)

    private static func sample(
        _ queue: String, minute: Int, depth: Int = 0, _ change: (inout QueueSample) -> Void = { _ in }
    ) -> QueueSample {
        var sample = QueueSample(queue: queue, at: start.adding(seconds: Double(minute) * 60), depth: depth)
        change(&sample)
        return sample
    }

    static let samples: [Case] = [
        Case("stored samples are returned by time and then by name") { t in
            let full = sample("b", minute: 1, depth: 7) { sample in
                sample.enqueued = 10
                sample.finished = 3
                sample.failed = 1
                sample.waitP50 = 0.25
                sample.waitP95 = 1.5
                sample.runP50 = 2
                sample.runP95 = 30.125
            }
            let kept = [sample("a", minute: 0, depth: 1), sample("a", minute: 1), full]
            try await t.store.recordSamples([kept[2], kept[0], kept[1]], deletingBefore: start)
            #expect(try await t.store.samples(of: nil, since: start) == kept)
            #expect(try await t.store.samples(of: "a", since: start) == Array(kept.prefix(2)))
            #expect(try await t.store.samples(of: "a", since: kept[1].at) == [kept[1]])
            #expect(try await t.store.samples(of: "c", since: start).isEmpty)
        },
        Case("samples of the same queue and minute are merged") { t in
            let first = sample("a", minute: 0, depth: 9) { sample in
                sample.enqueued = 5
                sample.finished = 2
                sample.failed = 2
                sample.waitP50 = 3
                sample.waitP95 = 4
            }
            let second = sample("a", minute: 0, depth: 2) { sample in
                sample.enqueued = 1
                sample.finished = 8
                sample.waitP50 = 1
                sample.waitP95 = 6
                sample.runP50 = 2
            }
            var merged = first
            merged.merge(second)
            #expect(merged.depth == 2 && merged.enqueued == 6 && merged.waitP50 == 3 && merged.waitP95 == 6)
            for sample in [first, second] {
                try await t.store.recordSamples([sample], deletingBefore: start)
            }
            #expect(try await t.store.samples(of: "a", since: start) == [merged])
        },
        Case("samples before the horizon are removed") { t in
            let kept = (0..<5).map { sample("a", minute: $0, depth: $0) }
            try await t.store.recordSamples(kept, deletingBefore: start)
            try await t.store.recordSamples([], deletingBefore: kept[3].at)
            #expect(try await t.store.samples(of: nil, since: start) == Array(kept.suffix(2)))
        },
        Case("samples before an hour are merged into samples of hours, once") { t in
            // `start` is the start of an hour.
            let hours = (0..<3).map { start.adding(seconds: Double($0) * 3600) }
            let kept = [0, 10, 59, 60, 70, 120, 130].map { minute in
                sample("a", minute: minute, depth: 200 - abs(minute - 10)) { sample in
                    sample.enqueued = 1
                    sample.finished = 2
                    sample.failed = 3
                    sample.waitP95 = minute == 60 ? nil : Double(100 + minute)
                    sample.runP50 = minute == 10 ? 7 : nil
                }
            }
            let other = sample("b", minute: 61, depth: 4)
            try await t.store.recordSamples(kept + [other], deletingBefore: hours[0])
            func hour(_ number: Int, _ parts: [QueueSample]) -> QueueSample {
                var merged = parts[0]
                for part in parts.dropFirst() { merged.extend(by: part) }
                merged.at = hours[number]
                return merged
            }
            let expected = [
                hour(0, Array(kept[0..<3])), hour(1, Array(kept[3..<5])), hour(1, [other]),
                kept[5], kept[6],
            ]
            #expect(expected[0].depth == 200 && expected[0].enqueued == 3 && expected[0].waitP95 == 159)
            for _ in 0..<2 {
                try await t.store.recordSamples([], mergingBefore: hours[2], deletingBefore: hours[0])
                #expect(try await t.store.samples(of: nil, since: hours[0]) == expected)
            }
            // A sample that arrives late joins its hour.
            let late = sample("a", minute: 90, depth: 99) { $0.enqueued = 5 }
            try await t.store.recordSamples([late], mergingBefore: hours[2], deletingBefore: hours[1])
            #expect(
                try await t.store.samples(of: "a", since: hours[0])
                    == [hour(1, [expected[1], late]), kept[5], kept[6]])
        },
    ]
}
