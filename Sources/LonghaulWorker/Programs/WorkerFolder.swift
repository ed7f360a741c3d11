import Foundation
import LonghaulPlatform
import Synchronization

/// The temporary folder of this process, `longhaul-attempts-…`. Each attempt has its own folder in it.
///
/// The process holds a lock on the folder until it ends. A folder without that lock belongs to a dead worker:
/// ``removeLeftovers()`` removes it and kills the remaining programs of that worker.
final class WorkerFolder: Sendable {
    static let prefix = "longhaul-attempts-"
    /// The name of this process's folder, which is also part of the mark of its programs. A folder that is created again
    /// has the same name, because the guardian and the running programs use it.
    private static let ownName = prefix + UUID().uuidString.lowercased()
    private static let shared = Mutex<WorkerFolder?>(nil)

    let name: String
    let path: String
    private let descriptor: Int32

    /// The folder of this process. Creates it if it does not exist.
    static func current() throws -> WorkerFolder {
        let made = shared.withLock { shared -> Result<WorkerFolder, any Error> in
            if let folder = shared, folder.exists { return .success(folder) }
            let result = Result { try WorkerFolder() }
            shared = try? result.get()
            return result
        }
        return try made.get()
    }

    private init() throws {
        let parent = Self.parent
        name = Self.ownName
        path = "\(parent)/\(name)"
        // Locks the folder under a hidden name first, so that no other worker sees it unlocked.
        let hidden = "\(parent)/.\(name)"
        guard mkdir(hidden, 0o700) == 0 else { throw Self.fault("create", hidden) }
        let descriptor = open(hidden, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) == 0, rename(hidden, path) == 0 else {
            let fault = Self.fault("lock", hidden)
            if descriptor >= 0 { close(descriptor) }
            rmdir(hidden)
            throw fault
        }
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    private static var parent: String {
        let path = FileManager.default.temporaryDirectory.path
        return path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    private var exists: Bool {
        var facts = stat()
        return fstat(descriptor, &facts) == 0 && facts.st_nlink > 0
    }

    private static func fault(_ action: String, _ path: String) -> Spawn.Fault {
        Spawn.Fault(
            message: "cannot \(action) the temporary folder \(path): \(String(cString: strerror(errno)))")
    }

    // MARK: Leftovers

    /// Removes the folders of dead workers and kills their remaining programs.
    ///
    /// - Returns: the number of removed folders and of killed processes.
    static func removeLeftovers() -> (folders: Int, processes: Int) {
        var removed = (folders: 0, processes: 0)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
        for name in names where name.hasPrefix(prefix) {
            guard let descriptor = lockOfDead("\(parent)/\(name)") else { continue }
            removed.processes += killPrograms(ofFolder: name)
            try? FileManager.default.removeItem(atPath: "\(parent)/\(name)")
            removed.folders += 1
            close(descriptor)
        }
        return removed
    }

    /// Locks a folder of this user and returns the descriptor; nil if another process holds the lock.
    private static func lockOfDead(_ path: String) -> Int32? {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        var facts = stat()
        if fstat(descriptor, &facts) == 0, facts.st_uid == geteuid(),
            flock(descriptor, LOCK_EX | LOCK_NB) == 0
        {
            return descriptor
        }
        close(descriptor)
        return nil
    }

    private static func killPrograms(ofFolder name: String) -> Int {
        var killed: Set<pid_t> = []
        for _ in 0..<500 {
            let entries = ProcessTable.entries().filter { !$0.isZombie }
            let marked = entries.filter { ProcessTable.has($0.process, "\(Program.mark)=\(name)/") }
            guard !marked.isEmpty else { break }
            for entry in marked {
                let family = ProcessTable.descendants(of: entry.process, in: entries).union([entry.process])
                for process in family.subtracting([getpid()]) { kill(process, SIGKILL) }
                killed.formUnion(family)
            }
            usleep(2000)
        }
        return killed.count
    }
}
