import CCurl

/// The callbacks of libcurl. Each gets a pointer to the transfer, which the client's table keeps alive.
func transfer(at context: UnsafeMutableRawPointer) -> HTTPTransfer {
    Unmanaged<HTTPTransfer>.fromOpaque(context).takeUnretainedValue()
}

func transferHeader(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context else { return 0 }
    let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
    return transfer(at: context).received(headerLine: line) ? line.count : Int(CURL_WRITEFUNC_ERROR)
}

func transferBody(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context else { return 0 }
    let body = UnsafeRawBufferPointer(start: bytes, count: size * count)
    return switch transfer(at: context).received(body: body) {
    case true?: body.count
    case false?: Int(CURL_WRITEFUNC_PAUSE)
    case nil: Int(CURL_WRITEFUNC_ERROR)
    }
}

func transferRead(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context else { return Int(CURL_READFUNC_ABORT) }
    let buffer = UnsafeMutableRawBufferPointer(start: bytes, count: size * count)
    return switch transfer(at: context).read(into: buffer) {
    case .bytes(let count)?: count
    case .end?: 0
    case .notYet?: Int(CURL_READFUNC_PAUSE)
    case nil: Int(CURL_READFUNC_ABORT)
    }
}

func transferSeek(_ context: UnsafeMutableRawPointer?, _ offset: curl_off_t, _ origin: Int32) -> Int32 {
    guard let context, offset == 0, origin == SEEK_SET else { return CURL_SEEKFUNC_FAIL }
    return transfer(at: context).upload?.rewind() == true ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL
}

func transferPreRequest(
    _ context: UnsafeMutableRawPointer?, _: UnsafeMutablePointer<CChar>?, _: UnsafeMutablePointer<CChar>?,
    _: Int32, _: Int32
) -> Int32 {
    guard let context else { return CURL_PREREQFUNC_ABORT }
    return transfer(at: context).willSend() ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
}

func transferProgress(
    _ context: UnsafeMutableRawPointer?, _: curl_off_t, _ received: curl_off_t, _: curl_off_t,
    _ sent: curl_off_t
) -> Int32 {
    if let context { transfer(at: context).moved(Int64(received + sent)) }
    return 0
}

func transferOpenSocket(
    _ context: UnsafeMutableRawPointer?, _: curlsocktype, _ address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
    guard let context, let address else { return -1 }
    let text = SocketAddress.text(at: longhaul_curl_address(address), family: address.pointee.family)
    guard transfer(at: context).mayConnect(to: text) else { return -1 }
    return longhaul_curl_open_socket(address)
}
