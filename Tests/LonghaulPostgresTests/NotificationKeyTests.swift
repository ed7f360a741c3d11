import Testing

@testable import LonghaulPostgres

/// Rejects notifications that other roles of the database forge or repeat.
struct NotificationKeyTests {
    private let key = NotificationKey(
        inner: [UInt8](repeating: 1, count: 64), outer: [UInt8](repeating: 2, count: 64))

    @Test func aSignedNotificationIsVerified() throws {
        let verified = try #require(key.verified(key.signed("settings 1 2", from: -7)))
        #expect(verified.sender == -7)
        #expect(verified.body == "settings 1 2")
        #expect(ChangeMessage.isSettings(verified))
    }

    @Test func anAlteredNotificationIsRejected() {
        let text = key.signed("[1]", from: 7)
        #expect(key.verified(text) != nil)
        #expect(key.verified(text.replacing("[1]", with: "[2]")) == nil)
        #expect(key.verified("8" + text.dropFirst()) == nil)
        #expect(key.verified("7 [1]") == nil)
        #expect(key.verified("") == nil)
        let other = NotificationKey(
            inner: [UInt8](repeating: 1, count: 64), outer: [UInt8](repeating: 3, count: 64))
        #expect(other.verified(text) == nil)
    }

    @Test func aRepeatedNotificationIsFound() throws {
        var codes = HeardCodes()
        let code = try #require(key.verified(key.signed("settings 1", from: 7))).code
        let next = try #require(key.verified(key.signed("settings 2", from: 7))).code
        let answers = [code, code, next, code].map { codes.insert($0) }
        #expect(answers == [true, false, true, false])
    }

    @Test func onlyTheLatestCodesAreRemembered() throws {
        var codes = HeardCodes(capacity: 3)
        let all = try (0..<5).map { try #require(key.verified(key.signed("\($0)", from: 7))).code }
        let new = all.map { codes.insert($0) }
        #expect(new == [true, true, true, true, true])
        let repeated = all.suffix(3).map { codes.insert($0) }
        #expect(repeated == [false, false, false])
        // The first code was dropped, because the third one replaced it.
        let later = [all[0], all[4], all[2]].map { codes.insert($0) }
        #expect(later == [true, false, true])
    }
}
