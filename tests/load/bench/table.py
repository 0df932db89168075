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
    measured = [name for name in COLUMNS if all(name in one for figures in rounds.values() for one in figures)]
    kinds = {"CPU": work_cpu, "p50": of_p50} if "p50" in measured else {"CPU": work_cpu}
    yield f"{work:<34}" + "".join(f"{name:>11}" for name in measured)
    for contender, figures in rounds.items():
        told = "".join(f"{median(one[name] for one in figures):>11.{digits(name)}f}" for name in measured)
        yield f"  {contender:<32}{told}"
    for name in present:
        for contender, figures in rounds.items():
            if contender != name and not contender.startswith("careful"):
                ratios = ", ".join(f"{kind} {ratio(figures, rounds[name], of):.2f} x" for kind, of in kinds.items())
                yield f"  {contender} / {name}: {ratios}"


def digits(name):
    """How many behind the point: the CPU of one request that expires with others is a fraction of a millisecond."""
    return {"per second": 0, "bytes": 0, "app": 2, "PostgreSQL": 2}.get(name, 1)


def work_cpu(figures):
    """What the work itself costs: the servers and the database."""
    return figures["app"] + figures["PostgreSQL"]


def of_p50(figures):
    return figures["p50"]


def ratio(figures, others, of):
    """The median of the rounds' ratios, each of two measurements that followed each other."""
    return median(of(one) / of(other) for one, other in zip(figures, others, strict=True))
