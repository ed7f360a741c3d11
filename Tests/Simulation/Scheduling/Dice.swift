import LonghaulCore

/// The random choices of one simulation. The same seed makes the same choices.
final class Dice: RandomSource {
    private let random: SeededRandom

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
    }

    func next() -> UInt64 { random.next() }

    /// A number from 0 to `bound` - 1.
    func below(_ bound: Int) -> Int {
        bound <= 1 ? 0 : Int(random.next() % UInt64(bound))
    }

    /// A number of the range.
    func number(in range: ClosedRange<Int>) -> Int {
        range.lowerBound + below(range.count)
    }

    /// True with this probability in thousandths.
    func chance(_ perMille: Int) -> Bool {
        perMille > 0 && below(1000) < perMille
    }

    /// Seconds of the range, to the millisecond.
    func seconds(_ range: ClosedRange<Double>) -> Double {
        let value = range.lowerBound + (range.upperBound - range.lowerBound) * random.fraction()
        return (value * 1000).rounded() / 1000
    }

    /// One of the elements; nil if there is none.
    func pick<Element>(_ elements: [Element]) -> Element? {
        elements.isEmpty ? nil : elements[below(elements.count)]
    }
}
