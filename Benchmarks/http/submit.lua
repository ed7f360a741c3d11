-- One durable submission per request, as a client of the API sends it.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"kind":"bench.noop","payload":{"source":"https://example.com/a.jpg","width":640},"queue":"bench"}'

done = function(summary, latency, requests)
    io.write(string.format('{"rate": %.1f, "p50_ms": %.3f, "p99_ms": %.3f, "not_2xx": %d, "socket_errors": %d}\n',
        summary.requests / summary.duration * 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000,
        summary.errors.status,
        summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
