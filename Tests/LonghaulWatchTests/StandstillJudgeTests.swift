import LonghaulConcurrency
import LonghaulWatch
import Testing

@Suite struct StandstillJudgeTests {
    private func sample(_ progress: UInt64, of name: String = "writer", isBusy busy: Bool = true)
        -> WorkMeter.Sample
    {
        WorkMeter.Sample(name: name, isBusy: busy, progress: progress)
    }

    @Test func aComponentWithWaitingWorkAndNoProgressStandsStill() {
        var judge = StandstillJudge(maxGapSeconds: 2)
        #expect(judge.judge([sample(5)], elapsed: 1).isEmpty)
        #expect(judge.judge([sample(5)], elapsed: 1) == ["writer": 1])
        #expect(judge.judge([sample(5)], elapsed: 1.5) == ["writer": 2.5])
        // Any progress starts the time again.
        #expect(judge.judge([sample(6)], elapsed: 1).isEmpty)
        #expect(judge.judge([sample(6)], elapsed: 1) == ["writer": 1])
    }

    @Test func aComponentWithoutWorkNeverStandsStill() {
        var judge = StandstillJudge(maxGapSeconds: 2)
        for _ in 0..<100 { #expect(judge.judge([sample(5, isBusy: false)], elapsed: 1).isEmpty) }
        #expect(judge.judge([sample(5)], elapsed: 1).isEmpty)
    }

    @Test func aLongTransactionThatProgressesDoesNotStandStill() {
        var judge = StandstillJudge(maxGapSeconds: 2)
        for step in 0..<100 { #expect(judge.judge([sample(UInt64(step))], elapsed: 1).isEmpty) }
    }

    @Test func pauseOfTheProcessRestartsTheTime() {
        var judge = StandstillJudge(maxGapSeconds: 2)
        _ = judge.judge([sample(5)], elapsed: 1)
        #expect(judge.judge([sample(5)], elapsed: 1) == ["writer": 1])
        // SIGSTOP and SIGCONT, or a machine that was suspended.
        #expect(judge.judge([sample(5)], elapsed: 3600).isEmpty)
        #expect(judge.judge([sample(5)], elapsed: 1) == ["writer": 1])
    }

    @Test func judgesEachComponentApartAndEqualNamesTogether() {
        var judge = StandstillJudge(maxGapSeconds: 2)
        _ = judge.judge(
            [sample(1, of: "a"), sample(1, of: "b"), sample(1, of: "c"), sample(1, of: "c")], elapsed: 1)
        let seconds = judge.judge(
            [sample(1, of: "a"), sample(2, of: "b"), sample(1, of: "c"), sample(2, of: "c")], elapsed: 1)
        #expect(seconds == ["a": 1])
    }

    @Test(arguments: [true, false]) func oneBusyComponentOfANameIsEnough(isFirst: Bool) {
        var judge = StandstillJudge(maxGapSeconds: 2)
        let samples = [sample(1, isBusy: isFirst), sample(1, isBusy: !isFirst)]
        _ = judge.judge(samples, elapsed: 1)
        #expect(judge.judge(samples, elapsed: 1) == ["writer": 1])
    }
}

@Suite struct WorkMeterTests {
    @Test func countsWorkAndProgress() {
        let meter = WorkMeter("test meter")
        #expect(!meter.sample.isBusy)
        meter.accept(2)
        #expect(meter.sample.isBusy)
        let before = meter.sample.progress
        meter.finish()
        #expect(meter.sample.isBusy)
        #expect(meter.sample.progress != before)
        meter.finish()
        #expect(!meter.sample.isBusy)
    }

    @Test func isReadForAsLongAsItExists() {
        func names() -> [String] { WorkMeter.all.map(\.name) }
        var meter: WorkMeter? = WorkMeter("short-lived meter")
        #expect(names().contains("short-lived meter"))
        withExtendedLifetime(meter) {}
        meter = nil
        #expect(!names().contains("short-lived meter"))
    }

    @Test func aThreadTicksTheMeterThatItAdopted() async {
        let meter = WorkMeter("adopted meter")
        let before = meter.sample.progress
        WorkMeter.tickThread()
        #expect(meter.sample.progress == before)
        await withCheckedContinuation { continuation in
            let started = BlockingThread.start("test") {
                meter.adoptThread()
                WorkMeter.tickThread()
                continuation.resume()
            }
            #expect(started)
        }
        #expect(meter.sample.progress != before)
    }
}
