public import LonghaulJSON

extension RoutingTable: JSONReadable, JSONWritable {
    /// Reads a table, strictly.
    public static func read(_ reader: inout JSONObjectReader) -> RoutingTable {
        let count = reader.needed("rules", "an array of rules") { $0.array($1) }?.count ?? 0
        var table = RoutingTable()
        if FieldBounds.routingRules.contains(count) {
            table.rules = reader.objects("rules", Rule.readStrictly) ?? []
        } else {
            reader.expectCount(count, of: "rules", within: FieldBounds.routingRules)
        }
        reader.finish()
        return table
    }

    /// Writes the table.
    public func write(to writer: inout JSONWriter) {
        writer.object { $0.field("rules", rules) }
    }
}

extension RoutingTable.Rule: JSONWritable {
    static func readStrictly(_ reader: inout JSONObjectReader) -> RoutingTable.Rule {
        let kinds = reader.strings("kinds", maxCount: FieldBounds.routingKinds.upperBound) ?? []
        for (index, kind) in kinds.enumerated() where !RoutingTable.isPattern(kind) {
            reader.faults.add(
                reader.pointer(to: "kinds").appending(index),
                "must be 1 to \(FieldBounds.kindLength.upperBound) characters of A-Z a-z 0-9 . _ - / and * for any characters"
            )
        }
        let labels = reader.labels("labels")
        for (name, value) in labels ?? [:] where !LabelRule.isLabel(name, value) {
            reader.faults.add(reader.pointer(to: "labels").appending(name), "a label has \(LabelRule.form)")
        }
        let queue = reader.requiredString("queue")
        if let queue, !QueueSettings.isName(queue) {
            reader.fault("queue", QueueSettings.nameForm)
        }
        reader.finish()
        return RoutingTable.Rule(kinds: kinds, labels: labels, queue: queue ?? "")
    }

    /// Writes the rule.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("kinds", kinds)
            if let labels { writer.field("labels", labels) } else { writer.null("labels") }
            writer.field("queue", queue)
        }
    }
}
