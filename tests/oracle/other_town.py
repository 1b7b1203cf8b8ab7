"""A town of another make: nothing of homeqos' own simulator is in it.

`homeqos simulate` and the rules of homeqos have grown up together, so a good score in its towns may only say that the
two agree. This town has no radio physics at all: each home has a level, each sample lies around it, and a fault moves
the level. It writes other ids, other cadences and other mixes than the simulator does, within the same contracts, and a
`truth.json` that `homeqos score` reads.

    python3 other_town.py OUT [--seed 1] [--customers 2500] [--days 28]

Standard library only.
"""

import argparse
import json
import math
import pathlib
import random

DAY, HOUR, MINUTE = 86_400_000, 3_600_000, 60_000
START = 1_772_406_000_000  # Monday 2026-03-02, 00:00 in Paris.
PITCH_KM = 1.1  # Between sites.
LAT, LON, KM_LAT, KM_LON = 43.58, 1.40, 111.2, 80.5  # Toulouse.
# Cause of a fault, its reach, its length in days (None: to the end).
FAULTS = [
    ("coverage", "site", None),
    ("coverage", "cell", None),
    ("coverage", "site", 9),
    ("interference", "site", None),
    ("interference", "site", 10),
    ("interference", "cell", None),
    ("congestion", "site", None),
    ("congestion", "site", None),
    ("mobility", "site", None),
    ("mobility", "site", 12),
    ("outage", "site", 6),
]
COMPLAINTS = [
    "Je ne capte plus rien dans mon appartement",
    "Pas de réseau chez moi depuis plusieurs jours",
    "les appels coupent sans arrêt à la maison",
    "no signal at home since last week",
    "internet is very slow in the evening at my place",
    "appels hachés, réseau très mauvais à domicile",
]
OTHER_TEXTS = [
    "ma facture est trop élevée ce mois-ci",
    "I would like to change my plan",
    "le réseau va bien, je voulais connaître la date de fin d'engagement",
    "question about roaming prices for my trip",
]


class Site:
    def __init__(self, number, x, y):
        self.x, self.y = x, y
        self.id = f"TLS{number:04d}"
        self.cells = [f"208-20-{((7000 + number) << 8) + sector}" for sector in (11, 12, 13)]
        self.people = []

    def cell_towards(self, x, y):
        return self.cells[int(((math.atan2(x - self.x, y - self.y) + 2 * math.pi) % (2 * math.pi)) / (2 * math.pi) * 3)]


class Person:
    def __init__(self, rng, sites, side):
        self.id = f"{rng.getrandbits(40):010x}"
        self.x, self.y = rng.uniform(0, side), rng.uniform(0, side)
        near = sorted(sites, key=lambda s: (s.x - self.x) ** 2 + (s.y - self.y) ** 2)
        self.site, self.other_site = near[0], near[1]
        self.cell = self.site.cell_towards(self.x, self.y)
        self.other_cell = self.other_site.cell_towards(self.x, self.y)
        self.work = rng.choice(sites)
        self.work_cell = rng.choice(self.work.cells)
        self.events_a_day = min(60.0, rng.lognormvariate(2.6, 0.5))
        self.level = max(-103.0, min(-72.0, rng.gauss(-92, 6)))
        self.noise = (rng.gauss(-9.3, 0.8), rng.gauss(13, 2.5))
        self.work_level = max(-103.0, min(-72.0, rng.gauss(-90, 6)))
        self.kbps = rng.lognormvariate(math.log(28_000), 0.4)
        self.kind = "ordinary"
        self.problems, self.away = [], None
        self.tells_position = rng.random() < 0.4
        self.has_position_in_crm = rng.random() < 0.7
        self.network_care = rng.random() < 0.93
        draw = rng.random()
        if draw < 0.05:
            self.kind = "night_worker"
        elif draw < 0.17:
            self.kind = "wifi_offloader"
        elif draw < 0.27:
            self.kind = "stays_home"


