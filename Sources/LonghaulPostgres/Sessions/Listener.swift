import CLibPQ
import Glibc
import LonghaulConcurrency
import LonghaulCore
import Synchronization

/// The control connection: registers this server, and receives the notifications of other servers.
///
/// Notifications that are sent while there is no connection are lost. The periodic searches of the store and of the
/// engine find their changes. A server that is connected through a transaction pooler only registers.
final class Listener: Sendable {
    /// How often this server registers, in seconds.
    private static let registrationSeconds = 10.0

    private static let register = Query(
        """
        INSERT INTO longhaul.servers (id, seen_at, is_listening) VALUES ($1::bigint, now(), $2::boolean)
        ON CONFLICT (id) DO UPDATE SET seen_at = now()
        """)
    private static let isFirst = Query(
        """
        SELECT NOT EXISTS (
            SELECT FROM longhaul.servers WHERE id > 0 AND id < $1::bigint AND is_listening
            AND seen_at > now() - interval '25 seconds')
        """)
    private static let forget = Query(
        "DELETE FROM longhaul.servers WHERE id = $1::bigint OR seen_at < now() - interval '1 hour'")

    private let target: ConnectionTarget
    private let serverID: Int64
    private let key: NotificationKey
    private let remoteChanges: RemoteChanges
    private let publisher: ChangePublisher
    /// Whether the server can `LISTEN`.
    let isListening: Bool
    /// Wakes the thread when it must end. A descriptor, because the thread sleeps in `poll` together with its socket.
    private let waker: Int32
    private let isStopped = Atomic(false)
    /// Whether this server counts the changes of processes that do not report metrics.
    private let countsForOthers = Atomic(false)
    private let finished = Event<Void>()
    /// How many notifications were not signed by a server of this store, or were sent again.
    let rejected = Atomic(0)
    /// The shortest time between two looks at the store that rejected notifications cause, in seconds.
    private static let rejectedPauseSeconds = 5.0

    init(
        _ target: ConnectionTarget, serverID: Int64, key: NotificationKey, remoteChanges: RemoteChanges,
        publisher: ChangePublisher, isListening: Bool
    ) throws(LonghaulError) {
        self.target = target
        self.serverID = serverID
        self.key = key
        self.remoteChanges = remoteChanges
        self.publisher = publisher
        self.isListening = isListening
        waker = longhaul_pq_make_waker()
        guard waker >= 0 else { throw LonghaulError(.unavailable, "the system has no descriptor left") }
    }

    deinit {
        close(waker)
    }

    /// Connects, so that nothing is missed from now on, and starts the thread.
    func start() throws {
        let session = Owned(Session(target))
        try tune(session.value.use())
        if !isListening { session.value.close() }
        let started = BlockingThread.start("lh-listener") {
            if self.isListening { self.listen(session.value) } else { self.keepRegistered(session.value) }
            session.value.close()
            self.finished.fire()
        }
        guard started else { throw LonghaulError(.unavailable, "the system has no thread for the store") }
    }

    private struct Owned: @unchecked Sendable {
        let value: Session

        init(_ value: Session) {
            self.value = value
        }
    }

    /// Ends the thread.
    func stop() {
        isStopped.store(true, ordering: .releasing)
        var one: UInt64 = 1
        _ = write(waker, &one, 8)
    }

    /// Waits until the thread has ended.
    func waitUntilStopped() async {
        await finished.wait()
    }

    private func tune(_ connection: Connection) throws {
        if isListening { try connection.run(Request(Query(once: "LISTEN " + target.schema))) }
        try register(connection)
    }

    /// Registers this server. The oldest listening server counts the changes of processes that do not
    /// report metrics.
    private func register(_ connection: Connection) throws {
        try connection.run(Request(Self.register, .int8(serverID), .bool(isListening)))
        guard isListening, ServerID.counts(serverID) else { return }
        var row = try connection.run(Request(Self.isFirst, .int8(serverID))).first
        countsForOthers.store(row?.bool() ?? false, ordering: .releasing)
    }

    private func listen(_ session: Session) {
        var connection = try? session.use()
        var hearing = Hearing()
        while !isStopped.load(ordering: .acquiring) {
            do {
                let present = try session.use()
                if present !== connection {
                    try tune(present)
                    connection = present
                    recordGap()
                }
                try attend(present, &hearing)
            } catch {
                // Away: the session spaces out its attempts.
                connection = nil
                wait(nil, seconds: 0.2)
            }
        }
        if let connection, !connection.isBroken {
            _ = try? connection.run(Request(Self.forget, .int8(serverID)))
        }
    }

    /// Registers this server at intervals. It holds no connection in between.
    private func keepRegistered(_ session: Session) {
        // `start` has registered it.
        wait(nil, seconds: Self.registrationSeconds)
        while !isStopped.load(ordering: .acquiring) {
            let isRegistered = (try? register(session.use())) != nil
            session.close()
            wait(nil, seconds: isRegistered ? Self.registrationSeconds : 0.2)
        }
        _ = try? session.use().run(Request(Self.forget, .int8(serverID)))
    }

    /// What the thread remembers of notifications.
    private struct Hearing {
        var codes = HeardCodes()
        var lookedAt = -Double.infinity
    }

    /// Receives one notification, and ignores those that this server sent.
    private func hear(_ text: String, _ hearing: inout Hearing) {
        guard let notification = key.verified(text) else { return reject(&hearing) }
        guard notification.sender != serverID else { return }
        guard hearing.codes.insert(notification.code) else { return reject(&hearing) }
        guard !ChangeMessage.isSettings(notification) else { return publisher.publishSettingsChange() }
        let batch = ChangeMessage.decode(
            notification, countsForOthers: countsForOthers.load(ordering: .acquiring))
        guard !batch.changes.isEmpty else { return }
        remoteChanges.add(batch.changes)
        publisher.publishRemote(batch)
    }

    /// Counts a notification that has no valid signature, or that was sent before. A server of another version may have
    /// sent it, so the writer reads the store again, at most once in `rejectedPauseSeconds`.
    private func reject(_ hearing: inout Hearing) {
        rejected.add(1, ordering: .relaxed)
        let now = Connection.seconds()
        guard now - hearing.lookedAt >= Self.rejectedPauseSeconds else { return }
        hearing.lookedAt = now
        recordGap()
    }

    /// Makes the parts that depend on notifications read the store. The writer comes first, because the others read
    /// through it.
    private func recordGap() {
        remoteChanges.recordGap()
        publisher.publishSettingsChange()
        publisher.publish(.notifications)
    }

    /// Receives notifications until it is time to register again.
    private func attend(_ connection: Connection, _ hearing: inout Hearing) throws {
        let end = Connection.seconds() + Self.registrationSeconds
        while !isStopped.load(ordering: .acquiring) {
            // First those that came with the answer to something else.
            for notification in try connection.notifications() {
                hear(notification.payload, &hearing)
            }
            let left = end - Connection.seconds()
            guard left > 0 else { break }
            wait(connection.descriptor, seconds: left)
        }
        try register(connection)
        // A server that connects during a NOTIFY misses it, so settings are read again from time to time.
        publisher.publishSettingsChange()
    }

    /// Waits until a notification arrives, until the thread is to end, or for a time.
    private func wait(_ descriptor: Int32?, seconds: Double) {
        var entries = [pollfd(fd: waker, events: Int16(POLLIN), revents: 0)]
        if let descriptor { entries.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)) }
        _ = poll(&entries, nfds_t(entries.count), Int32(seconds * 1000) + 1)
    }
}
