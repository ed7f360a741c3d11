extension JSONataValue {
    /// `null`.
    public static var null: JSONataValue { JSONataValue(.null) }

    /// A boolean.
    public init(_ value: Bool) {
        self.init(.bool(value))
    }

    /// A number.
    public init(_ value: Double) {
        self.init(.number(value))
    }

    /// A string.
    public init(_ value: String) {
        self.init(.string(Text(value)))
    }

    /// An array of these elements.
    public init(elements: [JSONataValue]) {
        self.init(.list(elements.map(\.value)))
    }

    /// An object of these members, in their order. The last of equal keys wins.
    public init(members: some Sequence<(String, JSONataValue)>) {
        let object = ObjectValue()
        for (key, member) in members { object[Text(key)] = member.value }
        self.init(.object(object))
    }
}
