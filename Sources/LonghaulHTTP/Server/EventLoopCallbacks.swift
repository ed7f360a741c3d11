import CMicroHTTPD
import LonghaulPlatform

extension longhaul_mhd_options {
    /// Sets the callbacks of libmicrohttpd, which run on the loop's thread.
    mutating func setCallbacks(of loop: EventLoop) {
        cls = Unmanaged.passUnretained(loop).toOpaque()
        accept = acceptConnection
        connection = noticeConnection
        target = noticeTarget
        unescape = leaveEscaped
        handle = handleRequest
        completed = completeRequest
        log = noticeMessage
    }
}

/// The loop of a callback, which outlives the daemon.
private func loop(_ pointer: UnsafeMutableRawPointer?) -> EventLoop? {
    pointer.map { Unmanaged<EventLoop>.fromOpaque($0).takeUnretainedValue() }
}

private func acceptConnection(
    _ cls: UnsafeMutableRawPointer?, _ address: UnsafePointer<sockaddr>?, _: socklen_t
) -> MHD_Result {
    loop(cls)?.makeRoom(for: SocketAddress.text(of: address) ?? "") == true ? .YES : .NO
}

/// Called before the library refuses a request with an HTML page.
private func noticeMessage(
    _ cls: UnsafeMutableRawPointer?, _ format: UnsafePointer<CChar>?, _ values: CVaListPointer?
) {
    guard let format, let values, strncmp(format, "Error processing request", 24) == 0 else { return }
    loop(cls)?.replaceLibraryAnswer(status: Int(longhaul_mhd_logged_status(values)))
}

/// Called at the start and the end of a connection. libmicrohttpd retains its object in between.
private func noticeConnection(
    _ cls: UnsafeMutableRawPointer?, _ handle: OpaquePointer?,
    _ context: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ event: MHD_ConnectionNotificationCode
) {
    guard let loop = loop(cls), let handle, let context else { return }
    if event == .CONNECTION_NOTIFY_STARTED {
        let connection = Connection(handle: handle, grade: loop.takeReservation())
        loop.add(connection)
        context.pointee = Unmanaged.passRetained(connection).toOpaque()
        connection.identity = loop.identities?.current
        if connection.identity?.use(in: handle) == false { connection.cut() }
    } else if let pointer = context.pointee {
        let connection = Unmanaged<Connection>.fromOpaque(pointer).takeRetainedValue()
        connection.exchange?.end(completed: false)
        loop.remove(connection)
        context.pointee = nil
    }
}

/// Called after a request line. Returns the pointer of the request.
private func noticeTarget(
    _ cls: UnsafeMutableRawPointer?, _ target: UnsafePointer<CChar>?, _ handle: OpaquePointer?
) -> UnsafeMutableRawPointer? {
    guard let loop = loop(cls), let handle, let context = longhaul_mhd_context(handle) else { return nil }
    let connection = Unmanaged<Connection>.fromOpaque(context).takeUnretainedValue()
    let exchange = Exchange(loop: loop, connection: connection, target: target)
    connection.exchange = exchange
    return Unmanaged.passRetained(exchange).toOpaque()
}

/// Prevents the decoding by the library: ``DecodedTarget`` decodes targets.
private func leaveEscaped(
    _: UnsafeMutableRawPointer?, _: OpaquePointer?, _ text: UnsafeMutablePointer<CChar>?
) -> Int {
    text.map { strlen($0) } ?? 0
}

private func handleRequest(
    _ cls: UnsafeMutableRawPointer?, _: OpaquePointer?, _ url: UnsafePointer<CChar>?,
    _ method: UnsafePointer<CChar>?, _ version: UnsafePointer<CChar>?, _ upload: UnsafePointer<CChar>?,
    _ uploadSize: UnsafeMutablePointer<Int>?, _ context: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
    guard let loop = loop(cls), !loop.isClosing, let pointer = context?.pointee, let uploadSize, let method,
        let version, let url
    else { return .NO }
    let exchange = Unmanaged<Exchange>.fromOpaque(pointer).takeUnretainedValue()
    if uploadSize.pointee > 0 {
        let bytes = UnsafeRawBufferPointer(start: upload, count: uploadSize.pointee)
        uploadSize.pointee = 0
        return exchange.receive(bytes) ? .YES : .NO
    }
    if exchange.hasBegun { return exchange.advance() ? .YES : .NO }
    exchange.begin(method: method, url: url, version: version)
    return .YES
}

private func completeRequest(
    _: UnsafeMutableRawPointer?, _: OpaquePointer?,
    _ context: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ reason: MHD_RequestTerminationCode
) {
    guard let pointer = context?.pointee else { return }
    context?.pointee = nil
    Unmanaged<Exchange>.fromOpaque(pointer).takeRetainedValue()
        .end(completed: reason == .REQUEST_TERMINATED_COMPLETED_OK)
}
