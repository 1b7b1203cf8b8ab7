#!/usr/bin/env python3
"""Homes by the usual rules of batch tools, on the same probes, judged as `homeqos score` judges.

usage: peers.py TOWN

Three rules, each over all of a customer's probes with a cell, a night being 21:00-06:00 of local time:

most nights   the site seen in most nights (as scikit-mobility and HoWDe count presence by night)
most events   the site with most night events (as bandicoot's home: the antenna most used at night)
longest stay  the site with the longest sum of unbroken night stays

A rule names a site; its position is the mean of the positions reported there at night, else the site's own, and its
first cell the one most seen there at night. Prints JSON: rule -> kind of person -> [right, of].
"""

import collections
import datetime
import json
import math
import pathlib
import sys
import zoneinfo

NEAR_M = 500.0
STAY_GAP_MS = 2 * 3_600_000
RULES = ("most nights", "most events", "longest stay")


def millis(ts):
    """Epoch milliseconds of a record's time."""
    if isinstance(ts, (int, float)):
        return int(ts)
    return int(datetime.datetime.fromisoformat(ts.replace("Z", "+00:00")).timestamp() * 1000)


def rfc3339(at_ms):
    """Epoch milliseconds as homeqos reads them on its command line."""
    return datetime.datetime.fromtimestamp(at_ms / 1000, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Nights:
    """Which night an instant belongs to: the evening's date, or none by day. An hour has one answer."""

    def __init__(self, zone):
        self.zone = zoneinfo.ZoneInfo(zone)
        self.known = {}

    def of(self, at_ms):
        hour = at_ms // 3_600_000
        if hour not in self.known:
            local = datetime.datetime.fromtimestamp(hour * 3600, self.zone)
            night = local.hour >= 21 or local.hour < 6
            self.known[hour] = (local - datetime.timedelta(hours=6)).toordinal() if night else None
        return self.known[hour]


def metres(a, b):
    """Distance on an equirectangular Earth."""
    east = (a[1] - b[1]) * math.cos(math.radians((a[0] + b[0]) / 2))
    return 111_195.0 * math.hypot(a[0] - b[0], east)


class Presence:
    """What is remembered of one customer's nights."""

    def __init__(self):
        self.nights = collections.defaultdict(set)
        self.events = collections.Counter()
        self.stays = collections.Counter()
        self.cells = collections.defaultdict(collections.Counter)
        self.positions = collections.defaultdict(list)
        self.last = None

    def see(self, at, night, site, cell, position):
        self.nights[site].add(night)
        self.events[site] += 1
        self.cells[site][cell] += 1
        if position:
            self.positions[site].append(position)
        if self.last and self.last[1] == site and self.last[2] == night and at - self.last[0] <= STAY_GAP_MS:
            self.stays[site] += at - self.last[0]
        self.last = (at, site, night)

    def sites(self):
        """The site that each rule names; ties go to the first by name, so that no order is hidden."""
        if not self.events:
            return {}
        scores = {
            "most nights": {site: (len(nights), self.events[site]) for site, nights in self.nights.items()},
            "most events": dict(self.events),
            "longest stay": {site: (self.stays[site], self.events[site]) for site in self.events},
        }
        return {rule: max(sorted(score), key=score.get) for rule, score in scores.items()}

    def position(self, site):
        seen = self.positions[site]
        return tuple(sum(axis) / len(seen) for axis in zip(*seen)) if seen else None


def lines(path):
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.strip():
                yield json.loads(line)


def presences(probes, sites, zone):
    """Customers with what is remembered of their nights."""
    nights = Nights(zone)
    people = collections.defaultdict(Presence)
    for probe in probes:
        site = sites.get(probe.get("cell_id"))
        at = millis(probe["ts"])
        night = nights.of(at)
        if site is None or night is None:
            continue
        position = (probe["lat"], probe["lon"]) if "lat" in probe and "lon" in probe else None
        people[probe["customer_id"]].see(at, night, site, probe["cell_id"], position)
    return people


def home_at_end(person):
    return person["homes"][-1] if person["homes"] else None


def judge(truth, people, site_positions):
    """rule -> kind -> [right, of], among those seen in seven nights or more."""
    result = {rule: collections.defaultdict(lambda: [0, 0]) for rule in RULES}
    for person in truth["people"]:
        seen, home = people.get(person["customer_id"]), home_at_end(person)
        if home is None or seen is None or len(set().union(*seen.nights.values())) < 7:
            continue
        for rule, site in seen.sites().items():
            cell = seen.cells[site].most_common(1)[0][0]
            position = seen.position(site) or site_positions.get(site)
            near = position is not None and metres(position, (home["lat"], home["lon"])) <= NEAR_M
            right = near or home["cells"][:1] == [cell]
            for kind in ("all", person["kind"]):
                result[rule][kind][0] += right
                result[rule][kind][1] += 1
    return result


def judged(town):
    """A town's folder, as homeqos simulate writes it."""
    truth = json.loads((town / "truth.json").read_text(encoding="utf-8"))
    cells = list(lines(town / "cells.jsonl"))
    sites = {cell["cell_id"]: cell["site_id"] for cell in cells}
    positions = {cell["site_id"]: (cell["lat"], cell["lon"]) for cell in cells if "lat" in cell}
    people = presences(lines(town / "probes.jsonl"), sites, truth["zone"])
    return judge(truth, people, positions)


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    print(json.dumps(judged(pathlib.Path(sys.argv[1])), sort_keys=True))
    return 0


if __name__ == "__main__":
    sys.exit(main())
