import Testing

@testable import LonghaulSQLite

/// The times at which the write-ahead log is copied into the database, and the thread that does it.
struct CheckpointScheduleTests {
    private static let pages = CheckpointSchedule().pages

    @Test func shortLogIsNotCopied() {
        var schedule = CheckpointSchedule()
        #expect(schedule.step(logPages: 1, isBesideIdle: true) == nil)
        #expect(schedule.step(logPages: Self.pages - 1, isBesideIdle: true) == nil)
    }

    @Test func theOtherThreadCopiesMostAndTheWriterTheRest() {
        var schedule = CheckpointSchedule()
        #expect(schedule.step(logPages: Self.pages, isBesideIdle: true) == .startBeside)
        #expect(schedule.step(logPages: Self.pages + 10, isBesideIdle: false) == nil)
        #expect(schedule.step(logPages: Self.pages + 20, isBesideIdle: true) == .run)
        // The log starts again.
        #expect(schedule.step(logPages: 5, isBesideIdle: true) == nil)
        #expect(schedule.step(logPages: Self.pages, isBesideIdle: true) == .startBeside)
    }

    @Test func theWriterCopiesNoLargeRest() {
        var schedule = CheckpointSchedule()
        #expect(schedule.step(logPages: Self.pages, isBesideIdle: true) == .startBeside)
        let longer = Self.pages + schedule.maxPagesOfWriter + 1
        #expect(schedule.step(logPages: longer, isBesideIdle: true) == .startBeside)
        #expect(schedule.step(logPages: longer + 1, isBesideIdle: true) == .run)
    }

    @Test func aLogThatAReaderHoldsIsCopiedFurtherAfterAsManyPages() {
        var schedule = CheckpointSchedule()
        #expect(schedule.step(logPages: Self.pages, isBesideIdle: true) == .startBeside)
        #expect(schedule.step(logPages: Self.pages, isBesideIdle: true) == .run)
        #expect(schedule.step(logPages: Self.pages + 1, isBesideIdle: true) == nil)
        #expect(schedule.step(logPages: 2 * Self.pages, isBesideIdle: true) == .startBeside)
    }

    @Test func logThatRestartedDuringACheckpointIsNotCopied() {
        var schedule = CheckpointSchedule()
        #expect(schedule.step(logPages: Self.pages, isBesideIdle: true) == .startBeside)
        #expect(schedule.step(logPages: 3, isBesideIdle: true) == nil)
        #expect(schedule.step(logPages: Self.pages, isBesideIdle: true) == .startBeside)
    }
}
