import LonghaulConcurrency

/// The result of a request: a value, or the error that ended the request.
typealias ResponseEvent<Value: Sendable> = Event<Result<Value, HTTPClientError>>
