extension JSONText {
    /// Reads JSON5, the form of settings files, and keeps its value as plain JSON: comments, trailing
    /// commas, bare keys and the like are gone, numbers keep their digits.
    ///
    /// `Infinity` and `NaN`, for which JSON has no words, are refused, and so are repeated keys.
    ///
    /// - Throws: ``JSONError`` whose message names line and column, both counted from 1.
    public init(json5 bytes: [UInt8]) throws(JSONError) {
        guard let source = String(validating: bytes, as: UTF8.self) else {
            let offset = Parsing.firstInvalidUTF8(in: bytes)
            throw JSONError(message: "invalid UTF-8 at byte \(offset)", offset: offset)
        }
        var converter = JSON5Converter(source)
        let converted = try converter.convert()
        do {
            try self.init(parsing: converted, maxDepth: JSON5Converter.maxDepth)
        } catch {
            throw converter.located(error)
        }
    }
}
