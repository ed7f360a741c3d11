import Foundation
import LonghaulPlatform

/// The processes of the system, read from `/proc`.
enum ProcessTable {
    /// A process and its parent.
    struct Entry {
        let process: pid_t
        let parent: pid_t
        let group: pid_t
        let isZombie: Bool
    }

    /// All processes.
    static func entries() -> [Entry] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { name in pid_t(name).flatMap(entry) }
    }

    private static func entry(_ process: pid_t) -> Entry? {
        guard let data = FileManager.default.contents(atPath: "/proc/\(process)/stat"),
            // The name of the program is in parentheses and may contain any character.
            let end = data.lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        let fields = String(decoding: data[(end + 1)...], as: UTF8.self).split(separator: " ")
        guard fields.count > 2, let parent = pid_t(fields[1]), let group = pid_t(fields[2]) else {
            return nil
        }
        return Entry(process: process, parent: parent, group: group, isZombie: fields[0] == "Z")
    }

    /// Whether the environment with which the process was started has an entry with this prefix.
    static func has(_ process: pid_t, _ prefix: String) -> Bool {
        guard let data = FileManager.default.contents(atPath: "/proc/\(process)/environ") else {
            return false
        }
        return data.split(separator: 0).contains { $0.starts(with: prefix.utf8) }
    }

    /// All descendants of `root`.
    static func descendants(of root: pid_t, in entries: [Entry]) -> Set<pid_t> {
        let children = Dictionary(grouping: entries, by: \.parent)
        var found: Set<pid_t> = []
        var rest = [root]
        while let next = rest.popLast() {
            for child in children[next] ?? [] where found.insert(child.process).inserted {
                rest.append(child.process)
            }
        }
        return found
    }
}
