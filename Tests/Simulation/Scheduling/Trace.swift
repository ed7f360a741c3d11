import LonghaulCore

/// What happened in a run: a digest that two runs of the same seed must agree in, the faults that were
/// injected, and on demand every event in words.
final class Trace: @unchecked Sendable {
    private let isSpoken: Bool
    private let startedAt: Timestamp
    private(set) var digest: UInt64 = 0xCBF2_9CE4_8422_2325
    private(set) var events = 0
    /// How often each fault was injected.
    private(set) var faults: [String: Int] = [:]
    var clock: () -> Timestamp

    /// A trace that prints every event if it is spoken.
    init(isSpoken: Bool, clock: @escaping () -> Timestamp) {
        self.isSpoken = isSpoken
        self.clock = clock
        startedAt = clock()
    }

    /// Notes an event: numbers for the digest, words for people.
    func note(_ numbers: UInt64..., words: @autoclosure () -> String) {
        events += 1
        for number in numbers { digest = (digest ^ number) &* 0x0000_0100_0000_01B3 }
        if isSpoken { speak(words()) }
    }

    /// Notes that a fault was injected.
    func fault(_ name: String, _ words: @autoclosure () -> String = "") {
        faults[name, default: 0] += 1
        note(
            UInt64(name.utf8.count), UInt64(bitPattern: clock().milliseconds), words: "** \(name) \(words())")
    }

    private func speak(_ words: String) {
        let elapsed = clock().seconds(since: startedAt)
        let whole = Int(elapsed)
        let fraction = String(Int((elapsed * 1000).rounded()) % 1000 + 1000).dropFirst()
        print("\(whole).\(fraction) s  \(words)")
    }
}
