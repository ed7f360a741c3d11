import LonghaulConcurrency
import Testing

struct WorkMeterTests {
    @Test func meterIsBusyUntilTheLastPieceOfWorkIsDone() {
        let meter = WorkMeter("meter of a test")
        #expect(!meter.sample.isBusy)
        meter.accept(3)
        meter.finish()
        #expect(meter.sample.isBusy)
        meter.finish(2)
        #expect(!meter.sample.isBusy)
    }

    @Test func finishedWorkAndTicksAreProgress() {
        let meter = WorkMeter("meter of a test")
        meter.accept(2)
        var seen: Set<UInt64> = [meter.sample.progress]
        meter.finish()
        #expect(seen.insert(meter.sample.progress).inserted)
        meter.tick()
        #expect(seen.insert(meter.sample.progress).inserted)
        meter.finish()
        #expect(seen.insert(meter.sample.progress).inserted)
    }

    @Test func aMeterIsListedUntilItIsReleased() {
        let name = "meter that comes and goes"
        var meter: WorkMeter? = WorkMeter(name)
        #expect(WorkMeter.all.contains { $0.name == name })
        #expect(meter != nil)
        meter = nil
        #expect(!WorkMeter.all.contains { $0.name == name })
    }
}
