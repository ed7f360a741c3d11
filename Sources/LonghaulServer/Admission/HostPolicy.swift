import LonghaulHTTP

/// The hosts for which a server answers requests.
enum HostPolicy: Sendable {
    /// Without API keys: loopback addresses and `localhost`.
    case loopback
    /// With API keys: any host. A page that resolves its name to the server has no key.
    case any
    /// With API keys: loopback addresses, `localhost` and these hosts, in lower case.
    case listed(Set<String>)

    /// Whether a `Host` field names such a host.
    func allows(_ name: String) -> Bool {
        guard let authority = Self.authority(name) else { return false }
        return switch self {
        case .loopback: authority.isLoopback
        case .any: true
        case .listed(let hosts): authority.isLoopback || hosts.contains(authority.host)
        }
    }

    /// The prefix that AWS SDKs put before the host for some operations.
    private static let servicePrefix = "sync-"

    /// The host that a `Host` field names. `sync-localhost` counts as `localhost`: no site can have such a name, so none can
    /// resolve it to this server. Any other host with this prefix may be the name of another site.
    private static func authority(_ name: String) -> HTTPAuthority? {
        if name.hasPrefix(servicePrefix), let rest = HTTPAuthority(name.dropFirst(servicePrefix.count)),
            rest.isLoopback
        {
            return rest
        }
        return HTTPAuthority(name)
    }

    /// Why a host is refused, and what to do.
    var explanation: String {
        switch self {
        case .loopback:
            "without API keys the server answers only requests for localhost or a loopback address. Use "
                + "http://127.0.0.1 or http://localhost as the address, or let the proxy send \"Host: localhost\""
        case .any: "the name is malformed"
        case .listed:
            "the server answers only requests for the hosts of --allowed-host and for loopback addresses"
        }
    }
}
