/// A value in the database that no version of the store wrote.
package struct CorruptValue: Error, CustomStringConvertible {
    /// What is wrong with it.
    package let message: String

    package init(_ message: String) {
        self.message = message
    }

    /// What is wrong with it.
    package var description: String { message }
}
