import Foundation
import LonghaulCore
import LonghaulHTTP
import LonghaulJSON
import LonghaulServer

/// Targets for short texts: request targets, cursors, times, IDs, pointers, ranges, events.
extension FuzzTarget {
    /// A target that reads a short text. The text of an accepted value must parse to the same value.
    private static func text<Value: LosslessStringConvertible & Equatable & Sendable>(
        _ name: String, _ type: Value.Type, seeds: [String], words: [String] = []
    ) -> FuzzTarget {
        FuzzTarget(name, seeds: seeds, words: words) { bytes in
            guard let value = Value(String(decoding: bytes, as: UTF8.self)) else { return false }
            try expect(Value(value.description) == value, "\(value) does not read as itself")
            return true
        }
    }

    private static let paris = TimeZone(identifier: "Europe/Paris") ?? .gmt
    private static let id = "01890a5d-ac96-774b-bcce-b302099a8057"

    /// The targets that read short texts.
    static let texts: [FuzzTarget] = [
        FuzzTarget(
            "request target", weight: 4,
            seeds: [
                "/v1/jobs/\(id)/artifacts/th%C3%BCmb%201.png?wait_seconds=5&tag=a:b&tag=c%3Ad+e", "*",
                "http://example.org:80/v1/jobs?limit=5&cursor=c1.\(id)&state=failed,pending",
            ],
            words: [
                "%00", "%2e%2e%2f", "%", "//", "..", "%ff", "?", "&", "=", "://", "\u{0}", "%F0%9F%92%A9",
            ]
        ) { bytes in
            try bytes.withUnsafeBufferPointer { buffer in
                guard let target = try? DecodedTarget(buffer) else { return false }
                for text in target.segments + target.query.items.flatMap({ [$0.name, $0.value] }) {
                    try expect(!text.utf8.contains(0), "lets a NUL through: \(text)")
                }
                return true
            }
        },
        text("job ID", JobID.self, seeds: [id, id.uppercased()]),
        text("cursor", JobCursor.self, seeds: ["c1." + id], words: ["c1.", "c2."]),
        text(
            "group cursor", DeadLetterGroupCursor.self, seeds: ["g1.17.0123456789abcdef.q.1"],
            words: ["g1.", "-1", "9223372036854775808", "."]),
        text(
            "token", LeaseToken.self, seeds: [String(repeating: "0f", count: 32)], words: ["ffffffffffffffff"]
        ),
        FuzzTarget(
            "time", weight: 3,
            seeds: [
                "2026-11-24T09:15:00.123Z", "2024-02-29t23:59:60+23:59", "1970-01-01T00:00:00-00:00",
                "9999-12-31T23:59:59.999999Z",
            ], words: ["-23:59", "+23:59", "Z", ".999999999999999999999999", "0000", "9999", "24:00:00"]
        ) { bytes in
            guard let time = Timestamp(rfc3339: String(decoding: bytes, as: UTF8.self)) else { return false }
            try expect(Timestamp(rfc3339: time.description) == time, "\(time) does not read as itself")
            return true
        },
        FuzzTarget("pointer", seeds: ["", "/a~0b~1c/0/~", "/jobs/3/kind"], words: ["~0", "~1", "~", "/"]) {
            bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            guard let pointer = JSONPointer(parsing: text) else { return false }
            try expect(pointer.description == text, "reads as \(pointer)")
            let key = pointer.lastStep ?? ""
            try expect(JSONPointer.root.appending(key).lastStep == key, "\(key) does not come back")
            return true
        },
        FuzzTarget(
            "cron", weight: 2,
            seeds: [
                "0 3 * * *", "*/15 9-17 * * MON-FRI", "0 0 29 2 0", "@daily", "5,10-20/3 0 1,15 JAN-MAR *",
            ],
            words: [
                "*/", "@hourly", "31", "59", "60", "0-59/7", "SUN", "7", "feb", "?", "L",
                "99999999999999999999",
            ]
        ) { bytes in
            guard let cron = try? CronExpression(parsing: String(decoding: bytes, as: UTF8.self)) else {
                return false
            }
            let recurrence = Recurrence(cron, in: paris)
            // Two hours before the clocks are set forward, so that a tick may fall into the skipped hour.
            var moment = Timestamp(milliseconds: 1_774_738_800_000)
            for _ in 0..<3 {
                guard let next = recurrence.next(after: moment) else { break }
                try expect(next > moment, "after \(moment) comes \(next)")
                moment = next
            }
            return true
        },
        FuzzTarget(
            "message",
            seeds: [
                #"cannot read "/tmp/a-17.png": 404 after 3.2 s"#,
                "job \(id) at 0xdeadBEEF, 2026-11-24T09:15:00.123Z",
                #"C:\Temp\x.txt isn't 'there', see https://example.org/a?b=1 (“x”, «y», 1e-5, 10.0.0.1:80)"#,
            ],
            words: [
                "\"", "'", "“", "«", "0x", "/", "\\", "\u{0}", "é", "\u{1F4A9}", "-", "\u{300}", "1.", "e+",
            ]
        ) { bytes in
            let folded = MessageFolding.fold(String(decoding: bytes, as: UTF8.self))
            try expect(!folded.utf8.contains { $0 >= 48 && $0 <= 57 }, "keeps a number: \(folded)")
            return !folded.isEmpty
        },
        FuzzTarget(
            "range", weight: 2, seeds: ["bytes=0-499", "bytes=500-", "bytes=-5"],
            words: ["9223372036854775807", "18446744073709551616", "999999999999999999", "-", ",", "bytes="]
        ) { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            var accepted = false
            for size in [0, 1, 500, Int64.max] {
                guard case .part(let range) = ByteRange.choose(text, size: size) else { continue }
                try expect(
                    !range.isEmpty && range.lowerBound >= 0 && range.upperBound <= size, "\(range) of \(size)"
                )
                accepted = true
            }
            return accepted
        },
        FuzzTarget(
            "events",
            seeds: ["id: 5\nevent: state\ndata: {\"a\":1}\ndata: more\n\n", ": heartbeat\r\n\r\ndata:x\r\r"],
            words: ["\r\n", "\n\n", "data:", "id:\u{0}", "retry: 99999999999999999999", "\u{FEFF}"]
        ) { bytes in
            var whole = ServerSentEventDecoder()
            let events = try whole.feed(bytes)
            // The division of the stream into pieces does not change its events.
            var pieces = ServerSentEventDecoder()
            var others: [ServerSentEvent] = []
            for byte in bytes { others += try pieces.feed([byte]) }
            try expect(events == others, "cut in bytes it holds \(others), not \(events)")
            return !events.isEmpty
        },
    ]
}
