/// The manifest of a distributed map's items: a list of data files.
public struct ItemManifest: Sendable, Hashable {
    /// A data file.
    public struct File: Sendable, Hashable {
        /// The bucket; nil for the manifest's own.
        public let bucket: String?
        /// The key.
        public let key: String

        /// A file.
        public init(bucket: String?, key: String) {
            self.bucket = bucket
            self.key = key
        }
    }

    /// The data files, in their order.
    public let files: [File]
    /// The form of the data files; nil if the reader's configuration has it.
    public let format: ItemFormat?

    /// Parses a manifest.
    ///
    /// - Parameter type: `S3_INVENTORY`, the default, or `ATHENA_DATA`.
    /// - Throws: ``ItemError`` if it is none.
    public init(_ bytes: [UInt8], type: String?) throws(ItemError) {
        if type == "ATHENA_DATA" {
            files = try ItemManifest.uris(in: String(decoding: bytes, as: UTF8.self))
            format = nil
        } else {
            (files, format) = try ItemManifest.inventory(bytes)
        }
    }

    /// The lines of an Athena manifest: `s3://bucket/key`.
    private static func uris(in text: String) throws(ItemError) -> [File] {
        var files: [File] = []
        for line in text.split(whereSeparator: \.isNewline) where !line.allSatisfy(\.isWhitespace) {
            let parts = line.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
            guard parts.count == 4, parts[0] == "s3:" else {
                throw ItemError("The manifest has a line that is no S3 URI: \(line)")
            }
            files.append(File(bucket: String(parts[2]), key: String(parts[3])))
        }
        return files
    }

    /// The files of an S3 inventory, whose columns the manifest names.
    private static func inventory(_ bytes: [UInt8]) throws(ItemError) -> ([File], ItemFormat) {
        guard let manifest = try? StateValue(parsing: bytes), let entries = manifest["files"]?.array else {
            throw ItemError("The manifest is not valid: it has no files.")
        }
        let type = manifest["fileFormat"]?.string ?? "CSV"
        guard type == "CSV" else { throw ItemError("The file format \(type) is not supported.") }
        let columns = (manifest["fileSchema"]?.string ?? "").split(separator: ",").map { column in
            String(column.drop(while: \.isWhitespace))
        }
        let files = entries.compactMap { $0["key"]?.string.map { File(bucket: nil, key: $0) } }
        let format = ItemFormat(
            inputType: "CSV", delimiter: nil, headerLocation: "GIVEN", headers: columns, itemsPointer: nil,
            manifestType: nil)
        return (files, format)
    }
}
