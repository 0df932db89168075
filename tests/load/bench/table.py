"""The figures of all rounds, as text: medians, and the medians of each round's ratios."""

from statistics import median

COLUMNS = ("per second", "p50", "p95", "app", "PostgreSQL", "Redis", "sandbox", "clients", "bytes")


def lines_of(work, rounds, references):
    """The part of the table for one kind of work.

    Args:
        rounds: the figures of each round, by contender.
        references: whom the others are compared with, where they have done this work.
    """
    present = [name for name in references if name in rounds]
    ratios = [f"{kind} x {name}" for name in present for kind in ("CPU", "p50")]
    yield f"{work:<36}" + "".join(f"{name:>11}" for name in COLUMNS) + "".join(f"{name:>28}" for name in ratios)
    for contender, figures in rounds.items():
        told = "".join(f"{median(one[name] for one in figures):>11.{digits(name)}f}" for name in COLUMNS)
        compared = "".join(
            f"{ratio(figures, rounds[name], kind):>28}" for name in present for kind in (work_cpu, of_p50)
        )
        yield f"  {contender:<34}{told}{compared}"


def digits(name):
    return 0 if name in ("per second", "bytes") else 1


def work_cpu(figures):
    """What the work itself costs: the servers and the database."""
    return figures["app"] + figures["PostgreSQL"]


def of_p50(figures):
    return figures["p50"]


def ratio(figures, others, of):
    """The median of the rounds' ratios, each of two measurements that followed each other."""
    if figures is others:
        return "1"
    return f"{median(of(one) / of(other) for one, other in zip(figures, others, strict=True)):.2f}"
