import LonghaulExecutions
import Testing

/// ARNs.
struct NameTests {
    let names = ResourceNames(account: "000000000000", region: "us-east-1")

    @Test(arguments: [
        ("stateMachine:orders", ResourceName.machine("orders")),
        ("stateMachine:orders/each", .map(machine: "orders", label: "each")),
        ("stateMachine:orders:3", .version(machine: "orders", number: 3)),
        ("stateMachine:orders:live", .alias(machine: "orders", name: "live")),
        ("stateMachine:\u{301}x:\u{301}live", .alias(machine: "\u{301}x", name: "\u{301}live")),
        ("activity:stamp", .activity("stamp")),
        ("execution:orders:one", .execution(machine: "orders", label: nil, name: "one")),
        ("execution:orders/each:one", .execution(machine: "orders", label: "each", name: "one")),
        ("express:orders:one:7", .expressExecution(machine: "orders", label: nil, name: "one", id: "7")),
        ("mapRun:orders/each:8", .mapRun(machine: "orders", label: "each", id: "8")),
    ])
    func arnIsReadAndMade(path: String, name: ResourceName) throws {
        let arn = "arn:aws:states:us-east-1:000000000000:" + path
        #expect(try names.name(arn) == name)
        #expect(names.arn(name) == arn)
    }

    @Test(arguments: [
        "", "orders", "arn:aws:states:us-east-1:000000000000", "arn:aws:states:us-east-1:000000000000:",
        "arn:aws:states:us-east-1:000000000000:stateMachine",
        "arn:aws:states:us-east-1:000000000000:stateMachine:",
        "arn:aws:states:us-east-1:000000000000:stateMachine:orders:",
        "arn:aws:states:us-east-1:000000000000:stateMachine:orders:01",
        "arn:aws:states:us-east-1:000000000000:stateMachine:orders:0",
        "arn:aws:states:us-east-1:000000000000:stateMachine:orders:99999999999999999999",
        "arn:aws:states:us-east-1:000000000000:stateMachine:orders:1:2",
        "arn:aws:states:us-east-1:000000000000:stateMachine:/each",
        "arn:aws:states:us-east-1:000000000000:activity:a:b",
        "arn:aws:states:us-east-1:000000000000:mapRun:orders:8",
        "arn:aws:states:us-east-1:000000000000:execution:orders", "arn:aws:sqs:us-east-1:000000000000:orders",
        "arn:aws:states:eu-west-1:000000000000:stateMachine:orders",
        "arn:aws:states:us-east-1:111111111111:stateMachine:orders",
    ])
    func otherTextIsRefused(arn: String) {
        #expect(performing: { try names.name(arn) }, throws: { ($0 as? ServiceError)?.type == "InvalidArn" })
    }
}
