extension JSONPointer {
    /// Parses a pointer. Nil unless the text is empty or begins with a slash.
    public init?(parsing text: String) {
        guard text.isEmpty || text.utf8.first == UInt8(ascii: "/") else { return nil }
        self.init(rendered: text)
    }
}

extension JSONPointer {
    /// Converts a pointer into the value at this place to a pointer into the whole document.
    public func appending(_ inner: JSONPointer) -> JSONPointer {
        JSONPointer(rendered: description + inner.description)
    }
}
