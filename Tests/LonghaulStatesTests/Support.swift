import Foundation
import LonghaulJSON
import LonghaulStates
import Testing

/// A value from its JSON text.
func json(_ text: String) throws -> StateValue {
    try StateValue(parsing: text)
}

/// The lines of a file of recorded cases.
func cases(_ name: String) throws -> [StateValue] {
    let folder = try #require(Bundle.module.resourceURL).appendingPathComponent("Cases")
    let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    return try text.split(separator: "\n").map { try StateValue(parsing: String($0)) }
}

extension StateValue {
    /// The value as JSON text.
    var text: String { json.description }
}
