import LonghaulConcurrency
import LonghaulCore

/// A connection that is opened at the first use, and again after it was lost, with a back-off between failed attempts.
/// One thread uses it.
final class Session {
    let target: ConnectionTarget
    private var connection: Connection?
    private var fault: PostgresError?
    private var notBefore = 0.0
    private var backoff = ExponentialBackoff(initialSeconds: 0.05, maxSeconds: 2)

    init(_ target: ConnectionTarget, connection: Connection? = nil) {
        self.target = target
        self.connection = connection
    }

    /// Whether there is a connection that is not known to be lost.
    var isConnected: Bool { connection?.isBroken == false }

    /// The connection.
    ///
    /// - Throws: the error of the latest attempt to connect, until the back-off ends.
    func use() throws(PostgresError) -> Connection {
        if let connection, !connection.isBroken { return connection }
        connection = nil
        let now = Connection.seconds()
        if let fault, now < notBefore { throw fault }
        do {
            let made = try Connection(target)
            connection = made
            fault = nil
            backoff.reset()
            return made
        } catch {
            fault = error
            notBefore = Connection.seconds() + backoff.next(random: SystemRandom().fraction())
            throw error
        }
    }

    /// Runs `body` with the connection, and again with a new one if the connection was lost before. `body` must
    /// therefore be idempotent.
    func use<Value>(_ body: (Connection) throws -> Value) throws -> Value {
        let wasThere = isConnected
        do {
            return try body(use())
        } catch let error as PostgresError where error.state == nil && wasThere && !isConnected {
            return try body(use())
        }
    }

    /// Closes the connection.
    func close() {
        connection = nil
    }
}
