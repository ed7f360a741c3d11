"""How users write it. `mypy --strict` checks this file, and that the marked lines are errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from longhaul import Flow, JobFunction, JobHandle, Longhaul, NewJob, Unique, current_job

if TYPE_CHECKING:
    from typing_extensions import assert_type

app = Longhaul()


@app.job()
def resize(source: str, width: int = 640) -> bytes:
    return current_job().checkpoint("resize", lambda: source.encode() * width)


@app.job("mail.send", queue="mail", retries=2, unique=Unique(by=["kind"]))
async def send(to: str) -> int:
    return len(to)


@app.durable(timeout=60)
async def order(flow: Flow, id: int) -> str:
    size = await flow.step("send", send, "ada")
    name = await flow.step("name", lambda: str(size))
    await flow.call(resize.new("a.jpg", width=3))
    return name


def use() -> None:
    handle = resize.delay("a.jpg", width=3)
    text = resize("a.jpg")
    new = order.with_options(delay=60).new(7)
    if TYPE_CHECKING:
        assert_type(handle, JobHandle[bytes])
        assert_type(handle.result(timeout=5), bytes)
        assert_type(text, bytes)
        assert_type(send.delay("ada"), JobHandle[int])
        assert_type(order.delay(7).result(), str)
        assert_type(new, NewJob)
    resize.delay(5)  # type: ignore[arg-type]
    resize.delay("a.jpg", height=3)  # type: ignore[call-arg]
    order.delay()  # type: ignore[call-arg]
    order.with_options(delays=60)  # type: ignore[call-arg]
    app.submit("kind", {"a": 1}, priority="high")  # type: ignore[arg-type]


async def use_async() -> None:
    handle = await send.delay_async("ada")
    value = await handle.result_async()
    if TYPE_CHECKING:
        assert_type(value, int)
        assert_type(await send("ada"), int)


def generic(function: JobFunction[[str], int]) -> int:
    return function.delay("a").result()
