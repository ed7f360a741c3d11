// What a worker's program uses beside the worker: jobs, their kinds and errors, and raw JSON.
@_exported public import LonghaulCore
@_exported public import LonghaulJSON
