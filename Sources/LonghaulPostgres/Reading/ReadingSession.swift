import LonghaulCore
import LonghaulThreads

/// The session of a thread that reads. It connects when it is first needed.
struct ReadingSession: CallPoolMember {
    let session: Session
    /// Where the time comes from; nil for the database's own clock.
    let clock: (any TimeSource)?
    let outages: Outages
    let workers: WorkerRegistry

    func run(_ call: any Call<Reader>) {
        do {
            try session.use {
                try call.run(
                    in: Reader(connection: $0, clock: clock, outages: outages, registry: workers))
            }
            call.answer()
        } catch {
            call.fail(LonghaulError(error))
        }
    }

    func close() {
        session.close()
    }
}
