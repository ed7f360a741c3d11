// What a test of a durable job uses beside the test's server.
@_exported public import LonghaulWorkflow
