import Foundation
import LonghaulPlatform

/// Finds the files of programs through `PATH`.
///
/// The C library's `execvp` also runs a file without `#!` as a shell script. This search is used in its place, so that
/// such a file does not start.
enum ProgramSearch {
    /// The `PATH` for a worker whose environment has none.
    static let defaultPath = "/usr/local/bin:/usr/bin:/bin"

    /// The path of a program's file: the name itself if it contains a slash, else the first executable file of that
    /// name in the absolute folders of the worker's `PATH`.
    ///
    /// - Throws: ``Spawn/Fault`` if there is none.
    static func file(of name: String) throws(Spawn.Fault) -> String {
        guard !name.contains("/") else { return name }
        var problem = ENOENT
        let path = ProcessInfo.processInfo.environment["PATH"] ?? defaultPath
        for folder in path.split(separator: ":") where folder.hasPrefix("/") {
            let file = "\(folder)/\(name)"
            var facts = stat()
            guard stat(file, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { continue }
            if access(file, X_OK) == 0 { return file }
            problem = EACCES
        }
        throw Spawn.Fault(message: "cannot start \(name): \(String(cString: strerror(problem)))")
    }
}
