extension Options {
    // MARK: Where a server listens

    static let listen = Option.list(
        "listen", "HOST:PORT|unix:PATH", .address, commas: true, setting: true,
        fallback: "\(ListenAddress.standard)",
        "The address and the port that the server listens on, or the path of a Unix socket; port 0 picks a free one. "
            + "May be repeated.")
    static let socketMode = Option.value(
        "socket-mode", "MODE", .fileMode, default: FileMode(bits: 0o660), setting: true,
        "The permissions of the Unix sockets of --listen, in octal.")

    // MARK: TLS of a server

    static let tlsCertificate = Option.optional(
        "tls-cert", "FILE", .text, setting: true,
        "The server's certificate chain, PEM. The server then speaks https. It reads changed files by itself."
    )
    static let tlsKey = Option.optional(
        "tls-key", "FILE", .text, setting: true, "The private key of --tls-cert, PEM.")
    static let tlsClientCA = Option.optional(
        "tls-client-ca", "FILE", .text, setting: true, fallback: "clients need no certificate",
        "The certificates of authorities, PEM. The server then accepts only clients with a certificate of one of them."
    )
    static let strictTransportSeconds = Option.value(
        "hsts-seconds", "S", .integer(0...1_000_000_000), default: 31_536_000, setting: true,
        "How long browsers use only https for the server's host name; 0 to leave it to them.")

    // MARK: TLS of a client

    static let caFile = Option.optional(
        "ca-file", "FILE", .text, setting: true, fallback: "the system's authorities alone",
        "A PEM file of further certificate authorities that the client trusts.")
    static let clientCertificate = Option.optional(
        "client-cert", "FILE", .text, setting: true, fallback: "no certificate",
        "The certificate chain, PEM, that the client presents to a server with --tls-client-ca.")
    static let clientKey = Option.optional(
        "client-key", "FILE", .text, setting: true, "The private key of --client-cert, PEM.")
}
