import LonghaulCore
import LonghaulTestSupport
import Testing

extension JobStoreConformance {
    private static func key(
        _ number: UInt8, _ name: String, _ t: JobStoreFixture, expiresIn seconds: Double? = nil
    ) -> APIKey {
        APIKey(
            id: String(repeating: "0", count: 14) + SHA256.hexadecimal([number]), name: name,
            grant: KeyGrant(scopes: [.jobsRead, .work], queues: ["mail*"], kinds: ["a.*", "b"]),
            digest: SHA256.digest([number]), createdAt: t.time.now(), createdBy: "tests",
            expiresAt: seconds.map { t.time.now().adding(seconds: $0) })
    }

    private static func list(_ t: JobStoreFixture) async throws -> APIKeyList {
        try #require(try await t.store.keys(unlessVersion: nil))
    }

    private static func key(_ id: String, _ t: JobStoreFixture) async throws -> APIKey {
        try #require(try await list(t).keys.first { $0.id == id })
    }

    static let apiKeys: [Case] = [
        Case("an API key is stored as it was created") { t in
            #expect(try await list(t).keys.isEmpty)
            let made = try await t.store.createKey(key(1, "worker", t, expiresIn: 3600))
            #expect(made == key(1, "worker", t, expiresIn: 3600))
            #expect(try await list(t).keys == [made])
        },
        Case("the keys have a version, which every change but a use increases") { t in
            let empty = try await list(t)
            #expect(try await t.store.keys(unlessVersion: empty.version) == nil)
            let made = try await t.store.createKey(key(1, "worker", t))
            let created = try #require(try await t.store.keys(unlessVersion: empty.version))
            #expect(created.version > empty.version)
            try await t.store.recordKeyUses([made.id: t.time.now()])
            #expect(try await t.store.keys(unlessVersion: created.version) == nil)
            _ = try await t.store.revokeKey(made.id)
            let revoked = try #require(try await t.store.keys(unlessVersion: created.version))
            #expect(revoked.version > created.version)
            #expect(revoked.sessionSecret == empty.sessionSecret && empty.sessionSecret.count == 32)
        },
        Case("the name of a valid key is taken, that of an ended key is free") { t in
            let first = try await t.store.createKey(key(1, "worker", t))
            #expect(await t.code { _ = try await t.store.createKey(key(2, "worker", t)) } == .conflict)
            _ = try await t.store.revokeKey(first.id)
            _ = try await t.store.createKey(key(2, "worker", t, expiresIn: 10))
            t.time.advance(seconds: 10)
            _ = try await t.store.createKey(key(3, "worker", t))
            #expect(
                try await list(t).keys.map { $0.state(at: t.time.now()) } == [.revoked, .expired, .active])
        },
        Case("an identifier is used once") { t in
            _ = try await t.store.createKey(key(1, "worker", t))
            #expect(await t.code { _ = try await t.store.createKey(key(1, "other", t)) } == .conflict)
        },
        Case("a revoked key stays revoked at its first time") { t in
            let made = try await t.store.createKey(key(1, "worker", t))
            let moment = t.time.now()
            #expect(try await t.store.revokeKey(made.id)?.revokedAt == moment)
            t.time.advance(seconds: 5)
            #expect(try await t.store.revokeKey(made.id)?.revokedAt == moment)
            #expect(try await t.store.revokeKey("ffffffffffffffff") == nil)
        },
        Case("a rotated key has the same name and rights, and the old one ends after the overlap") { t in
            let old = try await t.store.createKey(key(1, "worker", t, expiresIn: 7200))
            let replacement = APIKeyReplacement(
                id: "abcdefabcdefabcd", digest: SHA256.digest([9]), createdBy: "admin")
            let moment = t.time.now()
            let new = try #require(
                try await t.store.rotateKey(old.id, to: replacement, overlapSeconds: 60))
            #expect(new.name == old.name && new.grant == old.grant && new.expiresAt == old.expiresAt)
            #expect(new.digest == replacement.digest && new.createdBy == "admin")
            #expect(try await key(old.id, t).expiresAt == moment.adding(seconds: 60))
            #expect(try await key(new.id, t) == new)
            t.time.advance(seconds: 60)
            let other = APIKeyReplacement(id: "abcdefabcdefabce", digest: [1], createdBy: "admin")
            #expect(
                await t.code { _ = try await t.store.rotateKey(old.id, to: other, overlapSeconds: 60) }
                    == .conflict)
            #expect(try await t.store.rotateKey("ffffffffffffffff", to: other, overlapSeconds: 1) == nil)
        },
        Case("an overlap does not extend a key") { t in
            let old = try await t.store.createKey(key(1, "worker", t, expiresIn: 30))
            let replacement = APIKeyReplacement(id: "abcdefabcdefabcd", digest: [9], createdBy: "admin")
            _ = try await t.store.rotateKey(old.id, to: replacement, overlapSeconds: 3600)
            #expect(try await key(old.id, t).expiresAt == old.expiresAt)
        },
        Case("the last use of a key only moves forward") { t in
            let made = try await t.store.createKey(key(1, "worker", t))
            let moment = t.time.now()
            try await t.store.recordKeyUses([made.id: moment, "ffffffffffffffff": moment])
            try await t.store.recordKeyUses([made.id: moment.adding(seconds: -60)])
            #expect(try await key(made.id, t).lastUsedAt == moment)
            try await t.store.recordKeyUses([made.id: moment.adding(seconds: 60)])
            #expect(try await key(made.id, t).lastUsedAt == moment.adding(seconds: 60))
        },
        Case("a key is listed for 30 days after its end, and never the last one is removed") { t in
            let old = try await t.store.createKey(key(1, "old", t))
            _ = try await t.store.revokeKey(old.id)
            t.time.advance(seconds: APIKey.endedSeconds + 1)
            #expect(try await list(t).keys.map(\.id) == [old.id])
            let new = try await t.store.createKey(key(2, "new", t))
            #expect(try await list(t).keys.map(\.id) == [new.id])
        },
    ]
}
