import LonghaulCore
import LonghaulJSON

extension Console {
    /// Writes a value as one line of JSON.
    static func print(json value: some JSONWritable) throws {
        var writer = JSONWriter()
        value.write(to: &writer)
        try print(json: writer.bytes)
    }

    /// Writes an object as one line of JSON.
    static func print(jsonObject body: (inout JSONWriter) -> Void) throws {
        var writer = JSONWriter()
        writer.object(body)
        try print(json: writer.bytes)
    }

    /// Writes a list in the form of the API, with `items` and `next_cursor`.
    static func print(jsonItems items: (inout JSONWriter) -> Void) throws {
        try print(jsonObject: { writer in
            writer.array("items", items)
            writer.null("next_cursor")
        })
    }
}
