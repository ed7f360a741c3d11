extension IntrinsicArguments {
    /// Maximum number of elements that `States.ArrayRange` makes.
    private static let maxRange: Int64 = 1000

    func arrayPartition() throws(StateFailure) -> StateValue {
        let array = try array(0)
        let size = try integer(1)
        guard size > 0 else { throw failure("The chunk size must be a positive integer") }
        let width = Int(min(size, Int64(max(1, array.count))))
        return .array(
            stride(from: 0, to: array.count, by: width).map { start in
                .array(Array(array[start..<min(start + width, array.count)]))
            })
    }

    /// The numbers from the first to the last, both included.
    func arrayRange() throws(StateFailure) -> StateValue {
        let first = try integer(0)
        let last = try integer(1)
        let step = try integer(2)
        guard step != 0 else { throw failure("The step must not be zero") }
        let (distance, overflow) = last.subtractingReportingOverflow(first)
        guard !overflow, step > 0 ? distance >= 0 : distance <= 0 else {
            return overflow ? try tooManyElements() : .array([])
        }
        let count = Int64((distance.magnitude / step.magnitude).clamped) + 1
        guard count <= IntrinsicArguments.maxRange else { return try tooManyElements() }
        return .array((0..<count).map { .number(.integer(first + $0 * step)) })
    }

    private func tooManyElements() throws(StateFailure) -> StateValue {
        throw failure("The array must not have more than \(IntrinsicArguments.maxRange) elements")
    }

    func arrayGetItem() throws(StateFailure) -> StateValue {
        let array = try array(0)
        let index = try integer(1)
        guard let position = Int(exactly: index), array.indices.contains(position) else {
            throw failure("The index \(index) is out of range for an array of \(array.count) elements")
        }
        return array[position]
    }

    func arrayUnique() throws(StateFailure) -> StateValue {
        var seen = Set<UniqueElement>()
        return .array(try array(0).filter { seen.insert(UniqueElement(value: $0)).inserted })
    }
}

/// An element of an array, compared as Java does: `1` and `1.0` are different.
private struct UniqueElement: Hashable {
    let value: StateValue

    static func == (left: UniqueElement, right: UniqueElement) -> Bool {
        left.value.isIdentical(to: right.value)
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(value)
    }
}

extension StateValue {
    /// Whether both are equal as in Java, where `1` and `1.0` are different.
    func isIdentical(to other: StateValue) -> Bool {
        switch (self, other) {
        case (.number(let a), .number(let b)): a.isInteger == b.isInteger && a == b
        case (.array(let a), .array(let b)):
            a.count == b.count && zip(a, b).allSatisfy { $0.isIdentical(to: $1) }
        case (.object(let a), .object(let b)):
            a.count == b.count && a.members.allSatisfy { b[$0]?.isIdentical(to: $1) ?? false }
        default: self == other
        }
    }
}

extension UInt64 {
    /// The number, or a large one that is not at the end of the range.
    fileprivate var clamped: UInt64 { Swift.min(self, 1 << 40) }
}
