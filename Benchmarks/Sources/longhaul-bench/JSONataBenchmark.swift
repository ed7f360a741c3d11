import LonghaulJSON
import LonghaulJSONata

/// Evaluates each expression of standard input repeatedly for a fixed time. Benchmarks/jsonata_rates.py runs the comparison.
struct JSONataBenchmark {
    let milliseconds: Int

    func run() throws {
        while let line = readLine(strippingNewline: true) {
            let request = try JSONataValue(parsing: Array(line.utf8))
            let expression = try JSONataExpression(compiling: request["expr"]?.string ?? "")
            let input = request["input"]
            let result = try expression.evaluate(input)
            var count = 0
            let start = ContinuousClock.now
            while ContinuousClock.now - start < .milliseconds(milliseconds) {
                for _ in 0..<10 { _ = try expression.evaluate(input) }
                count += 10
            }
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            print(try text(rate: Double(count) / seconds, result: result))
        }
    }

    private func text(rate: Double, result: JSONataValue?) throws -> String {
        var writer = JSONWriter()
        let result = try result?.json() ?? .null
        writer.object { writer in
            writer.field("rate", rate)
            writer.field("result", result)
        }
        return writer.text.description
    }
}
