import LonghaulHTTP
import Testing

@Suite("HTTP authority")
struct HTTPAuthorityTests {
    @Test("hosts with and without ports are read")
    func parsing() {
        #expect(HTTPAuthority("LocalHost:80").map { "\($0.host) \($0.port ?? 0)" } == "localhost 80")
        #expect(HTTPAuthority("[::1]:8080").map { "\($0.host) \($0.port ?? 0)" } == "::1 8080")
        #expect(HTTPAuthority("a.b")?.port == nil)
        for bad in [
            "", ":80", "a:", "a:b", "a:99999", "a:-1", "u@h", "a/b", "[::1", "[::1]x", "a b", "::1", "a,b",
            "[localhost]", "[127.0.0.1]", "[]", "[a]:80",
        ] {
            #expect(HTTPAuthority(bad) == nil, "\(bad)")
        }
    }

    @Test("only localhost and loopback addresses are loopback")
    func loopback() {
        for name in [
            "localhost", "LOCALHOST:1", "127.0.0.1", "127.255.0.3:80", "[::1]", "[0:0:0:0:0:0:0:1]:9",
        ] {
            #expect(HTTPAuthority(name)?.isLoopback == true, "\(name)")
        }
        for name in [
            "127.evil.example", "127.0.0.1.evil", "localhost.evil", "evil", "0.0.0.0", "[::]", "[::2]",
            "128.0.0.1",
            "127.1", "2130706433", "localhost.",
        ] {
            #expect(HTTPAuthority(name)?.isLoopback != true, "\(name)")
        }
    }
}
