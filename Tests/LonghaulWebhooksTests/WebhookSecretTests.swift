import LonghaulWebhooks
import Testing

@Suite struct WebhookSecretTests {
    /// Receivers have the text, so it must not change with the version of the server.
    @Test(arguments: [
        (UInt8(0), "whsec_0t8lL34GbYbPz+1dygBiartpE+LSpsOc+KpO93qPurY="),
        (UInt8(1), "whsec_iOTJ+dxXTdhTDJ5Gtn5FiyyUQX/BC23yOAwp+LDxCIA="),
    ])
    func secretOfAStoreIsDerivedFromItsBytes(_ byte: UInt8, _ text: String) throws {
        let secret = WebhookSecret(ofStore: [UInt8](repeating: byte, count: 32))
        #expect(secret.text == text)
        #expect(try WebhookSecret(text) == secret)
    }
}
