import Testing

@testable import LonghaulHTTP

@Suite("HTTP server: pace of bodies and answers")
struct TransferPaceTests {
    @Test("a client at the minimum rate has no time limit")
    func steady() {
        var pace = TransferPace(now: 0, total: 0, timeout: .seconds(20), rate: 500)
        for second in UInt64(1)...1_000 {
            #expect(pace.advance(to: second * 500, now: second * 1_000) > second * 1_000)
        }
    }

    @Test("fast bytes extend the time by at most one timeout")
    func burst() {
        var pace = TransferPace(now: 0, total: 0, timeout: .seconds(20), rate: 500)
        #expect(pace.advance(to: 16_000_000, now: 1_000) == 21_000)
        // Each byte per second adds two milliseconds.
        for second in UInt64(2)...20 {
            #expect(pace.advance(to: 16_000_000 + second, now: second * 1_000) < 21_100)
        }
    }

    @Test("a pause of the server extends the time")
    func pause() {
        var pace = TransferPace(now: 0, total: 0, timeout: .seconds(20), rate: 500)
        pace.skip(milliseconds: 60_000)
        #expect(pace.advance(to: 0, now: 60_000) == 80_000)
    }
}
