import CSQLite
import CSimulatedDisk
import Testing

/// What a power failure keeps and loses.
struct PowerFailureTests {
    private static let seeds: ClosedRange<UInt64> = 1...200
    private static let page = [UInt8](repeating: 0xAA, count: 4096)

    @Test func whatWasSyncedSurvives() throws {
        for seed in Self.seeds {
            let disk = try Disk(seed: seed)
            let file = try OpenFile("/log", on: disk, kind: SQLITE_OPEN_WAL)
            #expect(file.write(Self.page, at: 100) == SQLITE_OK)
            #expect(file.sync() == SQLITE_OK)
            disk.cutPower()
            #expect(disk.contents(of: "/log") == [UInt8](repeating: 0, count: 100) + Self.page)
        }
    }

    @Test func eachSectorOfAnUnsyncedWriteSurvivesByItself() throws {
        var kept: Set<Int> = []
        for seed in Self.seeds {
            let disk = try Disk(seed: seed)
            let file = try OpenFile("/log", on: disk, kind: SQLITE_OPEN_WAL)
            _ = file.write([UInt8](repeating: 0, count: 4096), at: 0)
            _ = file.sync()
            _ = file.write(Self.page, at: 0)
            disk.cutPower()
            let contents = try #require(disk.contents(of: "/log"))
            var count = 0
            for sector in stride(from: 0, to: contents.count, by: 512) {
                let bytes = Set(contents[sector..<sector + 512])
                #expect(bytes.count == 1, "a sector is torn")
                if bytes.contains(0xAA) { count += 1 }
            }
            kept.insert(count)
        }
        #expect(kept.isSuperset(of: 0...8))
    }

    @Test func aWriteChangesNoByteBesideIt() throws {
        for seed in Self.seeds {
            let disk = try Disk(seed: seed)
            let file = try OpenFile("/log", on: disk, kind: SQLITE_OPEN_WAL)
            _ = file.write(Self.page, at: 0)
            _ = file.sync()
            _ = file.write([UInt8](repeating: 0xBB, count: 600), at: 300)
            disk.cutPower()
            let contents = try #require(disk.contents(of: "/log"))
            #expect(contents.count == 4096)
            #expect(Set(contents[..<300] + contents[900...]) == [0xAA])
        }
    }

    @Test func anUnsyncedTruncationMaySurvive() throws {
        var sizes: Set<Int> = []
        for seed in Self.seeds {
            let disk = try Disk(seed: seed)
            let file = try OpenFile("/log", on: disk, kind: SQLITE_OPEN_WAL)
            _ = file.write(Self.page, at: 0)
            _ = file.sync()
            #expect(file.truncate(to: 1000) == SQLITE_OK)
            disk.cutPower()
            sizes.insert(try #require(disk.contents(of: "/log")).count)
        }
        #expect(sizes == [1000, 4096])
    }

    @Test func aNewFileMayVanishUntilTheDirectoryIsDurable() throws {
        var vanished = 0
        for seed in Self.seeds {
            let disk = try Disk(seed: seed)
            let file = try OpenFile("/test.db", on: disk)
            _ = file.write(Self.page, at: 0)
            _ = file.sync()
            disk.cutPower()
            if disk.contents(of: "/test.db") == nil { vanished += 1 }
        }
        #expect((1..<Self.seeds.count).contains(vanished))
    }

    @Test func aFailedSyncMayLoseWritesAlthoughALaterOneSucceeds() throws {
        var lost = 0
        for seed in Self.seeds {
            let disk = try Disk(seed: seed)
            let file = try OpenFile("/log", on: disk, kind: SQLITE_OPEN_WAL)
            _ = file.sync()
            _ = file.write(Self.page, at: 0)
            disk.setFaults { $0.sync = 100_000 }
            #expect(file.sync() == IOError.sync)
            disk.setFaults { _ in }
            #expect(file.sync() == SQLITE_OK)
            #expect(file.read(4096, at: 0).bytes == Self.page)
            disk.cutPower()
            if try #require(disk.contents(of: "/log")).isEmpty { lost += 1 }
        }
        #expect((1..<Self.seeds.count).contains(lost))
    }

    @Test func theEndOfAProcessLosesNothing() throws {
        let disk = try Disk(seed: 1)
        let file = try OpenFile("/test.db", on: disk)
        _ = file.write(Self.page, at: 0)
        disk.endProcess()
        #expect(disk.contents(of: "/test.db") == Self.page)
    }

    @Test func oneSeedGivesOneOutcome() throws {
        func outcome(_ seed: UInt64) throws -> [UInt8]? {
            let disk = try Disk(seed: seed)
            let file = try OpenFile("/log", on: disk, kind: SQLITE_OPEN_WAL)
            _ = file.sync()
            for number in 0..<10 { _ = file.write(Self.page, at: Int64(number * 1000)) }
            disk.cutPower()
            return disk.contents(of: "/log")
        }
        for seed in Self.seeds { #expect(try outcome(seed) == outcome(seed)) }
        #expect(try Set(Self.seeds.map(outcome)).count > 50)
    }
}
