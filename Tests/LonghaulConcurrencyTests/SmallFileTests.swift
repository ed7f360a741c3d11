import Glibc
import LonghaulTestSupport
import Testing

@testable import LonghaulConcurrency

/// Small files, read whole.
@Suite struct SmallFileTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func fault(_ path: String, maxBytes: Int = 10, kind: SmallFile.Kind = .regular) -> String? {
        do throws(SmallFileError) {
            _ = try SmallFile(path, maxBytes: maxBytes, kind: kind)
            return nil
        } catch {
            return error.message
        }
    }

    @Test func aFileIsReadWithItsPermissions() throws {
        try folder.write("a", "0123456789")
        let path = folder.path + "/a"
        #expect(chmod(path, 0o640) == 0)
        let file = try SmallFile(path, maxBytes: 10)
        #expect(file.bytes == Array("0123456789".utf8))
        #expect(file.permissions == 0o640)
        #expect(symlink(path, folder.path + "/link") == 0)
        #expect(try SmallFile(folder.path + "/link", maxBytes: 10).version == file.version)
    }

    @Test func aFileBeyondTheBoundIsRefused() throws {
        try folder.write("a", "0123456789a")
        #expect(fault(folder.path + "/a") == "has more than 10 bytes")
        #expect(fault("/dev/zero", kind: .any) == "has more than 10 bytes")
    }

    /// Opening a FIFO without a writer would block without limit.
    @Test func onlyARegularFileIsRead() {
        #expect(mkfifo(folder.path + "/fifo", 0o600) == 0)
        #expect(fault(folder.path + "/fifo") == "is not a regular file")
        #expect(fault(folder.path) == "is a directory")
        #expect(fault("/dev/null") == "is not a regular file")
        #expect(fault("/dev/null", kind: .any) == nil)
        #expect(fault(folder.path + "/none") == "cannot be read: No such file or directory")
    }

    @Test func aReplacedFileHasAnotherVersion() throws {
        let path = folder.path + "/a"
        try folder.write("a", "1")
        let first = try SmallFile(path, maxBytes: 10).version
        #expect(try FileVersion(of: path) == first)
        try folder.write("b", "1")
        #expect(rename(folder.path + "/b", path) == 0)
        #expect(try FileVersion(of: path) != first)
        #expect(throws: SmallFileError.self) { try FileVersion(of: folder.path + "/none") }
    }
}
