"""Fills a server with sample data for screenshots and axe, as after an hour of work."""

import struct
import zlib

import durable


def picture(width, height):
    """A small PNG."""
    rows = b"".join(
        b"\0" + b"".join(bytes([x * 255 // width, y * 255 // height, 140]) for x in range(width))
        for y in range(height))

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows))
            + chunk(b"IEND", b""))


def fill(server):
    """Fills the server; returns the IDs of jobs to open."""
    images(server)
    reports(server)
    mails(server)
    schedules(server)
    durable.waiting(server, 4, "timer", "end of month", seconds=900_000)
    durable.waiting(server, 7, "signal", "confirmed", timeout_seconds=200_000)
    return {"video": video(server), "retried": retried(server), "order": durable.order(server)}


def images(server):
    customers = ["acme", "globex", "initech"]
    server.call("PUT", "/v1/queues/images", {"max_depth": 200})
    server.submit_many([
        {"kind": "image.resize", "queue": "images", "tags": {"customer": customers[n % 3]},
         "payload": {"source": f"https://example.org/{n}.png", "width": 640}} for n in range(150)])
    for lease in server.lease("images", 60, worker="images@node-1", gpu="1"):
        server.complete(lease, {"width": 640, "height": 400})


def reports(server):
    server.submit_many([
        {"kind": "report.pdf", "max_attempts": 1, "actor": "user-42", "payload": {"page": n}} for n in range(40)])
    leases = server.lease(count=30, worker="reports@node-2", zone="eu-west")
    for n, lease in enumerate(leases[:20]):
        if n % 3:
            server.fail(lease, "TemplateError", f"cannot render page {n} of \"invoice\"")
        else:
            server.fail(lease, "Timeout", "the font server did not answer in 5 s")
    for lease in leases[20:24]:
        server.complete(lease, {"pages": 3})
    for n, lease in enumerate(leases[24:]):
        server.beat(lease, 20 + 12 * n, f"page {n + 2} of 10", worker="reports@node-2")


def mails(server):
    server.submit_many([{"kind": "mail.send", "queue": "mail", "payload": {"to": f"user-{n}@example.org"}}
                        for n in range(12)])
    server.lease("mail", worker="mail@node-3", seconds=3600)
    server.call("POST", "/v1/queues/mail/pause")


def schedules(server):
    job = {"kind": "report.nightly", "queue": "default"}
    server.call("PUT", "/v1/schedules/nightly-report",
                {"cron": "0 3 * * *", "time_zone": "Europe/Paris", "job": job})
    server.call("PUT", "/v1/schedules/clean-up", {"cron": "*/15 * * * *", "job": job, "paused": True})


def video(server):
    probe = server.submit("video.probe", queue="video", payload={"file": "clip.mp4"})
    lease = server.lease("video", worker="video@node-1", seconds=3600)[0]
    server.write_log(lease, *[f"frame {n * 25} of 1500" for n in range(40)])
    server.write_log(lease, "no audio track", level="warning")
    server.put_artifact(lease, "poster.png", picture(320, 180), "image/png")
    server.put_artifact(lease, "probe report.json", b'{"codec": "h264"}', "application/json")
    heights = [360, 720, 1080]
    server.complete(lease, {"seconds": 60}, next=[
        {"kind": f"video.rendition.{height}", "queue": "video", "payload": {"height": height}}
        for height in heights])
    page = server.call("GET", "/v1/jobs?queue=video")
    renditions = [job["id"] for job in page["items"] if job["id"] != probe]
    server.submit("video.playlist", queue="video", depends_on=renditions)
    server.complete(server.lease("video", worker="video@node-1", seconds=3600)[0])
    server.lease("video", worker="video@node-1", seconds=3600)
    return probe


def retried(server):
    job = server.submit("report.pdf", queue="retries", tags={"customer": "acme"}, payload={"page": 7},
                        backoff={"type": "fixed", "initial_seconds": 0.2, "jitter": 0})
    for _ in range(2):
        lease = server.lease("retries", worker="reports@node-2")[0]
        server.fail(lease, "Timeout", "the font server did not answer in 5 s", retryable=True)
    server.complete(server.lease("retries", worker="reports@node-2")[0], {"pages": 3})
    return job
