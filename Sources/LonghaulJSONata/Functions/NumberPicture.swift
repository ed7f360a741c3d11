import Foundation

/// Formats numbers by a picture, as XPath's `format-number` does.
struct NumberPicture {
    /// The characters that have a meaning in a picture.
    struct Symbols {
        var decimal: Text = "."
        var grouping: Text = ","
        var exponent: Text = "e"
        var minus: Text = "-"
        var percent: Text = "%"
        var perMille: Text = "\u{2030}"
        var zero: Text = "0"
        var digit: Text = "#"
        var pattern: Text = ";"

        init(_ options: ObjectValue?) {
            func set(_ key: Text, _ symbol: inout Text) {
                if case .string(let text)? = options?[key] { symbol = text }
            }
            set("decimal-separator", &decimal)
            set("grouping-separator", &grouping)
            set("exponent-separator", &exponent)
            set("minus-sign", &minus)
            set("percent", &percent)
            set("per-mille", &perMille)
            set("zero-digit", &zero)
            set("digit", &digit)
            set("pattern-separator", &pattern)
        }

        func isDigit(_ unit: UInt16) -> Bool {
            guard let first = zero.units.first else { return false }
            return unit >= first && UInt32(unit) < UInt32(first) + 10
        }

        func isOptionalDigit(_ unit: UInt16) -> Bool { digit.units == [unit] }

        func isActive(_ unit: UInt16) -> Bool {
            isDigit(unit) || [decimal, exponent, grouping, digit, pattern].contains { $0.units == [unit] }
        }
    }

    private static let maxPictureLength = 1000

    /// Formats a number.
    ///
    /// - Throws: D3080 to D3093 for invalid pictures.
    static func format(
        _ number: Double, _ picture: Text, _ options: ObjectValue?, _ budget: Budget
    ) throws(Failure) -> Text {
        guard picture.count <= maxPictureLength else {
            throw Failure.limit("The picture is longer than \(maxPictureLength) characters")
        }
        try budget.steps(picture.count)
        let symbols = Symbols(options)
        let pictures = picture.split(by: symbols.pattern)
        if pictures.count > 2 { throw Failure("D3080") }
        var layouts: [NumberLayout] = []
        for picture in pictures {
            let parts = PictureParts(picture, symbols)
            if let code = parts.fault(symbols) { throw Failure(code) }
            layouts.append(NumberLayout(parts, symbols))
        }
        guard var layout = layouts.first else { throw Failure("D3085") }
        if number < 0 {
            if layouts.count > 1 {
                layout = layouts[1]
            } else {
                layout.prefix = symbols.minus + layout.prefix
            }
        }
        return layout.format(number, symbols)
    }
}

/// The parts of one sub-picture.
struct PictureParts {
    let picture: Text
    let prefix: Text
    let suffix: Text
    let active: Text
    let mantissa: Text
    let exponent: Text?
    let integer: Text
    let fraction: Text

    init(_ picture: Text, _ symbols: NumberPicture.Symbols) {
        self.picture = picture
        func isEdge(_ unit: UInt16) -> Bool { symbols.isActive(unit) && symbols.exponent.units != [unit] }
        prefix = picture.units.firstIndex(where: isEdge).map { picture.slice(0, $0) } ?? Text([])
        suffix =
            picture.units.lastIndex(where: isEdge).map { picture.slice($0 + 1, picture.count) } ?? Text([])
        active = picture.slice(prefix.count, picture.count - suffix.count)
        if let position = picture.firstIndex(of: symbols.exponent, from: prefix.count),
            position <= picture.count - suffix.count
        {
            mantissa = active.slice(0, position)
            exponent = active.slice(position + 1, active.count)
        } else {
            mantissa = active
            exponent = nil
        }
        if let position = mantissa.firstIndex(of: symbols.decimal) {
            integer = mantissa.slice(0, position)
            fraction = mantissa.slice(position + 1, mantissa.count)
        } else {
            integer = mantissa
            fraction = suffix
        }
    }

