public import LonghaulStates

/// The input of an operation, and its caller.
public struct OperationInput: Sendable {
    /// The members.
    public let members: StateObject
    /// The caller.
    public let caller: OperationCaller

    /// An input.
    public init(_ members: StateObject, by caller: OperationCaller) {
        self.members = members
        self.caller = caller
    }

    /// The value of a member; nil if it is not there or null.
    public subscript(name: String) -> StateValue? {
        members[name].flatMap { $0.isNull ? nil : $0 }
    }

    /// The text of a member; nil if there is none.
    public func text(_ name: String) -> String? {
        self[name]?.string
    }

    /// The text of a member that must be there.
    ///
    /// - Throws: `ValidationException`.
    public func requiredText(_ name: String) throws(ServiceError) -> String {
        guard let text = text(name) else { throw .missing(name) }
        return text
    }

    /// The integer of a member; nil if there is none.
    public func integer(_ name: String) -> Int? {
        self[name]?.number?.int64.map { Int($0) }
    }

    /// Whether a member is there and true.
    public func isTrue(_ name: String) -> Bool {
        self[name]?.bool == true
    }
}

extension ServiceError {
    /// A member that must be there is not.
    static func missing(_ name: String) -> ServiceError {
        .invalid(
            "1 validation error detected: Value null at '\(name)' failed to satisfy constraint: "
                + "Member must not be null")
    }
}
