import Testing

public func demo(_ x: Int) { #expect(x == 1) }