    /// The code of the last rule that the picture breaks; nil if it is valid.
    func fault(_ symbols: NumberPicture.Symbols) -> String? {
        func isRepeated(_ symbol: Text) -> Bool {
            guard let first = picture.firstIndex(of: symbol) else { return false }
            return picture.firstIndex(of: symbol, from: first + 1) != nil
        }
        func has(_ symbol: Text) -> Bool { picture.firstIndex(of: symbol) != nil }
        var code: String?
        if isRepeated(symbols.decimal) { code = "D3081" }
        if isRepeated(symbols.percent) { code = "D3082" }
        if isRepeated(symbols.perMille) { code = "D3083" }
        if has(symbols.percent), has(symbols.perMille) { code = "D3084" }
        if !mantissa.units.contains(where: { symbols.isDigit($0) || symbols.isOptionalDigit($0) }) {
            code = "D3085"
        }
        if active.units.contains(where: { !symbols.isActive($0) }) { code = "D3086" }
        if let fault = groupingFault(symbols) { code = fault }
        if has(symbols.grouping + symbols.grouping) { code = "D3089" }
        if let optional = integer.units.firstIndex(where: symbols.isOptionalDigit),
            integer.units[..<optional].contains(where: symbols.isDigit)
        {
            code = "D3090"
        }
        if let optional = fraction.units.lastIndex(where: symbols.isOptionalDigit),
            fraction.units[optional...].contains(where: symbols.isDigit)
        {
            code = "D3091"
        }
        if let exponent {
            if !exponent.isEmpty, has(symbols.percent) || has(symbols.perMille) { code = "D3092" }
            if exponent.isEmpty || !exponent.units.allSatisfy(symbols.isDigit) { code = "D3093" }
        }
        return code
    }

    private func groupingFault(_ symbols: NumberPicture.Symbols) -> String? {
        guard let position = picture.firstIndex(of: symbols.decimal) else {
            let last = integer.slice(integer.count - 1, integer.count)
            return !last.isEmpty && last == symbols.grouping ? "D3088" : nil
        }
        let isBefore = position > 0 && picture.slice(position - 1, position) == symbols.grouping
        return isBefore || picture.slice(position + 1, position + 2) == symbols.grouping ? "D3087" : nil
    }
}

/// How one sub-picture lays a number out.
struct NumberLayout {
    var prefix: Text
    private let suffix: Text
    private let picture: Text
    private let groupings: [Int]
    private let regularGrouping: Int
    private let fractionGroupings: [Int]
    private var minInteger: Int
    private let scale: Int
    private var minFraction: Int
    private var maxFraction: Int
    private var exponentSize = 0

    init(_ parts: PictureParts, _ symbols: NumberPicture.Symbols) {
        prefix = parts.prefix
        suffix = parts.suffix
        picture = parts.picture
        func digits(_ text: Text) -> Int { text.units.count(where: symbols.isDigit) }
        func places(_ text: Text) -> Int {
            text.units.count { symbols.isDigit($0) || symbols.isOptionalDigit($0) }
        }
        let separator = symbols.grouping
        var positions: [Int] = []
        var index = parts.integer.firstIndex(of: separator)
        while let position = index, !separator.isEmpty {
            positions.append(places(parts.integer.slice(position, parts.integer.count)))
            index = parts.integer.firstIndex(of: separator, from: position + 1)
        }
        groupings = positions
        regularGrouping = Grouping.interval(of: positions)
        var fractionPositions: [Int] = []
        if let position = parts.fraction.firstIndex(of: separator), !separator.isEmpty {
            fractionPositions.append(places(parts.fraction.slice(0, position)))
            var next = parts.fraction.firstIndex(of: separator, from: position + 1)
            while let position = next {
                fractionPositions.append(places(parts.fraction.slice(0, position)))
                next = parts.fraction.firstIndex(of: separator, from: position + 1)
            }
        }
        fractionGroupings = fractionPositions
        minInteger = digits(parts.integer)
        scale = minInteger
        minFraction = digits(parts.fraction)
        maxFraction = places(parts.fraction)
        let hasExponent = parts.exponent != nil
        if minInteger == 0, maxFraction == 0 {
            if hasExponent {
                minFraction = 1
                maxFraction = 1
            } else {
                minInteger = 1
            }
        }
        if hasExponent, minInteger == 0, parts.integer.units.contains(where: symbols.isOptionalDigit) {
            minInteger = 1
        }
        if minInteger == 0, minFraction == 0 { minFraction = 1 }
        exponentSize = parts.exponent.map(digits) ?? 0
    }

