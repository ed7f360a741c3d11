import Testing

@testable import LonghaulHTTP

@Suite("HTTP server: limits of connections")
struct ConnectionCounterTests {
    /// A counter of at most four connections, three of them from one address.
    private let counter: ConnectionCounter

    init() {
        var configuration = HTTPServerConfiguration()
        configuration.maxConnections = 4
        configuration.maxConnectionsPerAddress = 3
        counter = ConnectionCounter(configuration)
    }

    private func add(_ address: String, replacing number: Int = 0) -> HTTPConnectionClass? {
        let surplus = counter.add(address)
        for _ in 0..<number { counter.remove(address) }
        return counter.grade(address, hasReplaced: max(surplus.ofAddress, surplus.ofServer) <= number)
    }

    @Test("connections beyond the limits use the reserve, and then are rejected")
    func grades() {
        #expect((0..<3).map { _ in add("a") } == [.ordinary, .ordinary, .ordinary])
        #expect(add("a") == .reserved)
        #expect(add("b") == .reserved)
        let more = (0..<100).map { _ in add("b") }
        #expect(more.prefix(7).allSatisfy { $0 == .reserved })
        #expect(more.dropFirst(7).prefix(64).allSatisfy { $0 == .lastReserve })
        #expect(more.dropFirst(71).allSatisfy { $0 == nil })
    }

    @Test("a connection that replaces an idle one is ordinary")
    func replacement() {
        for _ in 0..<3 { _ = add("a") }
        #expect(add("a", replacing: 1) == .ordinary)
        #expect(add("a") == .reserved)
    }

    @Test("connections that two loops accept at the same moment make room for both, and both are ordinary")
    func simultaneous() {
        for _ in 0..<2 { _ = add("a") }
        let (first, second) = (counter.add("a"), counter.add("a"))
        #expect(first == .init(ofAddress: 0, ofServer: 0))
        #expect(second == .init(ofAddress: 1, ofServer: 0))
        // The first connection is graded before the second one has made room.
        #expect(counter.grade("a", hasReplaced: true) == .ordinary)
        counter.remove("a")
        #expect(counter.grade("a", hasReplaced: true) == .ordinary)
        #expect(counter.add("b") == .init(ofAddress: 0, ofServer: 0))
        #expect(counter.add("b") == .init(ofAddress: 0, ofServer: 1))
    }
}
