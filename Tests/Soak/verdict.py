"""Whether a figure grows, by least squares over the second half of a soak and by the bound that explains it."""

import dataclasses

# Shorter runs do not judge slopes, because caches and queues still fill.
SLOPE_SECONDS = 600
# The share of a run at its start that slopes ignore.
WARM_UP_SHARE = 0.5


@dataclasses.dataclass
class Bound:
    """The allowed values of a figure.

    `max` is a function from a sample to the maximum value, or None. `explains` says whether growth towards the maximum is
    expected; a mere limit explains no slope. `share` and `absolute` are the growth over the
    second half that is noise: a share of the mean, and a value.
    """

    words: str
    max: object = None
    share: float = 0.1
    absolute: float = 0.0
    explains: bool = True


@dataclasses.dataclass
class Verdict:
    """A line of the table."""

    figure: str
    mean: float
    last: float
    slope: float
    bound: str
    word: str

    @property
    def is_failure(self):
        return self.word.startswith(("GROWS", "OVER"))


def slope_per_second(points):
    """The slope of the least-squares line through points, and the share of the variance that it explains."""
    count = len(points)
    if count < 3:
        return 0.0, 0.0
    mean_x = sum(x for x, _ in points) / count
    mean_y = sum(y for _, y in points) / count
    xx = sum((x - mean_x) ** 2 for x, _ in points)
    yy = sum((y - mean_y) ** 2 for _, y in points)
    xy = sum((x - mean_x) * (y - mean_y) for x, y in points)
    if xx == 0 or yy == 0:
        return 0.0, 0.0
    return xy / xx, xy * xy / (xx * yy)


def judge(figure, samples, bound, seconds):
    """The verdict on one figure of a run that lasted this number of seconds."""
    points = [(sample["at"], sample[figure]) for sample in samples if sample.get(figure) is not None]
    second = [point for point in points if point[0] >= seconds * WARM_UP_SHARE] or points
    mean = sum(y for _, y in second) / len(second)
    slope, explained = slope_per_second(second)
    growth = slope * (second[-1][0] - second[0][0])
    tolerance = max(bound.absolute, bound.share * abs(mean))
    over = [sample for sample in samples if bound.max and sample.get(figure) is not None and sample[figure] > bound.max(sample)]
    if over:
        worst = over[-1]
        word = f"OVER its bound of {bound.max(worst):,.0f}"
    elif growth <= tolerance:
        word = "flat"
    elif seconds < SLOPE_SECONDS:
        word = "within bound" if bound.max else "too short to say"
    elif explained < 0.5:
        word = "flat, noisy"
    elif bound.max and bound.explains:
        word = f"grows within bound {bound.max(samples[-1]):,.0f}"
    else:
        word = "GROWS"
    return Verdict(figure, mean, points[-1][1], slope * 3600, bound.words, word)


def table(verdicts):
    """The verdicts as a table for people."""
    lines = [f"  {'figure':<32}{'mean':>12}{'last':>12}{'per hour':>14}  verdict (bound)"]
    for verdict in verdicts:
        lines.append(
            f"  {verdict.figure:<32}{number(verdict.mean):>12}{number(verdict.last):>12}{number(verdict.slope, True):>14}  "
            f"{verdict.word} ({verdict.bound})")
    return "\n".join(lines)


def number(value, signed=False):
    """Formats a number with at least three digits."""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 1 else 3
    return f"{value:{'+' if signed else ''},.{digits}f}"
