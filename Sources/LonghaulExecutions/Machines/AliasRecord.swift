internal import LonghaulCore
internal import LonghaulJSON
internal import LonghaulStates

/// An alias of a state machine, as it is stored.
struct AliasRecord: Sendable, Hashable {
    /// A part of the executions that a version gets.
    struct Route: Sendable, Hashable {
        let version: Int
        /// In percent. The weights of an alias add up to 100.
        let weight: Int
    }

    let machineID: String
    let name: String
    var description: String
    /// One or two.
    var routes: [Route]
    let createdAt: Timestamp
    var updatedAt: Timestamp

    init(machineID: String, name: String, description: String, routes: [Route], createdAt: Timestamp) {
        self.machineID = machineID
        self.name = name
        self.description = description
        self.routes = routes
        self.createdAt = createdAt
        updatedAt = createdAt
    }

    static func key(_ machineID: String, _ name: String) -> RecordKey {
        RecordKey(.alias, "\(machineID)/\(name)")
    }

    init(_ record: KeyedRecord) throws(ServiceError) {
        let reader = try RecordReader(record)
        let parts = record.key.name.split(separator: "/")
        guard parts.count == 2 else { throw RecordReader.damaged(record.key) }
        machineID = String(parts[0])
        name = String(parts[1])
        description = try reader.text("description")
        routes = (reader.value["routes"]?.array ?? []).compactMap { route in
            guard let version = route["version"]?.number?.int64, let weight = route["weight"]?.number?.int64
            else { return nil }
            return Route(version: Int(version), weight: Int(weight))
        }
        createdAt = try reader.time("createdAt")
        updatedAt = try reader.time("updatedAt")
    }

    /// The write that stores the alias. The machine's record, written with it, finds concurrent changes.
    var write: RecordWrite {
        let routes = routes.map { route in
            StateValue.members([("version", .integer(route.version)), ("weight", .integer(route.weight))])
        }
        let value = StateValue.members([
            ("description", .string(description)), ("routes", .array(routes)),
            ("createdAt", .time(createdAt)),
            ("updatedAt", .time(updatedAt)),
        ])
        return RecordWrite(AliasRecord.key(machineID, name), value.json)
    }

    /// The place of the alias in lists, which are ordered by time.
    var place: String { "\(createdAt) \(name)" }

    /// Whether routes and description are equal.
    func hasContent(of other: AliasRecord) -> Bool {
        routes == other.routes && JSONString(description) == JSONString(other.description)
    }

    /// The version for an execution, by the weights.
    func version(_ random: any RandomSource) -> Int? {
        var number = Int(random.next() % 100)
        for route in routes {
            number -= route.weight
            if number < 0 { return route.version }
        }
        return routes.last?.version
    }
}
