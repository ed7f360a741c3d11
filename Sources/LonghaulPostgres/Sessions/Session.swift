import LonghaulCore

/// A connection that comes back: made when it is first needed, and again after it was lost, at growing
/// distances while that fails. Belongs to one thread.
final class Session {
    /// The shortest and the longest time between two attempts, in seconds.
    private static let pauses = 0.05...2.0

    let target: ConnectionTarget
    private var connection: Connection?
    private var fault: PostgresError?
    private var notBefore = 0.0
    private var pause = Session.pauses.lowerBound

    init(_ target: ConnectionTarget, connection: Connection? = nil) {
        self.target = target
        self.connection = connection
    }

    /// Whether a connection is there, for all that is known.
    var isConnected: Bool { connection?.isBroken == false }

    /// The connection.
    ///
    /// - Throws: what the latest attempt to connect met, until it is time for the next.
    func use() throws(PostgresError) -> Connection {
        if let connection, !connection.isBroken { return connection }
        connection = nil
        let now = Connection.seconds()
        if let fault, now < notBefore { throw fault }
        do {
            let made = try Connection(target)
            connection = made
            fault = nil
            pause = Self.pauses.lowerBound
            return made
        } catch {
            fault = error
            notBefore = Connection.seconds() + pause
            pause = min(pause * 2, Self.pauses.upperBound)
            throw error
        }
    }

    /// Does something with the connection; once more, on a new one, if it turns out to have been lost before.
    /// So what is done must be fit to be done twice.
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
