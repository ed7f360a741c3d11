import LonghaulJSON
import LonghaulStates

/// The items of a map's reader, in pages.
struct ItemPages: Sendable {
    /// A page of items.
    struct Page: Sendable {
        var items: [StateValue]
        /// Whether no more items follow.
        var isLast: Bool
    }

    private let read: ItemRead
    private let objects: any MapObjects
    private let parameters: StateValue
    private var format: ItemFormat
    /// The files that are not read yet; nil before the first page.
    private var files: [ItemManifest.File]?
    private var content: (any MapObjectContent)?
    private var stream: ItemStream?
    private var listedUpTo: String?
    /// The number of items that are left out, because they were reported before a crash.
    private var skipped: Int
    private var count = 0

    /// A page has about this number of items.
    private static let pageItems = 1000
    private static let pageBytes = 1 << 20
    private static let maxManifestBytes = 64 << 20

    /// - Parameter skipped: the number of items that were read before.
    init(_ read: ItemRead, _ objects: any MapObjects, skipping skipped: Int) throws {
        self.read = read
        self.objects = objects
        self.skipped = skipped
        format = read.format
        parameters = (try? StateValue(read.parameters)) ?? .null
    }

    private var bucket: String { parameters["Bucket"]?.string ?? "" }
    private var isListing: Bool { read.resource.hasSuffix(":listObjectsV2") }
    private var isArtifact: Bool { read.resource.hasSuffix(":getArtifact") }

    /// The next page.
    ///
    /// - Throws: ``MapObjectError``, ``LonghaulStates/ItemError``; `CancellationError`.
    mutating func next() async throws -> Page {
        var page = Page(items: [], isLast: false)
        var bytes = 0
        while !page.isLast, page.items.count < ItemPages.pageItems, bytes < ItemPages.pageBytes {
            guard let items = try await more() else {
                page.isLast = true
                break
            }
            let new = limited(items)
            bytes += new.reduce(0) { $0 + $1.json.bytes.count }
            page.items += new
            if let maxItems = read.maxItems, count >= maxItems { page.isLast = true }
        }
        return page
    }

    /// The items that are new and that the limit allows.
    private mutating func limited(_ items: [StateValue]) -> [StateValue] {
        let room = read.maxItems.map { max(0, $0 - count) } ?? items.count
        let kept = items.prefix(room)
        count += kept.count
        let left = min(skipped, kept.count)
        skipped -= left
        return Array(kept.dropFirst(left))
    }

    /// Some items; nil at the end.
    private mutating func more() async throws -> [StateValue]? {
        if isListing { return try await listing() }
        if let content, stream != nil {
            if let bytes = try await content.next() { return try stream?.append(bytes) ?? [] }
            let rest = try stream?.finish() ?? []
            stream = nil
            self.content = nil
            return rest
        }
        guard let file = try await nextFile() else { return nil }
        stream = try ItemStream(format)
        content = try await open(file)
        return []
    }

    private func open(_ file: ItemManifest.File) async throws -> any MapObjectContent {
        if isArtifact {
            return try await objects.openArtifact(file.key, of: parameters["JobId"]?.string ?? "")
        }
        return try await objects.open(bucket: file.bucket ?? bucket, key: file.key)
    }

    private mutating func nextFile() async throws -> ItemManifest.File? {
        if files == nil {
            let key = parameters[isArtifact ? "Name" : "Key"]?.string ?? ""
            let first = ItemManifest.File(bucket: nil, key: key)
            files = format.inputType == "MANIFEST" ? try await manifest(first) : [first]
        }
        guard let file = files?.first else { return nil }
        files?.removeFirst()
        return file
    }

    private mutating func manifest(_ file: ItemManifest.File) async throws -> [ItemManifest.File] {
        let content = try await open(file)
        var bytes: [UInt8] = []
        while let more = try await content.next() {
            bytes += more
            guard bytes.count <= ItemPages.maxManifestBytes else {
                throw MapObjectError("The manifest is larger than \(ItemPages.maxManifestBytes) bytes.")
            }
        }
        let manifest = try ItemManifest(bytes, type: format.manifestType)
        if let format = manifest.format {
            self.format = format
        } else {
            format = ItemFormat(
                inputType: "CSV", delimiter: format.delimiter, headerLocation: format.headerLocation,
                headers: format.headers)
        }
        return manifest.files
    }

    private mutating func listing() async throws -> [StateValue]? {
        let prefix = parameters["Prefix"]?.string ?? ""
        let objects = try await objects.list(bucket: bucket, prefix: prefix, after: listedUpTo)
        guard let last = objects.last else { return nil }
        listedUpTo = last.key
        return objects.map { object in
            .members([
                ("Etag", .string(object.etag)), ("Key", .string(object.key)),
                ("LastModified", .integer(Int(object.modifiedAt))), ("Size", .integer(Int(object.size))),
                ("StorageClass", .string("STANDARD")),
            ])
        }
    }
}
