import Foundation
public import LonghaulJSON

extension JSONText {
    /// Encodes a value as JSON.
    ///
    /// - Throws: the error of the value's `encode(to:)`.
    public init(encoding value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        self.init(validated: [UInt8](try encoder.encode(value)))
    }

    /// Decodes a value of the type.
    ///
    /// - Throws: `DecodingError` if the text has another form.
    public func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try JSONDecoder().decode(type, from: Data(bytes))
    }
}
