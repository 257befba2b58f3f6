"""What was measured: figures of several rounds, their medians, and rows that say what they mean."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles


@dataclass(frozen=True)
class Spread:
    """A median, and the quartiles around it."""

    middle: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """The spread of one figure for each round."""
        low, _, high = quantiles(values, n=4, method="inclusive")
        return cls(median(values), low, high)


@dataclass(frozen=True)
class Measured:
    """One turn of a contender: calls that ended, seconds and CPU seconds that they took.

    `samples` says how many samples of its CPU time fell on each package, if it was profiled.
    """

    calls: int
    seconds: float
    cpu: float
    samples: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def rate(self) -> float:
        """Calls a second."""
        return self.calls / self.seconds


@dataclass(frozen=True)
class Rounds:
    """The turns of one contender, one for each round."""

    name: str
    turns: tuple[Measured, ...]

    @property
    def rate(self) -> Spread:
        """Calls a second."""
        return Spread.of([turn.rate for turn in self.turns])

    @property
    def micros(self) -> Spread:
        """Microseconds a call takes, if they are done one after the other."""
        return Spread.of([1e6 / turn.rate for turn in self.turns])

    @property
    def cpu_micros(self) -> Spread:
        """Microseconds of CPU a call takes."""
        return Spread.of([1e6 * turn.cpu / turn.calls for turn in self.turns])

    def times_faster_than(self, other: "Rounds") -> Spread:
        """The median over the rounds of the ratio of rates."""
        pairs = zip(self.turns, other.turns, strict=True)
        return Spread.of([mine.rate / theirs.rate for mine, theirs in pairs])

    def times_less_cpu_than(self, other: "Rounds") -> Spread:
        """The same ratio of the CPU time that a call takes."""
        pairs = zip(self.turns, other.turns, strict=True)
        return Spread.of([them.cpu / them.calls / (me.cpu / me.calls) for me, them in pairs])

    def times_as_long_as(self, other: "Rounds") -> Spread:
        """The same for the time that a call takes."""
        return other.times_faster_than(self)


@dataclass(frozen=True)
class Target:
    """What must be reached: at least, or at most, so much."""

    value: float
    at_least: bool
    unit: str = ""

    def reached(self, spread: Spread) -> bool:
        """Whether the median is there."""
        at_least = spread.middle >= self.value
        return at_least if self.at_least else spread.middle <= self.value

    def __str__(self) -> str:
        return f"{'at least' if self.at_least else 'at most'} {self.value:g}{self.unit}"


@dataclass(frozen=True)
class Row:
    """A comparison and its target.

    `key` finds the explanation of a target that was not reached. `limit` is what the hand-written
    call reaches in its place, `cpu` the ratio of CPU time in place of the clock's.
    """

    key: str
    what: str
    target: Target
    spread: Spread
    limit: Spread | None = None
    cpu: Spread | None = None

    @property
    def reached(self) -> bool:
        """Whether the target is."""
        return self.target.reached(self.spread)


@dataclass(frozen=True)
class Table:
    """Figures beside one another; `head` names the columns."""

    head: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    title: str = ""


@dataclass(frozen=True)
class Section:
    """A part of the results: what it measures and what is not comparable, figures, comparisons."""

    title: str
    text: str
    tables: tuple[Table, ...] = ()
    rows: tuple[Row, ...] = ()
    picture: "Picture | None" = None


@dataclass(frozen=True)
class Bars:
    """A group of a picture: a name and a value for each bar."""

    title: str
    values: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Picture:
    """Groups of bars, in a file of this name.

    Attributes:
        title: What the bars are, with their unit.
        one_scale: Whether the bars of all groups compare; else the longest of each group is full.
        leads: Whether it stands first of all in the results.
    """

    file: str
    title: str
    groups: tuple[Bars, ...]
    one_scale: bool = False
    leads: bool = False


def number(value: float) -> str:
    """A figure with three digits that matter."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def spread_text(spread: Spread) -> str:
    """A median with its quartiles."""
    return f"{number(spread.middle)} ({number(spread.low)} to {number(spread.high)})"


def rates(found: Iterable[Rounds], *, title: str = "") -> Table:
    """How many calls each did in a second, and what they took."""
    lines = ((each.name, spread_text(each.rate), spread_text(each.cpu_micros)) for each in found)
    return Table(("contender", "calls a second", "µs of CPU a call"), tuple(lines), title)


def times(found: Iterable[Rounds], *, title: str = "") -> Table:
    """How long each took."""
    lines = (
        (each.name, spread_text(each.micros), number(each.cpu_micros.middle)) for each in found
    )
    return Table(("work", "µs", "µs of CPU"), tuple(lines), title)


def seconds_rounds(name: str, seconds: Iterable[float]) -> Rounds:
    """What was done once a round, and how long it took each time."""
    return Rounds(name, tuple(Measured(1, each, each) for each in seconds))