    /// Formats a number whose sign is in the prefix.
    func format(_ number: Double, _ symbols: NumberPicture.Symbols) -> Text {
        var mantissa = number
        if picture.firstIndex(of: symbols.percent) != nil {
            mantissa *= 100
        } else if picture.firstIndex(of: symbols.perMille) != nil {
            mantissa *= 1000
        }
        var exponent: Int?
        if exponentSize > 0 { exponent = scaleMantissa(&mantissa) }
        let rounded = Rounding.halfToEven(mantissa, decimals: Double(maxFraction))
        var text = digits(rounded, decimals: maxFraction, symbols)
        if let dot = text.firstIndex(of: ".") {
            text = text.slice(0, dot) + symbols.decimal + text.slice(dot + 1, text.count)
        } else {
            text = text + symbols.decimal
        }
        text = padded(text, symbols)
        text = grouped(text, symbols)
        let point = text.firstIndex(of: symbols.decimal)
        if picture.firstIndex(of: symbols.decimal) == nil || point == text.count - 1 {
            text = text.slice(0, text.count - 1)
        }
        if let exponent {
            var power = digits(Double(exponent), decimals: 0, symbols)
            while power.count < exponentSize { power = symbols.zero + power }
            text = text + symbols.exponent + (exponent < 0 ? symbols.minus : Text([])) + power
        }
        return prefix + text + suffix
    }

    private func scaleMantissa(_ mantissa: inout Double) -> Int {
        var exponent = 0
        guard mantissa != 0, mantissa.isFinite else { return 0 }
        let most = pow(10, Double(scale))
        let least = pow(10, Double(scale - 1))
        while mantissa.magnitude < least {
            mantissa *= 10
            exponent -= 1
        }
        while mantissa.magnitude > most {
            mantissa /= 10
            exponent += 1
        }
        return exponent
    }

    private func digits(_ number: Double, decimals: Int, _ symbols: NumberPicture.Symbols) -> Text {
        let text = Text(NumberText.fixed(number.magnitude, decimals: min(decimals, 100)))
        guard let zero = symbols.zero.units.first, zero != 0x30 else { return text }
        return Text(text.units.map { (48...57).contains($0) ? $0 &- 48 &+ zero : $0 })
    }

    private func padded(_ text: Text, _ symbols: NumberPicture.Symbols) -> Text {
        let zero = symbols.zero.units.first
        var units = text.units[...]
        while let first = units.first, first == zero { units.removeFirst() }
        while let last = units.last, last == zero { units.removeLast() }
        var result = Text(units)
        let point = result.firstIndex(of: symbols.decimal) ?? -1
        let left = minInteger - point
        let right = minFraction - (result.count - point - 1)
        let zeros = { (count: Int) in Text(Array(repeating: zero ?? 0x30, count: max(0, count))) }
        result = zeros(left) + result + zeros(right)
        return result
    }

    private func grouped(_ text: Text, _ symbols: NumberPicture.Symbols) -> Text {
        var text = text
        func insert(at position: Int) {
            // Negative positions count from the end, as in JavaScript's `slice`.
            let index = position < 0 ? max(0, text.count + position) : min(position, text.count)
            text = text.slice(0, index) + symbols.grouping + text.slice(index, text.count)
        }
        var point = text.firstIndex(of: symbols.decimal) ?? -1
        if regularGrouping > 0 {
            let count = Int((Double(point - 1) / Double(regularGrouping)).rounded(.down))
            for group in stride(from: 1, through: count, by: 1) {
                insert(at: point - group * regularGrouping)
            }
        } else {
            for position in groupings {
                insert(at: point - position)
                point += 1
            }
        }
        point = text.firstIndex(of: symbols.decimal) ?? -1
        for position in fractionGroupings { insert(at: position + point + 1) }
        return text
    }

    /// Helpers for separators between groups of digits.
    enum Grouping {
        /// The distance between separators if it is always the same, otherwise zero.
        static func interval(of positions: [Int]) -> Int {
            guard var factor = positions.first else { return 0 }
            for position in positions.dropFirst() { factor = divisor(factor, position) }
            for multiple in 1...positions.count where !positions.contains(multiple * factor) { return 0 }
            return factor
        }

        private static func divisor(_ first: Int, _ second: Int) -> Int {
            second == 0 ? first : divisor(second, first % second)
        }
    }
}
