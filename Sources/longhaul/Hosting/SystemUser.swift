import Glibc
import LonghaulCore

extension AuditSource {
    /// The user of the operating system that runs this process.
    static var systemUser: AuditSource {
        let id = getuid()
        return AuditSource(caller: "user:" + (name(of: id) ?? "\(id)"), client: "unix:\(id)")
    }

    private static func name(of id: uid_t) -> String? {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        let size = 16_384
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: size) { buffer in
            guard let base = buffer.baseAddress, getpwuid_r(id, &entry, base, size, &found) == 0,
                found != nil, let name = entry.pw_name
            else { return nil }
            return String(cString: name)
        }
    }
}
