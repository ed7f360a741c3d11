import CCurl
import Foundation
import Synchronization

/// The thread that owns the multi handle, and every easy handle in it. Others hand it their wishes.
final class TransferLoop: Sendable {
    private enum Wish {
        case start(Transfer)
        case cancel(Transfer)
        case resume(Transfer)
    }

    private struct State {
        var wishes: [Wish] = []
        var isStopping = false
        var hasEnded = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let configuration: HTTPClientConfiguration
    private let state = Mutex(State())
    /// Made before the thread starts and freed when it ends; only `curl_multi_wakeup` is called elsewhere,
    /// under the lock.
    private nonisolated(unsafe) let multi: UnsafeMutableRawPointer?

    init(configuration: HTTPClientConfiguration) {
        self.configuration = configuration
        multi = CurlLibrary.isReady ? curl_multi_init() : nil
        guard let multi else {
            state.withLock { $0.hasEnded = true }
            return
        }
        _ = longhaul_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, configuration.connectionsKept)
        if let most = configuration.maxConnectionsPerHost {
            _ = longhaul_curl_multi_set_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, most)
        }
    }

    /// Starts the thread, which keeps the loop alive until it is stopped.
    func start() {
        guard multi != nil else { return }
        let thread = Thread { self.run() }
        thread.name = "longhaul-http-client"
        thread.start()
    }

    func begin(_ transfer: Transfer) {
        if !wish(.start(transfer)) { transfer.finish(.closed) }
    }

    func cancel(_ transfer: Transfer) {
        wish(.cancel(transfer))
    }

    func resume(_ transfer: Transfer) {
        wish(.resume(transfer))
    }

    @discardableResult
    private func wish(_ wish: Wish) -> Bool {
        state.withLock { state in
            if state.isStopping || state.hasEnded { return false }
            state.wishes.append(wish)
            if let multi { curl_multi_wakeup(multi) }
            return true
        }
    }

    /// Asks the thread to end every transfer and itself.
    func stop() {
        state.withLock { state in
            guard !state.hasEnded else { return }
            state.isStopping = true
            if let multi { curl_multi_wakeup(multi) }
        }
    }

    /// Returns when the thread has ended.
    func waitForEnd() async {
        await withCheckedContinuation { continuation in
            let hasEnded = state.withLock { state in
                if !state.hasEnded { state.waiting.append(continuation) }
                return state.hasEnded
            }
            if hasEnded { continuation.resume() }
        }
    }

    // MARK: On the client's thread

    private func run() {
        guard let multi else { return }
        var transfers: [UnsafeMutableRawPointer: Transfer] = [:]
        while true {
            let (wishes, isStopping) = state.withLock { state in
                defer { state.wishes = [] }
                return (state.wishes, state.isStopping)
            }
            for wish in wishes { fulfil(wish, &transfers, multi) }
            if isStopping { break }
            var running: Int32 = 0
            curl_multi_perform(multi, &running)
            collect(&transfers, multi)
            curl_multi_poll(multi, nil, 0, 10_000, nil)
        }
        for transfer in transfers.values { end(transfer, .closed, &transfers, multi) }
        let waiting = state.withLock { state in
            state.hasEnded = true
            curl_multi_cleanup(multi)
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    private func fulfil(
        _ wish: Wish, _ transfers: inout [UnsafeMutableRawPointer: Transfer], _ multi: UnsafeMutableRawPointer
    ) {
        switch wish {
        case .start(let transfer):
            do throws(HTTPClientError) {
                let wire = try transfer.prepare(configuration)
                transfer.wire = wire
                guard curl_multi_add_handle(multi, wire.easy.raw) == CURLM_OK else {
                    throw HTTPClientError(.other, "libcurl does not take the transfer")
                }
                transfers[wire.easy.raw] = transfer
            } catch {
                transfer.wire = nil
                transfer.finish(error)
            }
        case .cancel(let transfer):
            end(transfer, HTTPClientError(.cancelled, "the request was cancelled"), &transfers, multi)
        case .resume(let transfer):
            if let wire = transfer.wire { curl_easy_pause(wire.easy.raw, CURLPAUSE_CONT) }
        }
    }

    /// Ends the transfers that libcurl is done with.
    private func collect(
        _ transfers: inout [UnsafeMutableRawPointer: Transfer], _ multi: UnsafeMutableRawPointer
    ) {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle,
                let transfer = transfers[easy], let wire = transfer.wire
            else { continue }
            let code = message.pointee.data.result
            let fault = code == CURLE_OK ? nil : wire.fault ?? Self.error(code, wire.easy, transfer.target)
            end(transfer, fault, &transfers, multi)
        }
    }

    private func end(
        _ transfer: Transfer, _ error: HTTPClientError?,
        _ transfers: inout [UnsafeMutableRawPointer: Transfer], _ multi: UnsafeMutableRawPointer
    ) {
        guard let wire = transfer.wire else { return }
        curl_multi_remove_handle(multi, wire.easy.raw)
        transfers[wire.easy.raw] = nil
        transfer.wire = nil
        transfer.finish(error)
    }

    private static func error(_ code: CURLcode, _ easy: EasyHandle, _ target: ClientTarget) -> HTTPClientError {
        let said = easy.errorMessage
        let text = said.isEmpty ? String(cString: curl_easy_strerror(code)) : said
        let system = easy.systemError
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST: return HTTPClientError(.cannotResolve, text)
        case CURLE_COULDNT_CONNECT:
            let reason = system == 0 ? text : String(cString: strerror(system)).lowercased()
            return HTTPClientError(.cannotConnect, "cannot connect to \(target.authority): \(reason)")
        case CURLE_OPERATION_TIMEDOUT:
            return HTTPClientError(.timedOut, "\(target.authority) did not answer in time: \(text)")
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE,
            CURLE_SSL_CERTPROBLEM:
            return HTTPClientError(.tls, "\(target.authority): \(text)")
        case CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_PARTIAL_FILE, CURLE_SEND_FAIL_REWIND:
            return HTTPClientError(.connectionLost, "the connection to \(target.authority) was lost: \(text)")
        default: return HTTPClientError(.other, "\(target.authority): \(text)")
        }
    }
}
