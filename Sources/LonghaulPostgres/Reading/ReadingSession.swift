import LonghaulCore
import LonghaulStore

/// The session of a reading thread. It connects at the first use.
struct ReadingSession: CallPoolMember {
    let session: Session
    /// The time source; nil for the database's clock.
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
