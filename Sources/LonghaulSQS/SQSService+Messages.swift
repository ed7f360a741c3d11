import LonghaulAWS
import LonghaulCore
import LonghaulJSON

/// Messages: sent, received, deleted and returned, at most ten in a request.
extension SQSService {
    /// Sends the IDs of jobs.
    ///
    /// - Throws: ``AWSError`` unless SQS has accepted all of them.
    func send(_ entries: ArraySlice<QueueEntry>, to place: SQSPlace) async throws(AWSError) {
        try await withURL(of: place) { name, url throws(AWSError) in
            let answer = try await call("SendMessageBatch", on: name) { writer in
                writer.field("QueueUrl", url)
                writer.array("Entries") { writer in
                    for (number, entry) in entries.enumerated() {
                        writer.object { writer in
                            writer.field("Id", "\(number)")
                            writer.field("MessageBody", SQSMessage.body(entry))
                        }
                    }
                }
            }
            if let failure = answer?["Failed"]?.elements.first {
                throw error(of: failure, "SendMessageBatch", name)
            }
        }
    }

    /// Receives messages.
    ///
    /// - Parameters:
    ///   - limit: the maximum number of messages, at most ``batchSize``.
    ///   - waitSeconds: how long SQS waits for the first message; 0 to answer at once.
    ///   - hides: whether the messages are hidden from other receivers.
    func receive(
        _ place: SQSPlace, limit: Int, waitSeconds: Int, hides: Bool = true
    ) async throws(AWSError) -> [Message] {
        try await withURL(of: place) { name, url throws(AWSError) in
            let answer = try await call(
                "ReceiveMessage", on: name, waitSeconds: waitSeconds, maxAttempts: waitSeconds == 0 ? 2 : 1
            ) { writer in
                writer.field("QueueUrl", url)
                writer.field("MaxNumberOfMessages", limit)
                writer.field("WaitTimeSeconds", waitSeconds)
                writer.field("VisibilityTimeout", hides ? Self.visibilitySeconds : 0)
            }
            return (answer?["Messages"]?.elements ?? []).compactMap { message in
                guard let receipt = message["ReceiptHandle"]?.string else { return nil }
                return Message(body: message["Body"]?.string ?? "", receipt: receipt)
            }
        }
    }

    /// Deletes messages. A receipt that is no longer valid has no effect: SQS delivers the message again.
    func delete(_ receipts: ArraySlice<String>, from place: SQSPlace) async throws(AWSError) {
        try await change("DeleteMessageBatch", receipts, of: place)
    }

    /// Shows messages to all servers again.
    func release(
        _ receipts: ArraySlice<String>, to place: SQSPlace, maxAttempts: Int = 2
    ) async throws(AWSError) {
        try await change("ChangeMessageVisibilityBatch", receipts, of: place, maxAttempts) { writer in
            writer.field("VisibilityTimeout", 0)
        }
    }

    private func change(
        _ action: String, _ receipts: ArraySlice<String>, of place: SQSPlace, _ maxAttempts: Int = 2,
        _ more: (inout JSONWriter) -> Void = { _ in }
    ) async throws(AWSError) {
        try await withURL(of: place) { name, url throws(AWSError) in
            let answer = try await call(action, on: name, maxAttempts: maxAttempts) { writer in
                writer.field("QueueUrl", url)
                writer.array("Entries") { writer in
                    for (number, receipt) in receipts.enumerated() {
                        writer.object { writer in
                            writer.field("Id", "\(number)")
                            writer.field("ReceiptHandle", receipt)
                            more(&writer)
                        }
                    }
                }
            }
            // The sender's faults are receipts that are no longer valid.
            let failure = answer?["Failed"]?.elements.first { $0["SenderFault"]?.bool == false }
            if let failure { throw error(of: failure, action, name) }
        }
    }

    /// Moves a message that contains no ID to the queue of unreadable messages.
    func moveUnreadable(_ message: Message, from place: SQSPlace) async throws(AWSError) {
        try await withUnreadableURL { url throws(AWSError) in
            _ = try await call("SendMessage", on: names.unreadable) { writer in
                writer.field("QueueUrl", url)
                writer.field("MessageBody", message.body)
            }
        }
        try await delete([message.receipt], from: place)
    }

    private func error(of entry: JSONNode, _ action: String, _ name: String) -> AWSError {
        let code = entry["Code"]?.string ?? "unknown error"
        return AWSError(
            .unavailable, "sqs:\(action) on the queue \"\(name)\" refused a message (\(code))", code: code)
    }
}
