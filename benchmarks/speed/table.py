"""The Markdown table of a file of measurements, and the remarks below the table. Runs nothing.

The table is made from the file and rows.json alone, so that the committed measurements are the evidence and the table
can be made again.
"""

import figures

ENGINES = {"scikit-learn": "scikit-learn", "intelex": "scikit-learn-intelex"}
ACCELERATED = {
    "yes": "accelerated",
    "partly": "partly accelerated",
    "no": "NOT accelerated, plain scikit-learn ran",
}


def number(value):
    return f"{value:.3f}" if value < 1 else f"{value:.2f}" if value < 100 else f"{value:,.0f}"


def cell(figure, units, mark=""):
    """Median with the range of several runs, or a lower bound; `est.` where it was extrapolated."""
    if figure is None:
        return "-"
    sign = ("> " if figure.over else "") + ("est. " if figure.extrapolated else "")
    shown = sign + number(figure.seconds / units)
    if figure.over and not figure.extrapolated:
        shown += " s"
    if figure.runs > 1 and not figure.over:
        shown += f" ({number(figure.low / units)} to {number(figure.high / units)})"
    return shown + mark


def goal_cell(goal, found):
    if goal is None:
        return "-"
    if found is None:
        return f"{goal}: not measured"
    value, bound = found
    return f"{goal}: {'met' if value >= goal else 'open' if bound else 'missed'}"


def laws(figure):
    """The measurements behind the extrapolations of a figure, in a phrase."""
    sizes = ", ".join(f"{size:,}" for size in figure.remarks[0]["sizes"])
    exponents = [remark["exponent"] for remark in figure.remarks]
    misses = [remark["miss"] for remark in figure.remarks if remark["miss"] is not None]
    few, many = f"n^{min(exponents):.2f}", f"n^{max(exponents):.2f}"
    phrase = f"extrapolated from {sizes} training images, growing as {few if few == many else f'{few} to {many}'}"
    if misses:
        worst = f"{max(misses, key=abs):+.0%}" + (" at worst" if len(misses) > 1 else "")
        phrase += f" (the largest took {worst} against what the smaller ones foretell)"
    return phrase


def remarks(row, mine, peers, measurements):
    """The sentences below the table for one row."""
    said = [row["note"]] if "note" in row else []
    if "per" in row:
        count = row["parameters"][row["per"]["parameter"]]
        said.append(f"seconds are per {row['per']['unit']}, both sides ran {count}")
    many = {label for label, peer in row["peers"].items() if peer.get("engine", label) == "scikit-learn"}
    for label, figure in peers.items():
        if len(many) > 1 and label in many and figure:
            said.append(f"{label}: {cell(figure, 1)} s")
        if figure and figure.remarks:
            said.append(f"{label}: {laws(figure)}")
    for label in (None, *peers):
        ours, name = label is None, label or "ours"
        own = [m for m in measurements if m["peer"] == label]
        limited = any(m["status"] == "ok" and not m.get("converged", True) for m in own)
        if limited and "per" not in row:
            said.append(f"{name} stopped at its limit of iterations in some run")
        if any(m["status"] == "timeout" for m in own):
            said.append(f"{name}: some runs were stopped at {max(m.get('limit_seconds', 0) for m in own):g} s")
        reached = [m["objective"] for m in own if m["status"] == "ok" and m.get("objective")]
        if reached:
            said.append(f"objective of {name}: {max(reached):,.1f}")
        answers = {m["accelerated"] for m in own if "accelerated" in m}
        if answers:
            said.append(f"{name}: " + " or ".join(sorted(ACCELERATED[answer] for answer in answers)))
        good = any(m["status"] == "ok" for m in own)
        failed = [m["reason"] for m in own if m["status"] == "failed"]
        if failed and not good:
            said.append(f"{name} gave no figure: {failed[-1]}")
        elif not own:
            said.append(f"{name} not measured")
        elif not ours and peers[label] is None:
            said.append(f"{name} gave no figure: a configuration is missing, or ran at one smaller size only")
    return said


