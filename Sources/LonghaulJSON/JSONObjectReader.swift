/// Reads the fields of an object and collects every fault on the way, for the bodies of requests.
///
/// Each method answers nil for a field that is absent or at fault; `faults` tells the two apart. A `null`
/// counts as absent, except for ``text(_:)`` and ``node(_:)``. Call ``finish()`` last: it reports every
/// field that was not asked for.
public struct JSONObjectReader {
    /// The place of the object.
    public let pointer: JSONPointer
    /// Where faults are collected.
    public let faults: JSONFaults
    private let object: JSONNode?
    private var asked: [String] = []
    /// The members that were asked for: bit by position for the first 64, of which few objects have more.
    private var seen: UInt64 = 0
    private var seenLater: Set<Int> = []

    /// Begins to read the object at `pointer`. Any other kind is recorded as a fault, and then reads as an
    /// object without fields.
    public init(_ node: JSONNode, at pointer: JSONPointer, faults: JSONFaults) {
        self.pointer = pointer
        self.faults = faults
        let isObject = node.kind == .object
        object = isObject ? node : nil
        asked.reserveCapacity(16)
        if !isObject {
            faults.add(pointer, "expected an object, got \(node.kindName)")
        }
    }

    /// True if the value is an object at all.
    public var isObject: Bool { object != nil }

    /// The pointer to a field of this object.
    public func pointer(to name: String) -> JSONPointer {
        pointer.appending(name)
    }

    /// Records a fault of a field.
    public func fault(_ name: String, _ message: String) {
        faults.add(pointer(to: name), message)
    }

    /// Any value, `null` included.
    public mutating func node(_ name: String) -> JSONNode? {
        asked.append(name)
        guard let object else { return nil }
        let storage = object.storage
        var name = name
        return name.withUTF8 { bytes in
            var position = 0
            for index in storage.children(of: object.index) {
                if storage.hasKey(index, equalTo: bytes) {
                    markSeen(position)
                    return JSONNode(storage: storage, index: index)
                }
                position += 1
            }
            return nil
        }
    }

    /// Any value, `null` included, as it was sent.
    public mutating func text(_ name: String) -> JSONText? {
        node(name)?.text
    }

    /// A value that is there and not `null`.
    mutating func present(_ name: String) -> JSONNode? {
        node(name).flatMap { $0.isNull ? nil : $0 }
    }

    /// A value of a field that must be there; its absence is recorded.
    mutating func required(_ name: String, _ expected: String) -> JSONNode? {
        guard let node = node(name) else {
            if isObject {
                fault(name, "is required, expected \(expected)")
            }
            return nil
        }
        return node
    }

    /// Records that a field is of the wrong kind.
    func mismatch(_ name: String, _ expected: String, _ node: JSONNode) {
        fault(name, "expected \(expected), got \(node.kindName)")
    }

    /// Reports every field that was not asked for, with the name that was probably meant.
    public func finish() {
        guard let object else { return }
        for (position, index) in object.storage.children(of: object.index).enumerated() {
            guard !wasSeen(position), !faults.isFull else { continue }
            let key = object.storage.key(of: index)
            let guess = nearestName(to: key, among: asked).map { "; did you mean \"\($0)\"?" } ?? ""
            fault(key, "unknown field" + guess)
        }
    }

    private mutating func markSeen(_ position: Int) {
        if position < 64 {
            seen |= 1 << UInt64(position)
        } else {
            seenLater.insert(position)
        }
    }

    private func wasSeen(_ position: Int) -> Bool {
        position < 64 ? seen & (1 << UInt64(position)) != 0 : seenLater.contains(position)
    }
}
