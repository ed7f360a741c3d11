import LonghaulCore
import LonghaulJSON
import Testing

/// The text of API keys.
@Suite struct APIKeyTextTests {
    @Test func aNewKeyIsParsedAgain() throws {
        let key = APIKeyText(environment: "test")
        let parsed = try #require(APIKeyText(key.text))
        #expect(parsed == key && parsed.environment == "test" && APIKeyText.isID(parsed.id))
        #expect(key.text.hasPrefix("lh_test_\(key.id)_"))
        #expect(key.text.split(separator: "_").last?.count == 49)
        #expect(APIKeyText() != APIKeyText())
    }

    @Test func aChangedKeyIsRefusedByItsChecksum() {
        let text = Array(APIKeyText().text)
        for index in text.indices where text[index] != "_" {
            var other = text
            other[index] = other[index] == "a" ? "b" : "a"
            #expect(APIKeyText(String(other)) == nil, "\(index)")
        }
        #expect(APIKeyText(String(text.dropLast())) == nil)
        #expect(APIKeyText(String(text) + "a") == nil)
        for other in [
            "", "lh", "lh_live", "lh_live_0123456789abcdef_", String(repeating: "lh_", count: 1000),
        ] {
            #expect(APIKeyText(other) == nil, "\(other.prefix(20))")
        }
    }

    /// A key of version 1 of the format, which all later versions accept.
    @Test func theFormatStays() throws {
        let key = APIKeyText(environment: "live", random: SeededRandom(seed: 1))
        #expect(key.text == "lh_live_910a2dec89025cc1_foIdbHn4WNoqcNBF4qKA7pzv1NUM1p42LKBF9fysTko3jnAMo")
        #expect(
            SHA256.hexadecimal(key.digest)
                == "95e1d61412c1d0998718aea0b334478c6917b20767f4f2ba747a96de154dfcd6")
    }

    @Test func aKeyMatchesItsDigestAlone() {
        let key = APIKeyText()
        #expect(key.matches(key.digest))
        #expect(!key.matches(APIKeyText().digest))
        #expect(!key.matches([]) && !key.matches(Array(key.digest.dropLast())))
    }

    @Test func environmentsAreShortWords() {
        for (text, isValid) in [("live", true), ("a1", true), ("", false), ("Live", false), ("a_b", false)] {
            #expect(APIKeyText.isEnvironment(text) == isValid, "\(text)")
        }
        #expect(!APIKeyText.isEnvironment(String(repeating: "a", count: 17)))
    }
}

/// Sealed bytes.
@Suite struct SealedBoxTests {
    @Test func onlyTheKeyOpensAnUnchangedBox() {
        let (key, other) = (SealedBox.newKey(), SealedBox.newKey())
        let text = Array("a session".utf8)
        let box = SealedBox.seal(text, key: key)
        #expect(SealedBox.open(box, key: key) == text)
        #expect(SealedBox.open(box, key: other) == nil)
        for index in box.indices {
            var changed = box
            changed[index] ^= 1
            #expect(SealedBox.open(changed, key: key) == nil, "\(index)")
        }
        #expect(SealedBox.open(Array(box.dropLast()), key: key) == nil)
        #expect(SealedBox.open([], key: key) == nil)
        #expect(SealedBox.seal(text, key: key) != box)
    }
}

/// The rights of keys.
@Suite struct KeyGrantTests {
    private let limited = KeyGrant(scopes: [.jobsSubmit], queues: ["mail*", "video"], kinds: ["*.send"])

    @Test func adminIncludesEveryScope() {
        for scope in KeyScope.allCases {
            #expect(KeyGrant.everything.includes(scope))
            #expect(limited.includes(scope) == (scope == .jobsSubmit))
        }
    }

    @Test func patternsLimitQueuesAndKinds() {
        #expect(limited.covers(queue: "mail") && limited.covers(queue: "mail-fast"))
        #expect(limited.covers(queue: "video") && !limited.covers(queue: "video2"))
        #expect(limited.covers(kind: "mail.send") && !limited.covers(kind: "mail.sent"))
        #expect(!limited.covers(JobSpec(kind: "mail.send", queue: "other")))
        #expect(KeyGrant.everything.covers(queue: "any") && KeyGrant.everything.covers(kind: "any"))
    }

    @Test func aLimitedKeyMustNameItsKindsToLeaseJobs() throws {
        var request = LeaseRequest(worker: WorkerInfo(id: "w"))
        request.queues = ["mail"]
        #expect(throws: LonghaulError.self) { try limited.require(request) }
        request.kinds = ["a.send"]
        try limited.require(request)
        request.kinds.append("b")
        #expect(throws: LonghaulError.self) { try limited.require(request) }
        request.kinds = ["a.send"]
        request.queues.append("other")
        let error = #expect(throws: LonghaulError.self) { try limited.require(request) }
        #expect(error?.code == .forbidden && error?.detail.contains("\"other\"") == true)
    }

    @Test func requestsForKeysAreChecked() {
        func pointers(_ grant: KeyGrant, named name: String = "a") -> [String] {
            NewAPIKey(name: name, grant: grant).faults().map(\.pointer.description)
        }
        #expect(pointers(KeyGrant(scopes: [.work])) == [])
        #expect(pointers(KeyGrant(scopes: [.work]), named: "") == ["/name"])
        #expect(pointers(KeyGrant(scopes: [.work]), named: "anonymous") == ["/name"])
        #expect(pointers(KeyGrant(scopes: [])) == ["/scopes"])
        #expect(pointers(KeyGrant(scopes: [.admin], queues: ["a"])) == ["/scopes"])
        #expect(
            pointers(KeyGrant(scopes: [.work], queues: ["a", "b c"], kinds: [""])) == [
                "/queues/1", "/kinds/0",
            ])
        let many = [String](repeating: "a", count: 101)
        #expect(pointers(KeyGrant(scopes: [.work], queues: many)) == ["/queues"])
    }
}
