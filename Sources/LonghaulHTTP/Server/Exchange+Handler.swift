import Glibc

extension Exchange {
    /// Runs the handler and hands its answer to the loop; then, of a stream, what produces it.
    func run(_ request: HTTPRequest) async {
        let response = await loop.shared.handler(request)
        let prepared = prepare(response)
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

    private func prepare(_ response: HTTPResponse) -> PreparedResponse {
        do throws(PreparedResponse.Fault) {
            return try PreparedResponse(response) {
                HTTPBodyWriter { [weak self] in
                    if let self { loop.inbox.send(.resume(self)) }
                }
            }
        } catch {
            return RequestFault(status: 500, detail: error.detail).response(loop.shared.configuration)
        }
    }
}