def problem(rng, cause, scope, start, end=None, fault=None):
    felt = rng.random() < 0.7
    return {
        "cause": cause, "scope": scope, "fault": fault, "start": start, "end": end,
        "felt_probability": 0.7, "felt": felt,
    }


class Town:
    def __init__(self, seed, customers, days):
        self.rng = rng = random.Random(seed)
        self.days, self.end = days, START + days * DAY
        wide = max(3, round(math.sqrt(customers / 75)))
        side = wide * PITCH_KM
        self.sites = [
            Site(n, (n % wide + 0.5) * PITCH_KM, (n // wide + 0.5) * PITCH_KM) for n in range(wide * wide)
        ]
        self.people = [Person(rng, self.sites, side) for _ in range(customers)]
        for person in self.people:
            person.site.people.append(person)
        self.negatives, self.faults = [], []
        self.set_faults()
        self.set_people()

    def set_faults(self):
        rng = self.rng
        sites = sorted(self.sites, key=lambda site: -len(site.people))[: 3 * len(FAULTS)]
        rng.shuffle(sites)
        # A small town has fewer of them: a third of the sites at most.
        faults = FAULTS[:: max(1, 3 * len(FAULTS) // len(self.sites))]
        for number, ((cause, reach, days), site) in enumerate(zip(faults, sites)):
            start = START + rng.randint(8, 13) * DAY + rng.randint(6 * 60, 22 * 60) * MINUTE
            end = None if days is None else start + days * DAY
            cells = site.cells if reach == "site" else [max(site.cells, key=lambda c: sum(p.cell == c for p in site.people))]
            # Whose signal is strong enough to lose so much is not struck: he has no problem.
            near = [p for p in site.people if p.cell in cells and (cause != "coverage" or p.level < -82)]
            struck = [p for p in near if rng.random() < 0.9]
            for person in struck:
                person.problems.append(problem(rng, cause, "neighbourhood", start, end, number))
            self.faults.append({
                "cause": cause, "reach": "site" if reach == "site" else "sector", "trap": "", "site": site.id,
                "cells": cells, "start": start, "end": end, "customers": [p.id for p in struck], "ticket": True,
            })

    def set_people(self):
        rng = self.rng
        struck = {c for fault in self.faults for c in fault["customers"]}
        calm = [p for p in self.people if p.id not in struck]
        rng.shuffle(calm)
        share = lambda part: [calm.pop() for _ in range(round(part * len(self.people)))]
        for person in share(0.04):  # Deep indoors, from the first day.
            person.level, person.noise = rng.gauss(-115, 2), (rng.gauss(-11.5, 0.8), rng.gauss(4, 2))
            person.problems.append(problem(rng, "building", "individual", START))
        for person in share(0.012):  # A handset that breaks, wherever it is.
            device_from = START + rng.randint(3, 14) * DAY + rng.randint(0, 23) * HOUR
            person.problems.append(problem(rng, "device", "individual", device_from))
        for person in share(0.05):  # Weak and no worse.
            person.level = rng.gauss(-103, 1)
        for person in share(0.04):
            person.work_level = rng.gauss(-115, 2)
            self.negatives.append({"kind": "bad_work", "id": person.id})
        for person in share(0.05):
            first = rng.randint(9, self.days - 9)
            person.away = (first, first + rng.randint(4, 8))
            person.kind = "holiday"
            self.negatives.append({"kind": "bad_holiday", "id": person.id})
        evening = rng.choice([s for s in self.sites if s.id not in {f["site"] for f in self.faults}])
        self.evening = (evening, START + rng.randint(10, 20) * DAY + 18 * HOUR)
        self.negatives.append({"kind": "one_evening", "id": evening.id})
        self.negatives += [{"kind": "one_evening", "id": p.id} for p in evening.people]
        self.billing = share(0.06)
        self.negatives += [{"kind": "billing", "id": p.id} for p in self.billing]

    # Where somebody is at an hour of a day: "home", "work" or "away".
    def whereabouts(self, person, day, hour):
        if person.away and person.away[0] <= day < person.away[1]:
            return "away"
        workday = day % 7 < 5
        if person.kind == "night_worker" and workday:
            return "work" if hour >= 21 or hour < 6 else "home"
        if person.kind != "stays_home" and workday and 8 <= hour < 18:
            return "work"
        if not workday and 13 <= hour < 18 and self.rng.random() < 0.4:
            return "work"
        return "home"

    def probe(self, person, at, day, hour):
        rng, where = self.rng, self.whereabouts(person, day, hour)
        if where == "home" and person.kind == "wifi_offloader" and rng.random() < 0.6:
            return {"rat": "wifi", "kind": "data_session", "dl_kbps": 60_000, "volume_kb": 9_000} if rng.random() < 0.5 else None
        if hour < 6 and where == "home" and rng.random() < 0.45:
            return None
        level, (rsrq, sinr), kbps = person.level, person.noise, person.kbps
        active = {p["cause"] for p in person.problems if p["start"] <= at and (p["end"] is None or at < p["end"])}
        if where == "home":
            site, cell, pos = person.site, person.cell, (person.x, person.y)
            if rng.random() < 0.15:
                site, cell = person.other_site, person.other_cell
                level -= 3
        elif where == "work":
            site, cell, pos, level = person.work, person.work_cell, (person.work.x, person.work.y + 0.2), person.work_level
            rsrq, sinr, active = -9.0, 13.0, active & {"device"}
        else:
            cell, pos, level, active = "208-20-99000321", (90.0, 140.0), -116.0, active & {"device"}
        if "device" in active:
            level, rsrq, sinr = -116.0, rsrq - 2, sinr - 8
        if "coverage" in active:
            level, sinr = level - 24, sinr - 9
        if "interference" in active:
            rsrq, sinr = rsrq - 7.5, sinr - 15
        if where == "home" and person.site is self.evening[0] and 0 <= at - self.evening[1] < 4 * HOUR:
            rsrq, sinr = rsrq - 7, sinr - 14
        out = {"rat": "nr" if rng.random() < 0.12 else "lte", "cell_id": cell}
        if "outage" in active and rng.random() < 0.7:
            return {"rat": "lte", "kind": "no_service", "duration_s": rng.choice([900, 1800, 3600])}
        if person.tells_position and rng.random() < 0.6:
            out["lat"] = round(LAT + (pos[1] + rng.gauss(0, 0.03)) / KM_LAT, 5)
            out["lon"] = round(LON + (pos[0] + rng.gauss(0, 0.03)) / KM_LON, 5)
        out["rsrp_dbm"] = round(max(-139, min(-45, rng.gauss(level, 3.5))))
        out["rsrq_db"] = round(max(-33, min(2, rng.gauss(rsrq, 1.2))), 1)
        out["sinr_db"] = round(max(-22, min(39, rng.gauss(sinr, 2.8))), 1)
        self.kind(out, active, kbps, level, hour)
        return out

    def kind(self, out, active, kbps, level, hour):
        rng, draw = self.rng, self.rng.random()
        if draw < 0.55:
            out["kind"] = "measurement"
        elif draw < 0.8:
            if "congestion" in active and 17 <= hour < 23:
                kbps *= 0.05
            elif level < -112:
                kbps *= 0.25
            out |= {"kind": "data_session", "dl_kbps": round(kbps * rng.lognormvariate(0, 0.5)), "volume_kb": rng.randint(200, 30_000)}
            out["latency_ms"] = round(rng.lognormvariate(3.6, 0.3))
        elif "mobility" in active and draw < 0.92:
            out["kind"] = rng.choice(["handover_failure", "call_drop", "rlf"])
        elif draw < 0.9:
            out |= {"kind": "call_setup", "setup_ok": rng.random() < 0.985, "setup_time_ms": round(rng.gauss(3_200, 500))}
        else:
            out |= {"kind": "call_drop" if rng.random() < 0.01 else "call_end", "duration_s": rng.randint(20, 600)}

    def day(self, day):
        rng, records = self.rng, []
        for person in self.people:
            for _ in range(max(0, round(rng.gauss(person.events_a_day, 3)))):
                at = START + day * DAY + int(rng.betavariate(1.6, 1.1) * DAY)
                hour = (at - START) // HOUR % 24
                probe = self.probe(person, at, day, hour)
                if probe:
                    records.append((at, {"customer_id": person.id, "ts": at, **probe}))
        records.sort(key=lambda record: record[0])
        return [record for _, record in records]

    def contacts(self):
        rng, out = self.rng, []
        def contact(person, at, reason, text):
            out.append({
                "contact_id": f"ct-{len(out)}", "customer_id": person.id, "ts": at, "channel": rng.choice(["phone", "chat", "app"]),
                **({"reason_code": reason} if reason and rng.random() < 0.6 else {}), **({"text": text} if rng.random() < 0.7 else {}),
            })
        for person in self.people:
            for trouble in person.problems:
                at = trouble["start"] + rng.expovariate(1 / (6 * DAY))
                while trouble["felt"] and at < min(trouble["end"] or self.end, self.end):
                    contact(person, int(at), "NETWORK_INDOOR", rng.choice(COMPLAINTS))
                    at += rng.expovariate(1 / (9 * DAY)) + DAY
            if rng.random() < 0.01:
                contact(person, START + rng.randrange(self.days * DAY), "NETWORK_OTHER", "la 4G était lente dans le train")
        for person in self.billing:
            contact(person, START + rng.randrange(self.days * DAY), "BILLING_AMOUNT", rng.choice(OTHER_TEXTS))
        return sorted(out, key=lambda contact: contact["ts"])

    def crm(self, person):
        rng = self.rng
        row = {
            "customer_id": person.id, "churn_risk": round(rng.betavariate(1.3, 40), 4), "arpu_eur": round(rng.uniform(9, 45), 2),
            "segment": rng.choice(["low", "mid", "high"]),
            "consent": {"network_care": person.network_care, "marketing": rng.random() < 0.4, "location": True},
            "device": {"vowifi": rng.random() < 0.7, "volte": True, "nr": rng.random() < 0.4}, "has_fixed_broadband": rng.random() < 0.75,
        }
        if person.has_position_in_crm:
            row |= {"home_lat": round(LAT + person.y / KM_LAT, 5), "home_lon": round(LON + person.x / KM_LON, 5)}
        return row

    def cells(self):
        for site in self.sites:
            for sector, cell in enumerate(site.cells):
                yield {
                    "cell_id": cell, "site_id": site.id, "lat": round(LAT + site.y / KM_LAT, 5),
                    "lon": round(LON + site.x / KM_LON, 5), "azimuth_deg": 60 + 120 * sector, "rat": "lte", "band": 20,
                }

    def truth(self, seed):
        people = [{
            "customer_id": p.id, "kind": p.kind, "network_care": p.network_care, "location": True, "problems": p.problems,
            "felt_probability_without_problem": 0.02,
            "homes": [{
                "lat": LAT + p.y / KM_LAT, "lon": LON + p.x / KM_LON, "site": p.site.id, "cells": [p.cell, p.other_cell],
            }],
        } for p in self.people]
        return {
            "seed": seed, "start": START, "end": self.end, "people": people, "faults": self.faults,
            "hard_negatives": self.negatives,
        }


def write(path, rows):
    with path.open("w") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--customers", type=int, default=2500)
    parser.add_argument("--days", type=int, default=28)
    args = parser.parse_args()
    if args.days < 22:
        parser.error("--days: 22 at least, so that faults and holidays have room")
    args.out.mkdir(parents=True, exist_ok=True)
    town = Town(args.seed, args.customers, args.days)
    write(args.out / "cells.jsonl", town.cells())
    write(args.out / "crm.jsonl", (town.crm(person) for person in town.people))
    write(args.out / "contacts.jsonl", town.contacts())
    write(args.out / "probes.jsonl", (probe for day in range(args.days) for probe in town.day(day)))
    (args.out / "truth.json").write_text(json.dumps(town.truth(args.seed)))


if __name__ == "__main__":
    main()
