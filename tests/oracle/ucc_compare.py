#!/usr/bin/env python3
"""Customers' views against the oracle's days at home.

usage: ucc_compare.py oracle.json VIEWS.jsonl

Each view of a customer whose trace stood still in one cell, and was taken on the view's own day, must tell the same
samples, good, marginal, poor and RSRP bins as the oracle. Ends with 1 where one differs, or where none could be compared.
"""

import json
import sys


def difference(told, view):
    """The first thing that differs, as text; None where nothing does."""
    window = view["quality"]["windows"]["today_yesterday"]
    for name in ("samples", "good", "marginal", "poor"):
        if told[name] != window[name]:
            return f"{name}: oracle {told[name]}, homeqos {window[name]}"
    bins = view["quality"]["rsrp_dbm"]["samples"]
    return None if told["rsrp"] == bins else f"RSRP bins: oracle {told['rsrp']}, homeqos {bins}"


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    with open(sys.argv[1], encoding="utf-8") as file:
        traces = {one["customer"]: one for one in json.load(file)["traces"]}
    equal = different = 0
    with open(sys.argv[2], encoding="utf-8") as file:
        for view in map(json.loads, file):
            one = traces[view["customer_id"]]
            day = (view["as_of"] or "")[:10]
            if not one["static"] or list(one["days"] or ()) != [day]:
                continue
            found = difference(one["days"][day], view)
            equal, different = equal + (found is None), different + (found is not None)
            print(f"{view['customer_id']} {day} {found or 'equal'}")
    print(f"{equal} equal, {different} different")
    return 1 if different or not equal else 0


if __name__ == "__main__":
    sys.exit(main())
