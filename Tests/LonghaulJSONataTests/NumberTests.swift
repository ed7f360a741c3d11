import LonghaulJSON
import LonghaulJSONata
import Testing

/// Numbers look as in JavaScript.
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
    }
}
