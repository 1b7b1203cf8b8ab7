#!/usr/bin/env python3
"""What the UCC 5G traces say about each customer's day at home, told without any of the product's code.

usage: ucc_panes.py ZIP

Reads every trace of 5G-production-dataset.zip and prints one JSON document: `{"traces": [...]}` in the order of the
traces' first timestamps, each with

    customer      ucc-01, ucc-02, ... in that order; the customer the trace is taken to be
    file, static  where in the archive, and whether the phone stood still
    rows          data rows; = folded + duplicate + the sum of rejected
    rejected      reason -> rows
    home          {lat, lon}: medians over the trace; the address in the customer's CRM row
    cells         how many different cells served it; days are told for one cell only (see below)
    days          local date -> {samples, good, marginal, poor, rsrp: [8 bins]}

What is computed follows the design: a row is at home if it is within 1 000 m of the address and its site belongs to the
home. A trace served by one cell leaves no doubt about the second half, so `days` is given for those only, else null.
"""

import collections
import csv
import io
import json
import math
import statistics
import sys
import zipfile

# A sample is poor below the first, marginal below the second, and good where nothing is below the third.
GRADES = {"rsrp": (-110.0, -100.0, -95.0), "rsrq": (-15.0, -12.0, -10.0), "sinr": (0.0, 5.0, 10.0)}
POOR_SIGNAL = {"gsm": -100.0, "umts": -105.0}
# Lower edges of the bins of RSRP after the first.
RSRP_EDGES = (-120.0, -115.0, -110.0, -105.0, -100.0, -95.0, -85.0)

SECOND_OR_THIRD = {
    "HSPA+": "umts", "HSUPA": "umts", "HSDPA": "umts", "UMTS": "umts", "EDGE": "gsm", "GPRS": "gsm",
}
NO_VALUE = {"", "-", "NaN"}
NO_NUMBER = 2147483647.0
HOME_RADIUS_M = 1000.0
# Probes among which a customer's duplicate is looked for.
REMEMBERED = 8


class Rejected(Exception):
    """A row that must not be folded; the argument is the reason."""


def number(row, column, sentinels=()):
    text = (row.get(column) or "").strip()
    if text in NO_VALUE:
        return None
    try:
        value = float(text)
    except ValueError:
        raise Rejected("wrong_type") from None
    return None if value == NO_NUMBER or value in sentinels else value


def within(value, low, high):
    if value is not None and not low <= value <= high:
        raise Rejected("out_of_range")
    return value


def radio(row):
    """The technology and radio values of a row: NR where the NR carrier is measured on 5G, else the LTE carrier."""
    mode = row["NetworkMode"]
    if mode in SECOND_OR_THIRD:
        signal = within(number(row, "RSRP", (-200.0,)), -125, -20)
        return SECOND_OR_THIRD[mode], {"signal": signal}
    nr = number(row, "NRxRSRP", (-205.0, -51.0)) if mode == "5G" else None
    if nr is not None:
        quality = number(row, "NRxRSRQ", (-225.0, -204.0))
        return "nr", {"rsrp": within(nr, -156, -31), "rsrq": within(quality, -43, 20)}
    rsrp = within(number(row, "RSRP", (-200.0,)), -140, -44)
    return "lte", {"rsrp": rsrp, "rsrq": within(number(row, "RSRQ"), -34, 2.5)}


def position(row):
    lat, lon = number(row, "Latitude"), number(row, "Longitude")
    if lat is None or lon is None:
        return None
    if (lat, lon) in ((0.0, 0.0), (-1.0, -1.0)) or abs(lat) > 90 or abs(lon) > 180:
        raise Rejected("bad_position")
    return lat, lon


def sample(row):
    """A row as the customer's probe: what was measured, where and when. Raises Rejected."""
    technology, values = radio(row)
    values["sinr"] = within(number(row, "SNR"), -23, 40)
    values["cqi"] = within(number(row, "CQI"), 0, 15)
    if row["State"] in ("D", "VD"):
        values["dl"] = within(number(row, "DL_bitrate"), 0, 1e8)
        values["ul"] = within(number(row, "UL_bitrate"), 0, 1e8)
    values["latency"] = within(number(row, "PINGAVG"), 0, 600_000)
    values["loss"] = within(number(row, "PINGLOSS"), 0, 100)
    cell = number(row, "RAWCELLID", (0.0,))
    return {
        "time": row["Timestamp"],
        "technology": technology,
        "cell": cell,
        "position": position(row),
        "values": values,
    }


