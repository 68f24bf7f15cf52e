"""Runs commands side by side and keeps what they cost."""

import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

METER = Path(__file__).with_name("meter.py")


@dataclass
class Cost:
    """What one run of a command cost, its children included."""

    wall_seconds: float
    cpu_seconds: float
    peak_mebibytes: float


@dataclass
class Contender:
    """One tool at one task."""

    name: str
    command: list[str]
    folder: Path
    # Puts everything back to how it was before the first run.
    reset: Callable[[], None] = lambda: None
    environment: dict[str, str] = field(default_factory=dict)
    # Tools that find faults in the data say so in their exit code.
    accepted: tuple[int, ...] = (0,)
    costs: list[Cost] = field(default_factory=list)

    def run(self) -> Cost:
        self.reset()
        log = self.folder / f"{self.name.replace(' ', '-')}.log"
        read, write = os.pipe()
        with log.open("wb") as output, open(read) as figures:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", METER, str(write), *self.command],
                cwd=self.folder,
                env=os.environ | self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=(write,),
            )
            os.close(write)
            said = figures.read().split()
            process.wait()
        if not said:
            raise SystemExit(f"error: {self.name} did not start: {' '.join(self.command)}\n{self.output()[-2000:]}")
        wall, cpu, kibibytes, code = map(float, said)
        if code not in self.accepted:
            end = self.output()[-2000:]
            raise SystemExit(f"error: {self.name} ended with {code:.0f}: {' '.join(self.command)}\n{end}")
        return Cost(wall, cpu, kibibytes / 1024)

    def output(self) -> str:
        """What the last run wrote."""
        return (self.folder / f"{self.name.replace(' ', '-')}.log").read_text(errors="replace")

    def median(self) -> Cost:
        columns = zip(*((cost.wall_seconds, cost.cpu_seconds, cost.peak_mebibytes) for cost in self.costs), strict=True)
        return Cost(*map(statistics.median, columns))


def side_by_side(contenders: list[Contender], rounds: int) -> None:
    """One round to warm up, then `rounds` of everyone in turn, so that a busy minute hits all alike."""
    for turn in range(rounds + 1):
        for contender in contenders:
            cost = contender.run()
            if turn > 0:
                contender.costs.append(cost)


def table(title: str, contenders: list[Contender]) -> str:
    """Medians, and how many times the wall and CPU seconds of the first, which is Outport, each contender takes."""
    base, first = contenders[0].median(), contenders[0].name
    lines = [
        f"### {title}",
        "",
        f"| | wall s | CPU s | peak MiB | wall / {first} | CPU / {first} | wall from–to |",
        "|---|---:|---:|---:|---:|---:|---|",
    ]
    for contender in contenders:
        cost = contender.median()
        walls = [each.wall_seconds for each in contender.costs]
        lines.append(
            f"| {contender.name} | {cost.wall_seconds:.2f} | {cost.cpu_seconds:.2f} | {cost.peak_mebibytes:.0f} "
            f"| {cost.wall_seconds / base.wall_seconds:.2f} | {cost.cpu_seconds / base.cpu_seconds:.2f} "
            f"| {min(walls):.2f}–{max(walls):.2f} |"
        )
    return "\n".join(lines) + "\n"
