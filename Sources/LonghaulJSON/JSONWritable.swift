/// A value that a ``JSONWriter`` can write.
public protocol JSONWritable {
    /// Writes the value as one element.
    func write(to writer: inout JSONWriter)
}

extension String: JSONWritable {
    /// Appends the string, escaped.
    public func write(to writer: inout JSONWriter) {
        writer.append(string: self)
    }
}

extension Bool: JSONWritable {
    /// Appends `true` or `false`.
    public func write(to writer: inout JSONWriter) {
        writer.append(token: self ? "true" : "false")
    }
}

extension Int: JSONWritable {
    /// Appends the integer.
    public func write(to writer: inout JSONWriter) {
        writer.append(integer: Int64(self))
    }
}

extension Int64: JSONWritable {
    /// Appends the integer.
    public func write(to writer: inout JSONWriter) {
        writer.append(integer: self)
    }
}

extension Double: JSONWritable {
    /// Appends the shortest spelling of the number without `.0`; `null` if it is not finite.
    public func write(to writer: inout JSONWriter) {
        writer.append(double: self)
    }
}

extension JSONText: JSONWritable {
    /// Appends the text without changes.
    public func write(to writer: inout JSONWriter) {
        writer.raw(self)
    }
}

extension Optional: JSONWritable where Wrapped: JSONWritable {
    /// Appends the value, or `null`.
    public func write(to writer: inout JSONWriter) {
        if let self {
            self.write(to: &writer)
        } else {
            writer.null()
        }
    }
}

extension Array: JSONWritable where Element: JSONWritable {
    /// Appends an array of the elements.
    public func write(to writer: inout JSONWriter) {
        writer.array { writer in
            for element in self {
                writer.element(element)
            }
        }
    }
}
