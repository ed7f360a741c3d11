public import LonghaulJSON

/// The format in which a server stores commands that are not done yet.
extension ItemRead: JSONWritable {
    /// Appends the command.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("map_run", mapRun)
            writer.field("resource", resource)
            writer.field("parameters", parameters)
            if let maxItems { writer.field("max_items", maxItems) }
            if let type = format.inputType { writer.field("input_type", type) }
            if let delimiter = format.delimiter { writer.field("delimiter", delimiter) }
            if let location = format.headerLocation { writer.field("header_location", location) }
            if !format.headers.isEmpty { writer.field("headers", format.headers) }
            if let pointer = format.itemsPointer { writer.field("items_pointer", pointer) }
            if let type = format.manifestType { writer.field("manifest_type", type) }
        }
    }

    /// Reads a command that ``write(to:)`` wrote; nil if it is none.
    public init?(_ node: JSONNode) {
        guard let mapRun = node["map_run"]?.int, let resource = node["resource"]?.string,
            let parameters = node["parameters"]?.text
        else { return nil }
        self.mapRun = Int(mapRun)
        self.resource = resource
        self.parameters = parameters
        maxItems = node["max_items"]?.int.map { Int($0) }
        format = ItemFormat(
            inputType: node["input_type"]?.string, delimiter: node["delimiter"]?.string,
            headerLocation: node["header_location"]?.string,
            headers: (node["headers"]?.elements ?? []).compactMap(\.string),
            itemsPointer: node["items_pointer"]?.string, manifestType: node["manifest_type"]?.string)
    }
}

extension ResultWrite: JSONWritable {
    /// Appends the command.
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("map_run", mapRun)
            writer.field("resource", resource)
            writer.field("parameters", parameters)
            if let transformation { writer.field("transformation", transformation) }
            if let outputType { writer.field("output_type", outputType) }
        }
    }

    /// Reads a command that ``write(to:)`` wrote; nil if it is none.
    public init?(_ node: JSONNode) {
        guard let mapRun = node["map_run"]?.int, let resource = node["resource"]?.string,
            let parameters = node["parameters"]?.text
        else { return nil }
        self.mapRun = Int(mapRun)
        self.resource = resource
        self.parameters = parameters
        transformation = node["transformation"]?.string
        outputType = node["output_type"]?.string
    }
}
