import Glibc
import LonghaulConcurrency

/// Reads small files, such as settings and payloads.
enum Files {
    /// The maximum length of a file, in bytes.
    private static let limit = 64 << 20

    /// Whether the path exists.
    static func exists(_ path: String) -> Bool {
        access(path, F_OK) == 0
    }

    /// The content of a file.
    ///
    /// - Throws: ``RunError`` with the message of the system.
    static func read(_ path: String) throws(RunError) -> [UInt8] {
        do throws(SmallFileError) {
            return try SmallFile(path, maxBytes: limit, kind: .any).bytes
        } catch {
            throw RunError(error.message)
        }
    }

    /// The content of standard input.
    static func readStandardInput() throws(RunError) -> [UInt8] {
        do throws(SmallFileError) {
            return try SmallFile(STDIN_FILENO, maxBytes: limit, kind: .any).bytes
        } catch {
            throw RunError(error.message)
        }
    }

    /// Creates a folder and its missing parent folders.
    static func makeFolder(_ path: String) throws(RunError) {
        var made = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/") {
            made += part + "/"
            guard mkdir(made, 0o777) == 0 || errno == EEXIST else {
                throw RunError("cannot create the folder \(made): \(systemMessage())")
            }
        }
    }

    private static func systemMessage() -> String {
        String(cString: strerror(errno))
    }
}
