import Testing

@testable import LonghaulServer

@Suite struct RequestRatesTests {
    @Test func burstOfAnAddressIsTwoSecondsOfRequests() {
        let rates = RequestRates(perSecond: 2)
        let now = ContinuousClock.now
        for _ in 0..<4 { #expect(rates.secondsToWait("a", now: now) == nil) }
        #expect(rates.secondsToWait("a", now: now) == 0.5)
        #expect(rates.secondsToWait("b", now: now) == nil)
        #expect(rates.secondsToWait("a", now: now + .seconds(1)) == nil)
    }

    @Test func addressesBeyondTheMaximumShareOneBucket() {
        let rates = RequestRates(perSecond: 1)
        let now = ContinuousClock.now
        for number in 0..<RequestRates.maxAddresses {
            #expect(rates.secondsToWait("\(number)", now: now) == nil)
        }
        #expect(rates.secondsToWait("new 1", now: now) == nil)
        #expect(rates.secondsToWait("new 2", now: now) == nil)
        #expect(rates.secondsToWait("new 3", now: now) != nil)
        // A known address keeps its own bucket.
        #expect(rates.secondsToWait("0", now: now) == nil)
        // After the other addresses have been inactive for a while, a new address gets its own bucket.
        #expect(rates.secondsToWait("new 3", now: now + .seconds(3)) == nil)
        #expect(rates.secondsToWait("new 4", now: now + .seconds(3)) == nil)
        #expect(rates.secondsToWait("new 5", now: now + .seconds(3)) == nil)
    }
}
