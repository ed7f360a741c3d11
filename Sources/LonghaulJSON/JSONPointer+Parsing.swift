extension JSONPointer {
    /// Reads a pointer's text. Nil unless it is empty or begins with a slash.
    public init?(parsing text: String) {
        guard text.isEmpty || text.utf8.first == UInt8(ascii: "/") else { return nil }
        self.init(rendered: text)
    }
}

extension JSONPointer {
    /// The pointer to the same place in a document in which this document is the value at this pointer.
    public func appending(_ inner: JSONPointer) -> JSONPointer {
        JSONPointer(rendered: description + inner.description)
    }
}
