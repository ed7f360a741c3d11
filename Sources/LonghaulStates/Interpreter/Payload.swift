internal import LonghaulJSON

/// State data with its JSON text. History events and snapshots share the text.
struct Payload: Sendable {
    let value: StateValue
    let text: JSONText

    init(_ value: StateValue) {
        self.value = value
        text = value.json
    }

    init(value: StateValue, text: JSONText) {
        self.value = value
        self.text = text
    }

    /// Data that was received as a text. The text is not changed.
    init(parsing text: JSONText) throws(JSONError) {
        value = try StateValue(text)
        self.text = text
    }

    /// The size in bytes.
    var byteCount: Int { text.bytes.count }
}
