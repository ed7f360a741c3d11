internal import Synchronization

/// Parsed revisions that were used last, up to a size of their texts.
final class DefinitionCache: Sendable {
    private struct Entry {
        let revision: MachineRevision
        var lastUse: UInt64
    }

    private struct Contents {
        var entries: [RevisionKey: Entry] = [:]
        var bytes = 0
        var uses: UInt64 = 0
    }

    private let maxBytes: Int
    private let contents = Mutex(Contents())
    /// Even a small definition takes memory, and each eviction looks at all entries.
    private static let maxEntries = 256

    init(maxBytes: Int) {
        self.maxBytes = maxBytes
    }

    subscript(key: RevisionKey) -> MachineRevision? {
        contents.withLock { contents in
            guard let revision = contents.entries[key]?.revision else { return nil }
            contents.uses += 1
            contents.entries[key]?.lastUse = contents.uses
            return revision
        }
    }

    func insert(_ revision: MachineRevision) {
        contents.withLock { contents in
            contents.uses += 1
            let entry = Entry(revision: revision, lastUse: contents.uses)
            if contents.entries.updateValue(entry, forKey: revision.key) == nil {
                contents.bytes += revision.definition.utf8.count
            }
            while contents.entries.count > 1,
                contents.bytes > maxBytes || contents.entries.count > DefinitionCache.maxEntries,
                let oldest = contents.entries.min(by: { $0.value.lastUse < $1.value.lastUse })
            {
                contents.entries[oldest.key] = nil
                contents.bytes -= oldest.value.revision.definition.utf8.count
            }
        }
    }
}
