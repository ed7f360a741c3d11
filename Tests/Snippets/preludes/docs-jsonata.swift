let bytes: [UInt8] = stub()