def grade(one):
    """good, fair, marginal or poor; None where nothing was measured that can be graded."""
    values = one["values"]
    if one["technology"] in POOR_SIGNAL:
        if values["signal"] is None:
            return None
        return "poor" if values["signal"] < POOR_SIGNAL[one["technology"]] else "fair"
    measured = {name: values.get(name) for name in GRADES if values.get(name) is not None}
    if not measured:
        return None
    below = {step: {n for n, v in measured.items() if v < GRADES[n][step]} for step in range(3)}
    poor = below[0]
    # On NR a weak beam alone is not poor: something else must at least be marginal.
    if one["technology"] == "nr" and poor == {"rsrp"} and not below[1] - {"rsrp"}:
        poor = set()
    if poor:
        return "poor"
    if below[1]:
        return "marginal"
    return "fair" if below[2] else "good"


def metres(a, b):
    """Great-circle distance of two (latitude, longitude)."""
    lat_a, lat_b = math.radians(a[0]), math.radians(b[0])
    d_lat, d_lon = lat_b - lat_a, math.radians(b[1] - a[1])
    h = math.sin(d_lat / 2) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin(d_lon / 2) ** 2
    return 2 * 6_371_008.8 * math.asin(math.sqrt(h))


def days_at_home(samples, home):
    days = {}
    for one in samples:
        if one["position"] is not None and metres(one["position"], home) > HOME_RADIUS_M:
            continue
        date = one["time"].split("_")[0].replace(".", "-")
        empty = {"samples": 0, "good": 0, "marginal": 0, "poor": 0, "rsrp": [0] * (len(RSRP_EDGES) + 1)}
        day = days.setdefault(date, empty)
        verdict = grade(one)
        if verdict is not None:
            day["samples"] += 1
            if verdict != "fair":
                day[verdict] += 1
        rsrp = one["values"].get("rsrp")
        if rsrp is not None:
            day["rsrp"][sum(rsrp >= edge for edge in RSRP_EDGES)] += 1
    return days


def trace(rows, name):
    rejected, duplicates, samples = collections.Counter(), 0, []
    recent = collections.deque(maxlen=REMEMBERED)
    for row in rows:
        try:
            one = sample(row)
        except Rejected as reason:
            rejected[str(reason)] += 1
            continue
        what = (one["time"], one["cell"], tuple(sorted((k, v) for k, v in one["values"].items() if v is not None)))
        if what in recent:
            duplicates += 1
            continue
        recent.append(what)
        samples.append(one)
    where = [(float(r["Latitude"]), float(r["Longitude"])) for r in rows]
    home = (statistics.median(lat for lat, _ in where), statistics.median(lon for _, lon in where))
    cells = {one["cell"] for one in samples if one["cell"] is not None}
    return {
        "file": name,
        "static": "/Static/" in name,
        "rows": len(rows),
        "folded": len(samples),
        "duplicate": duplicates,
        "rejected": dict(sorted(rejected.items())),
        "home": {"lat": home[0], "lon": home[1]},
        "cells": len(cells),
        "days": days_at_home(samples, home) if len(cells) == 1 else None,
    }


def traces(path):
    """Every trace of the archive: its name and its rows."""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith(".csv") and "__MACOSX" not in name:
                text = archive.read(name).decode("utf-8")
                yield name, list(csv.DictReader(io.StringIO(text)))


def tell(path):
    """What is told of every trace, in the order of their first timestamps."""
    found = sorted(traces(path), key=lambda item: (item[1][0]["Timestamp"], item[0]))
    return [{"customer": f"ucc-{n:02}", **trace(rows, name)} for n, (name, rows) in enumerate(found, start=1)]


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    json.dump({"traces": tell(sys.argv[1])}, sys.stdout, indent=1)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
