import LonghaulCore
import LonghaulFlaws

/// The changes that the engine of a server with a flaw does not notice.
///
/// The races of the engine are between its calls of the store and the changes that arrive during them. So a flaw hides the
/// changes that arrive while such a call is under way.
final class MissedChanges: @unchecked Sendable {
    /// The number of reads whose answers have not arrived.
    var reads = 0
    /// The number of maintenance rounds whose answers have not arrived.
    var rounds = 0

    /// Delays an answer during which a flaw hides changes, so that some arrive.
    func delay(_ world: World) async {
        switch world.flaw {
        case .forgottenPlan, .lateRegistration, .forgottenStart: await world.scheduler.pause(seconds: 0.3)
        default: break
        }
    }

    /// The changes that the engine notices.
    func noticed(_ batch: ChangeBatch, flaw: Flaw?) -> ChangeBatch {
        guard let flaw else { return batch }
        var batch = batch
        switch flaw {
        case .forgottenPlan where rounds > 0:
            batch.changes.removeAll { $0.state == .scheduled || $0.state == .retrying }
        case .lateRegistration where reads > 0: batch.changes.removeAll(where: \.state.isFinal)
        case .silentEndings: batch.changes.removeAll { $0.state == .failed || $0.state == .cancelled }
        case .silentRoom:
            for index in batch.changes.indices where batch.changes[index].previous == .processing {
                batch.changes[index].previous = .scheduled
            }
        case .forgottenStart where reads > 0: batch.changes.removeAll { $0.state == .processing }
        default: break
        }
        return batch
    }
}
