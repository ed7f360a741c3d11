/// The decoded parameters of a request's query, in order. Names may repeat.
public struct HTTPQuery: Sendable, Hashable {
    /// One parameter.
    public struct Item: Sendable, Hashable {
        /// The decoded name.
        public let name: String
        /// The decoded value; empty if there is none.
        public let value: String
    }

    /// All parameters, in order.
    public let items: [Item]

    /// Creates a query.
    public init(_ items: [(name: String, value: String)] = []) {
        self.items = items.map { Item(name: $0.name, value: $0.value) }
    }

    /// The value of the first parameter of this name.
    public func first(_ name: String) -> String? {
        items.first { $0.name == name }?.value
    }

    /// The values of every parameter of this name, in order.
    public func all(_ name: String) -> [String] {
        items.lazy.filter { $0.name == name }.map(\.value)
    }

    /// The distinct names, in the order of their first use.
    public var names: [String] {
        var seen = Set<String>()
        return items.lazy.map(\.name).filter { seen.insert($0).inserted }
    }
}
