import LonghaulJSON
import LonghaulStates

extension MapRunUpdate {
    private static let prefix = "map/"

    /// The name under which the update of a map run is reported to its execution.
    static func name(_ key: String) -> String { prefix + key }

    /// The key of the map run that a report is about; nil if it is about a task.
    static func key(_ name: String) -> String? {
        name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : nil
    }

    /// The text for the store.
    var text: JSONText {
        var writer = JSONWriter()
        writer.object { writer in
            if let maxConcurrency { writer.field("max_concurrency", maxConcurrency) }
            if let toleratedCount { writer.field("tolerated", toleratedCount) }
            if let toleratedPercentage { writer.field("tolerated_percentage", toleratedPercentage) }
        }
        return writer.text
    }

    /// Reads the text.
    init(_ text: JSONText) {
        let node = try? JSONDocument(lenientlyParsing: text.bytes).root
        self.init(
            maxConcurrency: node?["max_concurrency"]?.int.map { Int($0) },
            toleratedCount: node?["tolerated"]?.int.map { Int($0) },
            toleratedPercentage: node?["tolerated_percentage"]?.double)
    }
}
