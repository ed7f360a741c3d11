/// Reads the fields of an object, and collects all faults.
///
/// A method returns nil if the field is absent or has a fault; `faults` distinguishes the two. `null` counts as absent,
/// except for ``text(_:)`` and ``node(_:)``. Call ``finish()`` last: it reports unknown fields, which are the ones that
/// were not read.
public struct JSONObjectReader {
    /// The place of the object.
    public let pointer: JSONPointer
    /// The list of faults.
    public let faults: JSONFaults
    private let object: JSONNode?
    /// The names of the fields that were read, whether they were present or not.
    package private(set) var names: [String] = []
    /// The members that were read: one bit by position for the first 64. Few objects have more.
    private var seen: UInt64 = 0
    private var seenLater: Set<Int> = []

    /// Starts to read the object at `pointer`. Any other kind is a fault, and reads as an object without fields.
    public init(_ node: JSONNode, at pointer: JSONPointer, faults: JSONFaults) {
        self.pointer = pointer
        self.faults = faults
        let isObject = node.kind == .object
        object = isObject ? node : nil
        names.reserveCapacity(16)
        if !isObject {
            faults.add(pointer, "expected an object, got \(node.kindName)")
        }
    }

    /// Whether the value is an object.
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
        names.append(name)
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

    /// A value that is present and not `null`.
    mutating func present(_ name: String) -> JSONNode? {
        node(name).flatMap { $0.isNull ? nil : $0 }
    }

    /// The value of a required field. Records a fault if it is missing.
    mutating func required(_ name: String, _ expected: String) -> JSONNode? {
        guard let node = node(name) else {
            if isObject {
                fault(name, "is required, expected \(expected)")
            }
            return nil
        }
        return node
    }

    /// Records that a field has the wrong kind.
    func mismatch(_ name: String, _ expected: String, _ node: JSONNode) {
        fault(name, "expected \(expected), got \(node.kindName)")
    }

    /// Reports every unknown field, with the most similar known name.
    public func finish() {
        guard let object else { return }
        for (position, index) in object.storage.children(of: object.index).enumerated() {
            guard !wasSeen(position), !faults.isFull else { continue }
            let key = object.storage.key(of: index)
            let guess = nearestName(to: key, among: names).map { "; did you mean \"\($0)\"?" } ?? ""
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
