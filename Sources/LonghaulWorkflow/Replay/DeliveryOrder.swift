import LonghaulCore
import LonghaulJSON
import LonghaulWorker

/// The order in which the code receives the outcomes of operations.
///
/// At each point the code has several waits. A replay that finds all of their outcomes in the journal must choose as
/// the first run did. Without another note, that is the oldest wait. The first run chose another wait when its
/// operation ended first: it then records the choice in a marker `order/N`, in the commit of the first update that
/// follows from it. The output of the marker is a list of pairs: the number of outcomes that the code had received
/// before, and the identifier of the chosen operation.
///
/// If a crash prevents that commit, the journal has nothing that follows from the choice, and the next run may choose
/// again.
struct DeliveryOrder: Sendable {
    /// A wait whose operation has ended.
    struct Candidate: Sendable {
        /// The number of the wait.
        let number: Int
        let id: String
        /// When the operation ended; the distant future if the server does not know the outcome yet.
        let endedAt: Timestamp
    }

    /// A choice among the candidates.
    enum Choice: Sendable {
        /// No outcome can be delivered.
        case nothing
        /// The candidate of this index.
        case candidate(Int)
        /// The journal has another order than the code can have.
        case difference(OperationUpdate)
    }

    private static let name = "order of outcomes"

    /// The recorded choices by the number of outcomes before them, with the marker that has them.
    private var recorded: [Int: (id: String, marker: String)] = [:]
    private var markerCount = 0
    /// The number of outcomes that the code has received.
    private var count = 0
    /// The choices that no marker has.
    private var unwritten: [(count: Int, id: String)] = []

    /// The order that a journal records.
    init(journal: [JournalOperation]) {
        for marker in journal where marker.id.hasPrefix(OperationID.order) {
            markerCount += 1
            for pair in (try? marker.output?.decode([Pair].self)) ?? [] {
                recorded[pair.count] = (pair.id, marker.id)
            }
        }
    }

    /// Chooses the next outcome that the code receives.
    ///
    /// - Parameters:
    ///   - candidates: the waits whose operations have ended.
    ///   - oldest: the number of the oldest wait, ended or not.
    ///   - isReplaying: whether the journal has operations that follow from the choice.
    mutating func choose(among candidates: [Candidate], oldest: Int, isReplaying: Bool) -> Choice {
        if let (id, marker) = recorded[count] {
            guard let index = candidates.firstIndex(where: { $0.id == id }) else {
                return .difference(
                    OperationUpdate(
                        .start, .marker, id: marker,
                        name: "\(Self.name): the code does not wait for \(id), whose outcome comes next"))
            }
            count += 1
            return .candidate(index)
        }
        let first =
            isReplaying
            ? candidates.indices.min { candidates[$0].number < candidates[$1].number }
            : candidates.indices.min {
                (candidates[$0].endedAt, candidates[$0].number) < (
                    candidates[$1].endedAt, candidates[$1].number
                )
            }
        guard let first else { return .nothing }
        if candidates[first].number != oldest { unwritten.append((count, candidates[first].id)) }
        count += 1
        return .candidate(first)
    }

    /// The marker of the choices that the journal does not have yet; nil if there are none. The caller records it.
    mutating func takeMarker() -> OperationUpdate? {
        guard !unwritten.isEmpty else { return nil }
        markerCount += 1
        var marker = OperationUpdate(
            .start, .marker, id: "\(OperationID.order)\(markerCount)", name: Self.name)
        var writer = JSONWriter()
        writer.array { writer in
            for (count, id) in unwritten {
                writer.array { writer in
                    writer.element(count)
                    writer.element(id)
                }
            }
        }
        marker.output = writer.text
        unwritten = []
        return marker
    }

    private struct Pair: Decodable {
        let count: Int
        let id: String

        init(from decoder: any Decoder) throws {
            var container = try decoder.unkeyedContainer()
            count = try container.decode(Int.self)
            id = try container.decode(String.self)
        }
    }
}
