import LonghaulJSON
import LonghaulJSONata
import Testing

/// Picture strings of dates, times and integers.
@Suite struct DateTests {
    @Test(
        arguments: [
            ("$fromMillis(0)", "1970-01-01T00:00:00.000Z"),
            ("$fromMillis(-1)", "1969-12-31T23:59:59.999Z"),
            ("$fromMillis(951782400000, '[Y]-[M01]-[D01] [FNn] [d]')", "2000-02-29 Tuesday 60"),
            ("$fromMillis(1531310400000, '[D1o] [MNn] [Y] [h]:[m] [P]', '+0530')", "11th July 2018 5:30 pm"),
            ("$fromMillis(1531310400000, '[H01]:[m01] [z]', '-0400')", "08:00 GMT-04:00"),
            ("$fromMillis(1104537600000, '[X]-W[W01]-[F1]')", "2004-W53-6"),
            ("$fromMillis(1104537600000, '[[[Y]]]')", "[2005]"),
            ("$formatInteger(1999, 'I')", "MCMXCIX"), ("$formatInteger(28, 'A')", "AB"),
            ("$formatInteger(1234, 'w')", "one thousand, two hundred and thirty-four"),
            ("$formatInteger(21, 'Ww;o')", "Twenty-First"), ("$formatInteger(1234567, '#,##0')", "1,234,567"),
            ("$formatInteger(12, '0;o')", "12th"), ("$formatInteger(22, '0;o')", "22nd"),
        ])
    func formats(source: String, expected: String) throws {
        #expect(try evaluate(source) == "\"\(expected)\"")
    }

    @Test(
        arguments: [
            ("$toMillis('1970-01-01T00:00:00.001Z')", "1"), ("$toMillis('2000')", "946684800000"),
            ("$toMillis('2017-10-30T16:25:32.935+01:00')", "1509377132935"),
            ("$toMillis('13 May 2019', '[D] [MNn] [Y]')", "1557705600000"),
            ("$toMillis('7 pm 1/2/03', '[h] [P] [D]/[M]/[Y2,2-2]')", "-2111634000000"),
            ("$parseInteger('MCMXCIX', 'I')", "1999"), ("$parseInteger('twenty-one', 'w')", "21"),
            ("$parseInteger('1,234', '#,##0')", "1234"), ("$parseInteger('AB', 'A')", "28"),
        ])
    func parses(source: String, expected: String) throws {
        #expect(try evaluate(source) == expected)
    }

    @Test func clockIsAnOption() throws {
        let options = JSONataOptions(nowMilliseconds: 1_000_000)
        #expect(
            try evaluate("[$millis(), $now()]", options: options) == #"[1000000,"1970-01-01T00:16:40.000Z"]"#)
    }

    @Test func errorsOfPictures() throws {
        #expect(try evaluationError("$fromMillis(0, '[Y')")?.code == "D3135")
        #expect(try evaluationError("$fromMillis(0, '[q]')")?.code == "D3132")
        #expect(try evaluationError("$toMillis('nonsense')")?.code == "D3110")
        #expect(try evaluationError("$toMillis('2018-W28-1', '[X]-W[W]-[F1]')")?.code == "D3136")
        #expect(try evaluationError("$formatInteger(1, 'x')")?.code == "D3130")
    }
}
