import LonghaulCore

/// The events of a run: a digest that is equal in two runs of the same seed, the number of injected faults and, if
/// requested, a line for each event.
final class Trace: @unchecked Sendable {
    private let isPrinted: Bool
    private let startedAt: Timestamp
    private(set) var digest: UInt64 = 0xCBF2_9CE4_8422_2325
    private(set) var events = 0
    /// The number of injected faults of each kind.
    private(set) var faults: [String: Int] = [:]
    var clock: () -> Timestamp

    /// A trace, which can print every event.
    init(isPrinted: Bool, clock: @escaping () -> Timestamp) {
        self.isPrinted = isPrinted
        self.clock = clock
        startedAt = clock()
    }

    /// Records an event: numbers for the digest, words for people.
    func note(_ numbers: UInt64..., words: @autoclosure () -> String) {
        events += 1
        for number in numbers { digest = (digest ^ number) &* 0x0000_0100_0000_01B3 }
        if isPrinted { printLine(words()) }
    }

    /// Records an injected fault.
    func fault(_ name: String, _ words: @autoclosure () -> String = "") {
        faults[name, default: 0] += 1
        note(
            UInt64(name.utf8.count), UInt64(bitPattern: clock().milliseconds), words: "** \(name) \(words())")
    }

    private func printLine(_ words: String) {
        let elapsed = clock().seconds(since: startedAt)
        let whole = Int(elapsed)
        let fraction = String(Int((elapsed * 1000).rounded()) % 1000 + 1000).dropFirst()
        print("\(whole).\(fraction) s  \(words)")
    }
}