def full_size(measurements):
    """The train size of the table: that of our measurements, or else the largest."""
    sizes = [m["train_size"] for m in measurements if m["status"] == "ok"]
    own = [m["train_size"] for m in measurements if m["status"] == "ok" and m["peer"] is None]
    return max(own or sizes, default=None)


def head(dataset, size, measurements, session):
    good = [m for m in measurements if m["status"] == "ok"]
    versions = sorted({m["version"] for m in good if m["peer"]}, key=len)
    binary = next((f"mnist-bench {m['version']}" for m in good if m["peer"] is None), session["binary"])
    blas = sorted({name for m in good for name in m.get("blas", [])})
    others = [m["others_cores"] for m in measurements if m.get("others_cores") is not None]
    waited = [figures.seconds(m) / m["cpu_seconds"] for m in good if m.get("cpu_seconds", 0) > 1]
    text = (
        f"{dataset}, {size:,} training images, fit plus predict of 10,000 test images in seconds, one thread each, in "
        f"turns; median, and range of several runs. {binary}; scikit-learn {versions[0] if versions else '-'}"
        f"{' (with intelex: ' + versions[-1] + ')' if len(versions) > 1 else ''}; {', '.join(blas)}. "
        f"{session['processor']}, {session['cores']} cores, {session['utc'][:10]}."
    )
    if others:
        text += f" Other programs kept {max(others):.2f} cores busy in the worst run"
        text += f", and wall clock was at most {max(waited):.2f} times processor time." if waited else "."
    return text


def markdown(rows, measurements, session, dataset):
    """The table of one data set, rows in the order of rows.json."""
    measurements = [m for m in measurements if m["dataset"] == dataset]
    size = full_size(measurements)
    if size is None:
        return f"{dataset}: no measurement ended well\n"
    columns = ["row", "ours", *ENGINES.values(), "ratio to the faster", "goal", "accuracy: ours", "theirs"]
    lines = [head(dataset, size, measurements, session), "", "| " + " | ".join(columns) + " |"]
    lines.append("|---|" + "---:|" * (len(columns) - 1))
    below = []
    for name, row in rows.items():
        own = [m for m in measurements if m["row"] == name]
        if not own:
            continue
        units = row["parameters"][row["per"]["parameter"]] if "per" in row else 1
        keys = [figures.key(parameters) for parameters in row["configurations"]]
        # Ours runs a group at once: one measurement, under the first configuration.
        mine = figures.side([m for m in own if m["peer"] is None], keys[:1], size)
        peers = {
            label: figures.side([m for m in own if m["peer"] == label], keys, size) for label in row["peers"]
        }
        found = figures.ratio(mine, [figure for figure in peers.values() if figure])
        cells, accuracies = [], []
        for engine in ENGINES:
            known = {l: f for l, f in peers.items() if f and row["peers"][l].get("engine", l) == engine}
            label = min(known, key=lambda l: known[l].seconds, default=None)
            figure = known.get(label)
            cells.append(cell(figure, units))
            if figure and figure.accuracy is not None:
                accuracies.append(f"{figure.accuracy:.4f}")
        times = "-" if found is None else f"{'> ' if found[1] else ''}{found[0]:.1f}"
        accuracy = f"{mine.accuracy:.4f}" if mine and mine.accuracy is not None else "-"
        line = [name, cell(mine, units), *cells, times, goal_cell(row.get("goal"), found), accuracy]
        lines.append("| " + " | ".join([*line, ", ".join(accuracies) or "-"]) + " |")
        said = remarks(row, mine, peers, own)
        if said:
            below.append(f"- {name}: {'; '.join(said)}.")
    lines += ["", "`est.`: extrapolated; `>`: at least, stopped at the limit.", "", *below]
    return "\n".join(lines) + "\n"
