/// The language in which a state's fields select and compute data.
public enum QueryLanguage: String, Sendable, Hashable {
    /// JSONPath with intrinsic functions.
    case jsonPath = "JSONPath"
    /// JSONata.
    case jsonata = "JSONata"
}
