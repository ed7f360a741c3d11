import Testing

@testable import LonghaulWebhooks

@Suite struct WebhookDestinationsTests {
    @Test(arguments: [
        "https://example.com/a?b=c", "https://example.com:8443/", "HTTPS://Example.COM",
        "https://93.184.216.34/",
        "https://[2606:2800:220:1:248:1893:25c8:1946]:443/",
    ])
    func publicReceiversAreAccepted(_ url: String) throws {
        #expect(try WebhookDestinations().rejection(of: url) == nil)
    }

    @Test(arguments: [
        "http://example.com/", "https://example.com:22/", "https://localhost/", "https://a.localhost./",
        "https://127.0.0.1/", "https://127.1/", "https://0x7f000001/", "https://2130706433/",
        "https://017700000001/",
        "https://10.0.0.1/", "https://172.31.255.255/", "https://192.168.1.1/", "https://169.254.169.254/",
        "https://100.64.0.1/", "https://0.0.0.0/", "https://224.0.0.1/", "https://255.255.255.255/",
        "https://192.0.2.1/", "https://198.18.0.1/", "https://[::1]/", "https://[::]/", "https://[fe80::1]/",
        "https://[fd00::1]/", "https://[::ffff:10.0.0.1]/", "https://[::ffff:8.8.8.8]/",
        "https://[64:ff9b::a00:1]/",
        "https://[2002:a00:1::]/", "https://[2001:0:a00:1::]/", "https://[ff02::1]/",
        "https://[2001:db8::1]/",
        "https://user@example.com/",
    ])
    func otherReceiversAreRefused(_ url: String) throws {
        #expect(try WebhookDestinations().rejection(of: url) != nil)
    }

    @Test func addressOfANameIsCheckedBeforeTheConnection() throws {
        let destinations = try WebhookDestinations()
        #expect(destinations.rejection(of: "https://example.com/") == nil)
        #expect(destinations.rejection(of: "https://example.com/", at: "93.184.216.34") == nil)
        for address in ["10.0.0.1", "127.0.0.1", "::1", "::ffff:127.0.0.1", "fe80::1%lo", "64:ff9b::7f00:1"] {
            #expect(destinations.rejection(of: "https://example.com/", at: address) != nil, "\(address)")
        }
    }

    @Test func listedReceiversAreAccepted() throws {
        let destinations = try WebhookDestinations(
            allowing: [
                "hooks.internal", "*.corp.example", "http://plain.internal", "10.1.0.0/16", "http://[::1]",
                "http://fd00::/8",
            ].map { $0.replacing("[::1]", with: "::1") })
        for url in [
            "https://hooks.internal:9000/", "https://HOOKS.internal./", "https://a.b.corp.example/",
            "http://plain.internal:81/", "https://10.1.2.3:9000/", "http://[::1]:8000/", "http://[fd12::1]/",
        ] {
            #expect(destinations.rejection(of: url) == nil, "\(url)")
        }
        for url in ["http://10.1.2.3/", "https://10.2.0.1/", "http://[fe80::1]/"] {
            #expect(destinations.rejection(of: url) != nil, "\(url)")
        }
        // The address of a name may be in a listed range, so only the connection decides.
        for url in ["http://hooks.internal/", "http://x.corp.example/", "https://corp.example:99/"] {
            #expect(destinations.rejection(of: url) == nil, "\(url)")
            #expect(destinations.rejection(of: url, at: "192.168.0.1") != nil, "\(url)")
        }
        #expect(destinations.rejection(of: "https://hooks.internal/", at: "192.168.0.1") == nil)
        #expect(destinations.rejection(of: "https://other.example:9000/", at: "10.1.2.3") == nil)
        #expect(destinations.rejection(of: "https://other.example:9000/", at: "10.2.2.3") != nil)
        #expect(destinations.rejection(of: "http://other.example/", at: "fd00::5") == nil)
        #expect(destinations.rejection(of: "http://other.example/", at: "10.1.2.3") != nil)
    }

    @Test(arguments: [
        "", "10.0.0.0/33", "fd00::/129", "a b", "https://x", "x/y", "*.", "a*b", "1.2.3.4/", "::1/x",
    ])
    func invalidReceiverIsAnError(_ text: String) {
        #expect(throws: WebhookSettingError.self) { try WebhookDestinations(allowing: [text]) }
    }

    @Test func prefixesOfAddressesAreComparedBitByBit() throws {
        let range = try #require(AddressRange("10.64.0.0/10"))
        #expect(range.contains(try #require(IPAddress("10.127.255.255"))))
        #expect(!range.contains(try #require(IPAddress("10.128.0.0"))))
        #expect(!range.contains(try #require(IPAddress("10.63.255.255"))))
        #expect(try #require(AddressRange("0.0.0.0/0")).contains(try #require(IPAddress("8.8.8.8"))))
        #expect(!(try #require(AddressRange("0.0.0.0/0")).contains(try #require(IPAddress("::1")))))
    }
}
