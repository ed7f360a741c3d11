import LonghaulJSON
import LonghaulJSONata
import Testing

/// Numbers have the text that JavaScript gives them.
@Suite struct NumberTests {
    @Test(
        arguments: [
            ("1e21", "1e+21"), ("123456789012345680000", "123456789012345680000"), ("0.000001", "0.000001"),
            ("0.0000001", "1e-7"), ("1.5e300", "1.5e+300"), ("-1.25", "-1.25"), ("100", "100"),
            ("5e-324", "5e-324"), ("0.1 + 0.2", "0.30000000000000004"), ("1/3", "0.3333333333333333"),
            ("9007199254740993", "9007199254740992"), ("-0", "0"),
            ("1.7976931348623157e308", "1.7976931348623157e+308"),
        ])
    func resultIsShortest(source: String, expected: String) throws {
        #expect(try evaluate(source) == expected)
    }

    @Test(
        arguments: [
            ("$string(0.1 + 0.2)", "0.3"), ("$string(1/3)", "0.333333333333333"),
            ("$string(22/7)", "3.14285714285714"),
            ("$string(1e100)", "1e+100"), ("$string(1e-10)", "1e-10"), ("$string([1.1, 2])", "[1.1,2]"),
        ])
    func stringHasFifteenDigits(source: String, expected: String) throws {
        #expect(try evaluate("\(source) = '\(expected)'") == "true")
    }

    @Test(
        arguments: [
            ("$round(2.5)", "2"), ("$round(3.5)", "4"), ("$round(-2.5)", "-2"), ("$round(1.005, 2)", "1"),
            ("$round(12345, -2)", "12300"), ("$formatBase(255, 16)", "\"ff\""),
            ("$formatBase(-100, 2)", "\"-1100100\""),
            ("$number('0x1F')", "31"), ("$number('0b101')", "5"), ("$number('1e3')", "1000"),
            ("-7 % 3", "-1"),
            ("$formatNumber(12345.6, '#,###.00')", "\"12,345.60\""),
            ("$formatNumber(1234.5678, '00.000e0')", "\"12.346e2\""),
            ("$formatNumber(0.14, '01%')", "\"14%\""), ("$formatNumber(-3, '0;(0)')", "\"(3)\""),
        ])
    func functionsOfNumbers(source: String, expected: String) throws {
        #expect(try evaluate(source) == expected)
    }

    @Test func numberOutOfRangeIsAnError() throws {
        #expect(try evaluationError("1e300 * 1e300 + 1")?.code == "D1001")
        #expect(try evaluationError("1 / 0")?.code == "D1001")
        #expect(try evaluationError("$power(10, 400)")?.code == "D3061")
        #expect(try evaluationError("1e308 * 10")?.code == "D1001")
        #expect(try evaluationError("$formatInteger(0/0, 'I')")?.code == "D3001")
        #expect(try evaluationError("$string(0/0)")?.code == "D3001")
    }

    /// NaN, infinity and numbers beyond the range of integers as each numeric argument.
    @Test(
        arguments: [
            "$formatNumber(N, '0')", "$formatNumber(N, '#,##0.00e0')", "$formatNumber(N, '0%')",
            "$formatInteger(N, 'I')", "$formatInteger(N, 'w')", "$formatInteger(N, 'A')",
            "$formatInteger(N, '٠')",
            "$formatInteger(N, '#,##0;o')", "$formatBase(N, 2)", "$formatBase(10, N)", "$round(1.5, N)",
            "$round(N, 2)",
            "$substring('abc', N)", "$substring('abc', 0, N)", "$pad('a', N)", "$split('a,b', ',', N)",
            "$match('aa', /a/, N)", "$replace('aa', 'a', 'b', N)", "[1, 2, 3][N]",
            "[1, 2, 3][[N]]", "[N..1]", "[1..N]",
            "$range(1, N)", "$range(N, 2, 1)", "$range(1, 2, N)", "$partition([1, 2], N)", "$fromMillis(N)",
            "$fromMillis(N, '[Y]-[W]-[w]-[x]')", "$random(N)", "$sqrt(N)", "$power(N, N)", "$floor(N)",
            "N % N",
            "$match('a', function($s) {{'match': 'a', 'start': N, 'end': N, 'next': function() { $x }}})",
        ],
        ["(0/0)", "(1/0)", "(-1/0)", "1e21", "-1e21", "1.7e308", "-1.7e308", "9223372036854775807", "5e-324"])
    func noNumberCrashes(source: String, number: String) throws {
        do {
            let result = try evaluate(source.replacing("N", with: number))
            if let result { _ = try JSONText(parsing: Array(result.utf8)) }
        } catch let error as JSONataError {
            #expect(error.code.count == 5, "\(error)")
        }
    }
}
