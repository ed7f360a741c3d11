import CBacktrace
import Glibc

/// The stacks of all threads of this process.
public enum ThreadStacks {
    /// Prepares ``lines()``. Call it once at the start.
    public static func prepare() {
        _ = longhaul_prepare_stacks()
    }

    /// The names and stacks of all threads except the caller's, with one frame per line. It takes no lock of Longhaul, because
    /// a component may hang. It allocates memory, so it blocks if another thread hangs inside `malloc`: if the process must
    /// end, call ``endProcess(afterSeconds:)`` first.
    public static func lines() -> [String] {
        let descriptor = longhaul_stacks_file()
        guard descriptor >= 0 else { return ["no stacks: the system has no memory left"] }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            bytes += piece.prefix(count)
        }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// Ends the process after this time in any case.
    public static func endProcess(afterSeconds seconds: UInt32) {
        longhaul_end_after(seconds)
    }
}
