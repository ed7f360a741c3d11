extension JSONText {
    /// Parses JSON5, the format of settings files, and converts its value to JSON. Comments, trailing commas and bare
    /// keys are dropped. Numbers keep their digits.
    ///
    /// Rejects `Infinity` and `NaN`, which JSON cannot express, and repeated keys.
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
