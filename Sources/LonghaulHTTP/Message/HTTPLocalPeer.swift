import CMicroHTTPD

/// The process that connected to a Unix socket, as the kernel recorded it at the connection.
public struct HTTPLocalPeer: Sendable, Hashable {
    /// The user of the process.
    public let userID: UInt32
    /// The group of the process.
    public let groupID: UInt32
    /// The process; 0 if it is in a namespace that this server cannot see.
    public let processID: Int32

    /// A peer, for example for a test.
    public init(userID: UInt32, groupID: UInt32, processID: Int32) {
        self.userID = userID
        self.groupID = groupID
        self.processID = processID
    }

    /// Reads the peer of a connected Unix socket. Nil if the system does not report it.
    init?(socket: Int32) {
        var (userID, groupID, processID): (UInt32, UInt32, Int32) = (0, 0, 0)
        guard longhaul_socket_peer(socket, &userID, &groupID, &processID) == 0 else { return nil }
        self.init(userID: userID, groupID: groupID, processID: processID)
    }
}
