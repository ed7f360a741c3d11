// What a durable job uses beside its flow: kinds of jobs, their errors, and the worker that runs them.
@_exported public import LonghaulWorker
