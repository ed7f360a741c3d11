import LonghaulPlatform

extension Exchange {
    /// Runs the handler and passes its answer to the loop. Then runs the producer of a stream.
    func run(_ request: HTTPRequest) async {
        let response = await loop.shared.handler(request)
        let prepared = prepare(response, to: request)
        loop.inbox.send(.answer(self, prepared))
        guard case .stream(_, let writer) = prepared.body, case .stream(_, let produce) = response.body else {
            return
        }
        do {
            if !isHead { try await produce(writer) }
            writer.finish(.success(()))
        } catch {
            writer.finish(.failure(error))
        }
    }

    private func prepare(_ response: HTTPResponse, to request: HTTPRequest) -> PreparedResponse {
        do throws(PreparedResponse.Fault) {
            var prepared = try PreparedResponse(response) {
                HTTPBodyWriter { [weak self] in
                    if let self { loop.inbox.send(.resume(self)) }
                }
            }
            guard case .bytes(let bytes) = prepared.body, bytes.count > Self.smallAnswer else {
                return prepared
            }
            // Other methods cannot be repeated safely, because the handler has changed state.
            let isRepeatable = request.method == "GET" || request.method == "HEAD"
            let reservation = ByteReservation(loop.shared.answers, keepsReserve: isRepeatable)
            if !isRepeatable { reservation.addAlways(bytes.count) }
            if !isRepeatable || reservation.add(bytes.count) {
                prepared.reservation = reservation
                return prepared
            }
            loop.shared.configuration.counters.count(.answerMemory)
            let detail =
                "The answers in memory have reached their maximum size (\(loop.shared.answers.limit) bytes). "
                + "Retry, or request a smaller page."
            return RequestFault(status: 503, detail: detail).response(loop.shared.configuration)
        } catch {
            return RequestFault(status: 500, detail: error.detail).response(loop.shared.configuration)
        }
    }
}
