-- A request to the same server that stores nothing.
done = function(summary, latency, requests)
    io.write(string.format('{"rate": %.1f, "p50_ms": %.3f, "p99_ms": %.3f}\n',
        summary.requests / summary.duration * 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
