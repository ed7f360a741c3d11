/// x
public struct JSONPointer: Sendable, Hashable, CustomStringConvertible { /// x
 public var description: String { "" } }
/// x
public struct JSONFault: Sendable, Hashable { /// x
 public var pointer: JSONPointer; /// x
 public var message: String 
 /// x
 public init(pointer: JSONPointer, message: String) { self.pointer = pointer; self.message = message } }
