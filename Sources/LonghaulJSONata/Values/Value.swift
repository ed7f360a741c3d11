/// A value during evaluation. `undefined` is the absence of a value, which JSON cannot express.
enum Value {
    /// No value.
    case undefined
    /// JSON's `null`.
    case null
    /// A boolean.
    case bool(Bool)
    /// A number, always a double.
    case number(Double)
    /// A string of UTF-16 code units.
    case string(Text)
    /// An array or a sequence.
    case array(ArrayValue)
    /// An object, in insertion order.
    case object(ObjectValue)
    /// A built-in function, a lambda, a regular expression.
    case function(FunctionValue)
    /// An element of a tuple stream, which carries variable bindings beside its value.
    case tuple(TupleValue)

    /// An empty string, as for functions in JSON.
    static var emptyString: Value { .string(Text([])) }

    /// A new array that is not a sequence.
    static func list(_ items: [Value]) -> Value { .array(ArrayValue(items)) }

    /// A new sequence.
    static func sequence(_ items: [Value]) -> Value { .array(ArrayValue(items, [.sequence])) }

    /// True unless the value is `undefined`.
    var isDefined: Bool {
        if case .undefined = self { return false }
        return true
    }

    /// The array, if the value is one.
    var array: ArrayValue? {
        if case .array(let array) = self { return array }
        return nil
    }

    /// The string, if the value is one.
    var text: Text? {
        if case .string(let text) = self { return text }
        return nil
    }

    /// The function, if the value is one.
    var function: FunctionValue? {
        if case .function(let function) = self { return function }
        return nil
    }

    /// How deeply containers and functions nest in the value; zero for scalars.
    var nesting: Int {
        switch self {
        case .array(let array): array.nesting
        case .object(let object): object.nesting
        case .function(let function): function.nesting
        case .tuple(let tuple): tuple.nesting
        default: 0
        }
    }

    /// The elements of an array, or the value itself as the only one.
    var itemsOrSelf: [Value] {
        if case .array(let array) = self { return array.items }
        return [self]
    }
}

/// An array with the marks that the language puts on sequences. Only the code that makes an array appends to it.
final class ArrayValue {
    /// What kind of array this is.
    struct Flags: OptionSet {
        let rawValue: UInt8
        /// The result of a query. One of length 1 is equivalent to its element.
        static let sequence = Flags(rawValue: 1)
        /// A sequence that stays an array even with one element.
        static let keepSingleton = Flags(rawValue: 2)
        /// Built by an array constructor in a path, and so not flattened into it.
        static let constructed = Flags(rawValue: 4)
        /// Wraps an array that is the input document.
        static let outerWrapper = Flags(rawValue: 8)
        /// Holds tuples.
        static let tupleStream = Flags(rawValue: 16)
    }

    private(set) var items: [Value]
    let flags: Flags
    private(set) var nesting: Int

    init(_ items: [Value], _ flags: Flags = []) {
        self.items = items
        self.flags = flags
        var deepest = 0
        for item in items { deepest = max(deepest, item.nesting) }
        nesting = deepest + 1
    }

    private init(_ items: [Value], _ flags: Flags, nesting: Int) {
        self.items = items
        self.flags = flags
        self.nesting = nesting
    }

    /// An array with the same items and more marks, or with these marks only. It shares the items' storage.
    func marked(_ added: Flags, replacing: Bool = false) -> ArrayValue {
        ArrayValue(items, replacing ? added : flags.union(added), nesting: nesting)
    }

    var count: Int { items.count }

    var isSequence: Bool { flags.contains(.sequence) }

    func append(_ value: Value) {
        items.append(value)
        nesting = max(nesting, value.nesting + 1)
    }

    func append(contentsOf array: ArrayValue) {
        items.append(contentsOf: array.items)
        nesting = max(nesting, array.nesting)
    }

    /// Computes the nesting from the items, after one of them has grown.
    func measure() {
        nesting = items.reduce(0) { max($0, $1.nesting) } + 1
    }
}

/// The identity of the copy that a transform works on. The objects of the copy carry it.
final class TransformCopy {}

/// An object that keeps its keys in the order of insertion.
final class ObjectValue {
    /// The copy that the object belongs to, if a transform made it. The transform changes no other objects.
    let copy: TransformCopy?
    private(set) var keys: [Text] = []
    private(set) var values: [Value] = []
    private(set) var nesting = 1
    /// Positions by key; built once the object has more keys than a scan is good for.
    private var positions: [Text: Int]?

    private static let scanLimit = 8

    init(copy: TransformCopy? = nil) {
        self.copy = copy
    }

    init(_ members: [(Text, Value)]) {
        copy = nil
        for (key, value) in members { self[key] = value }
    }

    var count: Int { keys.count }

    private func position(of key: Text) -> Int? {
        if let positions { return positions[key] }
        for index in keys.indices where keys[index] == key { return index }
        return nil
    }

    /// The value of a key. Assigning `undefined` stores it as it is.
    subscript(key: Text) -> Value? {
        get { position(of: key).map { values[$0] } }
        set {
            guard let newValue else { return remove([key]) }
            nesting = max(nesting, newValue.nesting + 1)
            if let index = position(of: key) {
                values[index] = newValue
            } else {
                keys.append(key)
                values.append(newValue)
                index(newKey: key)
            }
        }
    }

    private func index(newKey key: Text) {
        if positions != nil {
            positions?[key] = keys.count - 1
        } else if keys.count > ObjectValue.scanLimit {
            indexKeys()
        }
    }

    private func indexKeys() {
        positions = Dictionary(zip(keys, keys.indices), uniquingKeysWith: { first, _ in first })
    }

    /// Removes the keys that are there. The other keys keep their order.
    func remove(_ removed: Set<Text>) {
        let kept = keys.indices.filter { !removed.contains(keys[$0]) }
        guard kept.count < keys.count else { return }
        keys = kept.map { keys[$0] }
        values = kept.map { values[$0] }
        positions = nil
        if keys.count > ObjectValue.scanLimit { indexKeys() }
    }

    /// Computes the nesting from the values, after one of them has grown.
    func measure() {
        nesting = values.reduce(0) { max($0, $1.nesting) } + 1
    }
}

/// One element of a tuple stream: a context value and the variables bound with it.
final class TupleValue {
    var context: Value {
        didSet { nesting = max(nesting, context.nesting + 1) }
    }
    private(set) var bindings: [(name: Name, value: Value)]
    private(set) var nesting: Int

    init(context: Value, bindings: [(name: Name, value: Value)] = []) {
        self.context = context
        self.bindings = bindings
        nesting = bindings.reduce(context.nesting) { max($0, $1.value.nesting) } + 1
    }

    func bind(_ name: Name, _ value: Value) {
        nesting = max(nesting, value.nesting + 1)
        if let index = bindings.firstIndex(where: { $0.name == name }) {
            bindings[index].value = value
        } else {
            bindings.append((name, value))
        }
    }
}
