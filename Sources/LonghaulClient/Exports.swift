// What a program that submits jobs uses beside the client: jobs, their options and errors, and raw JSON.
@_exported public import LonghaulCore
@_exported public import LonghaulJSON
@_exported public import struct LonghaulHTTP.HTTPClientConfiguration
@_exported public import struct LonghaulHTTP.HTTPClientError
