import Foundation

/// Numbers as English words.
enum NumberWords {
    private static let few = [
        "Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven",
        "Twelve",
        "Thirteen", "Fourteen", "Fifteen", "Sixteen", "Seventeen", "Eighteen", "Nineteen",
    ]
    private static let ordinals = [
        "Zeroth", "First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth", "Ninth",
        "Tenth",
        "Eleventh", "Twelfth", "Thirteenth", "Fourteenth", "Fifteenth", "Sixteenth", "Seventeenth",
        "Eighteenth",
        "Nineteenth",
    ]
    private static let tens = [
        "Twenty", "Thirty", "Forty", "Fifty", "Sixty", "Seventy", "Eighty", "Ninety", "Hundred",
    ]
    private static let magnitudes = ["Thousand", "Million", "Billion", "Trillion"]

    /// The words of a finite whole number that is not negative.
    static func words(_ number: Double, isOrdinal: Bool, _ budget: Budget) throws(Failure) -> String {
        try words(number, isLater: false, isOrdinal, budget)
    }

    private static func words(
        _ number: Double, isLater: Bool, _ isOrdinal: Bool, _ budget: Budget
    ) throws(Failure) -> String {
        // The rounding errors of great numbers add words to each part.
        try budget.allocate(64)
        if number <= 19 {
            let index = Int(number)
            return (isLater ? " and " : "") + (isOrdinal ? ordinals[index] : few[index])
        }
        if number < 100 {
            let word = (isLater ? " and " : "") + tens[Int(number) / 10 - 2]
            let rest = Int(number) % 10
            if rest > 0 { return word + "-" + (isOrdinal ? ordinals[rest] : few[rest]) }
            return isOrdinal ? word.dropLast() + "ieth" : word
        }
        if number < 1000 {
            let word = (isLater ? ", " : "") + few[Int(number) / 100] + " Hundred"
            return word + (try rest(Double(Int(number) % 100), isOrdinal, budget))
        }
        var magnitude = 1
        while magnitude < magnitudes.count, number >= pow(1000, Double(magnitude + 1)) { magnitude += 1 }
        let factor = pow(1000, Double(magnitude))
        let mantissa = (number / factor).rounded(.down)
        let word = try words(mantissa, isLater: false, false, budget) + " " + magnitudes[magnitude - 1]
        return (isLater ? ", " : "") + word + (try rest(number - mantissa * factor, isOrdinal, budget))
    }

    private static func rest(
        _ number: Double, _ isOrdinal: Bool, _ budget: Budget
    ) throws(Failure) -> String {
        number > 0 ? try words(number, isLater: true, isOrdinal, budget) : isOrdinal ? "th" : ""
    }

    /// The values of words in lower case.
    static let values: [String: Double] = {
        var values: [String: Double] = [:]
        for (index, word) in few.enumerated() { values[word.lowercased()] = Double(index) }
        for (index, word) in ordinals.enumerated() { values[word.lowercased()] = Double(index) }
        for (index, word) in tens.enumerated() {
            values[word.lowercased()] = Double((index + 2) * 10)
            values[word.lowercased().dropLast() + "ieth"] = Double((index + 2) * 10)
        }
        values["hundredth"] = 100
        for (index, word) in magnitudes.enumerated() {
            values[word.lowercased()] = pow(1000, Double(index + 1))
            values[word.lowercased() + "th"] = pow(1000, Double(index + 1))
        }
        return values
    }()

    /// The number that words in lower case mean; NaN if some word means nothing.
    static func number(_ text: String) -> Double {
        var segments: [Double] = [0]
        let plain = text.replacingOccurrences(of: ", ", with: " ").replacingOccurrences(
            of: " and ", with: " ")
        for word in plain.split(omittingEmptySubsequences: false, whereSeparator: { " -\\\t\n".contains($0) })
        {
            guard let value = values[String(word)] else { return .nan }
            let last = segments.removeLast()
            if value >= 100 {
                segments.append(last * value)
            } else if last >= 1000 {
                segments += [last, value]
            } else {
                segments.append(last + value)
            }
        }
        return segments.reduce(0, +)
    }
}
