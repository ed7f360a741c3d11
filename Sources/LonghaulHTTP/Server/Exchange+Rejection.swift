extension Exchange {
    /// Answers a request without its handler.
    func refuse(_ fault: RequestFault) {
        if let reason = fault.reason { loop.shared.configuration.counters.count(reason) }
        let response = fault.response(loop.shared.configuration)
        let error = fault.status == 413 ? HTTPBodyError.tooLarge(limit: limit) : .disconnected
        channel?.finish(.failure(error))
        task?.cancel()
        if fault.hasBody || channel != nil {
            cut(response)
        } else {
            queue(response, closes: true)
        }
    }

    /// Handles a passed deadline: answers 408 if that is still possible.
    func expire() {
        switch phase {
        case .head, .collecting, .streaming, .draining:
            if case .draining(let response) = phase { response.discard() }
            refuse(
                RequestFault(
                    status: 408, detail: "The request took too long to arrive.", hasBody: true,
                    reason: .slowRequest))
            connection?.cut()
        case .offered, .handling, .responding, .cut, .aborted:
            connection?.cut()
        }
    }

    /// Called after an answer that bypassed libmicrohttpd, which then closes the connection.
    func giveUp() {
        phase = .aborted
    }

    /// Reserves the memory of a body before its handler reads it. Only small bodies of known length may use the last quarter
    /// of the budget, so that the server receives heartbeats while large bodies arrive.
    func reserveBody() throws(RequestFault) {
        guard length != 0 else { return }
        let isSmall = length.map { $0 <= UInt64(Self.collectedLimit) } ?? false
        let reservation = ByteReservation(loop.shared.bodies, keepsReserve: !isSmall)
        let count = min(length ?? .max, UInt64(RequestBodyChannel.capacity))
        guard reservation.add(Int(count)) else {
            let detail =
                "The request bodies in memory have reached their maximum size (\(loop.shared.bodies.limit) bytes). Retry later."
            throw RequestFault(status: 503, detail: detail, hasBody: true, reason: .bodyMemory)
        }
        bodyReservation = reservation
    }
}
