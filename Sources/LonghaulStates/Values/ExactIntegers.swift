/// The integers that doubles cannot hold exactly, by the doubles that stand for them in JSONata expressions.
///
/// An expression that passes an identifier of 64 bits on returns it unchanged, as on AWS.
struct ExactIntegers {
    private var byDouble: [Double: StateNumber] = [:]
    /// The doubles that stand for several integers.
    private var ambiguous: Set<Double> = []

    private static let firstInexact: UInt64 = 1 << 53

    /// Notes a number that an expression can read.
    mutating func note(_ number: StateNumber) {
        switch number {
        case .decimal: return
        case .integer(let value) where value.magnitude < ExactIntegers.firstInexact: return
        case .integer, .large: break
        }
        let double = number.double
        if let known = byDouble[double], known.text != number.text { ambiguous.insert(double) }
        byDouble[double] = number
    }

    /// The integer that a double in a result stands for; nil if there is none, or several.
    func integer(for double: Double) -> StateNumber? {
        guard !byDouble.isEmpty, !ambiguous.contains(double) else { return nil }
        return byDouble[double]
    }
}
