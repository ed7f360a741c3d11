import LonghaulCore
import LonghaulJSON
import LonghaulPlatform

/// Reads the output files of a program, which may be anything.
enum ProgramFiles {
    /// The result in the file at `path`; `null` if the file is missing or empty.
    ///
    /// - Throws: ``JobFailure`` `invalid_result`, not to be retried, unless it is a regular file of at most
    ///   `maxBytes` with JSON in it.
    static func result(at path: String, maxBytes: Int) throws(JobFailure) -> JSONText {
        // Without O_NONBLOCK, opening a FIFO would wait for a writer without limit.
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return .null }
            let reason = kind(of: path).map { "is \($0), not a regular file" }
            throw invalidResult(reason ?? "cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
            throw invalidResult("is \(name(ofMode: facts.st_mode)), not a regular file")
        }
        guard facts.st_size <= maxBytes else {
            throw invalidResult(
                "has \(facts.st_size) bytes, more than the maximum of \(maxBytes): "
                    + "write large output as an artifact")
        }
        let bytes = try read(descriptor, upTo: maxBytes + 1)
        guard bytes.count <= maxBytes else { throw invalidResult("has more than \(maxBytes) bytes") }
        if bytes.isEmpty { return .null }
        do {
            return try JSONText(parsing: bytes, maxDepth: ValueRule.maxDepth)
        } catch {
            throw invalidResult("is not JSON: \(error.message)")
        }
    }

    /// The sorted names of the files in the folder at `path`. Each becomes an artifact. A missing folder has none.
    ///
    /// - Throws: ``JobFailure`` `invalid_artifact`, not to be retried, naming the first entry that cannot become
    ///   one, so that no output is lost silently.
    static func artifacts(in path: String) throws(JobFailure) -> [String] {
        var artifacts: [String] = []
        for entry in try entries(of: path) {
            guard let name = String(validating: entry, as: UTF8.self) else {
                let shown = String(decoding: entry, as: UTF8.self)
                throw invalidArtifact("the name of the file \(shown) is not UTF-8")
            }
            let file = path + "/" + name
            switch try mode(of: file) & S_IFMT {
            case S_IFREG:
                if let fault = ArtifactName.fault(in: name) { throw invalidArtifact("\(name): \(fault)") }
                artifacts.append(name)
            case S_IFDIR:
                guard try holdsFiles(file) else { continue }
                throw invalidArtifact(
                    "\(name) is a folder with files, which cannot be an artifact: put the files directly into "
                        + "LONGHAUL_ARTIFACTS, or pack them into an archive; temporary files belong in TMPDIR"
                )
            case let other:
                throw invalidArtifact("\(name) is \(self.name(ofMode: other)), not a regular file")
            }
        }
        return artifacts.sorted()
    }

    private static func holdsFiles(_ path: String) throws(JobFailure) -> Bool {
        for entry in try entries(of: path) {
            let inner = path + "/" + String(decoding: entry, as: UTF8.self)
            guard String(validating: entry, as: UTF8.self) != nil, try mode(of: inner) & S_IFMT == S_IFDIR,
                try !holdsFiles(inner)
            else { return true }
        }
        return false
    }

    /// The names in a folder, as bytes.
    private static func entries(of path: String) throws(JobFailure) -> [[UInt8]] {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0, let stream = fdopendir(descriptor) else {
            if errno == ENOENT { return [] }
            throw invalidArtifact(
                "the folder LONGHAUL_ARTIFACTS cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { closedir(stream) }
        var entries: [[UInt8]] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name != Array(".".utf8), name != Array("..".utf8) { entries.append(name) }
        }
        return entries
    }

    private static func read(_ descriptor: Int32, upTo limit: Int) throws(JobFailure) -> [UInt8] {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count < limit {
            let count = LonghaulPlatform.read(descriptor, &piece, min(piece.count, limit - bytes.count))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw invalidResult("cannot be read: \(String(cString: strerror(errno)))")
            }
            if count == 0 { break }
            bytes += piece[..<count]
        }
        return bytes
    }

    private static func mode(of path: String) throws(JobFailure) -> mode_t {
        var facts = stat()
        guard lstat(path, &facts) == 0 else {
            throw invalidArtifact("\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        return facts.st_mode
    }

    private static func kind(of path: String) -> String? {
        var facts = stat()
        guard lstat(path, &facts) == 0, facts.st_mode & S_IFMT != S_IFREG else { return nil }
        return name(ofMode: facts.st_mode)
    }

    private static func name(ofMode mode: mode_t) -> String {
        switch mode & S_IFMT {
        case S_IFDIR: "a folder"
        case S_IFIFO: "a FIFO"
        case S_IFSOCK: "a socket"
        case S_IFLNK: "a symbolic link"
        case S_IFCHR, S_IFBLK: "a device"
        default: "no file"
        }
    }

    private static func invalidResult(_ reason: String) -> JobFailure {
        JobFailure(type: "invalid_result", message: "LONGHAUL_RESULT \(reason)", retryable: false)
    }

    private static func invalidArtifact(_ reason: String) -> JobFailure {
        JobFailure(type: "invalid_artifact", message: reason, retryable: false)
    }
}
