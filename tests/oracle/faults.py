#!/usr/bin/env python3
"""Judges one round of tests/faults by what a plain read_committed consumer found in the topics.

usage: faults.py FOLDER

FOLDER holds crm, offers, journal, areas and dead_letters as .jsonl (a record a line: partition, offset, timestamp, key,
value, headers), offsets.json, round.json, and the instances' logs. None of the product's code is used here. The last
line is JSON: {"actions": N, "reordered": false, "violations": ["promise: what breaks it", ...]}.
"""

import collections
import datetime
import itertools
import json
import pathlib
import re
import sys
import zoneinfo

INPUTS = ("crm", "outcomes", "surveys", "contacts", "probes")
DAY_MS = 86_400_000
# How an instance may end by itself: the broker was away at its start, or its name was taken.
ENDS_ALLOWED = (3, 5)
# Or the store was full when it started, and it said so: to the check (4), or after it (1).
STORE_FULL = re.compile(r"(nothing can be written there|the snapshot store cannot be written).*No space left on device")
# In the header of a snapshot that the driver puts there in another cluster's name.
ANOTHERS = b'"cluster":"another"'


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def millis(text):
    return int(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)


class Round:
    """What one round left behind."""

    def __init__(self, folder):
        folder = pathlib.Path(folder)
        self.folder = folder
        self.facts = json.loads((folder / "round.json").read_text())
        self.offsets = json.loads((folder / "offsets.json").read_text())
        self.crm = lines(folder / "crm.jsonl")
        self.letters = lines(folder / "dead_letters.jsonl")
        self.areas = lines(folder / "areas.jsonl")
        messages = [dict(json.loads(r["value"]), at_offset=r["offset"]) for r in lines(folder / "journal.jsonl")]
        # An epoch of many decisions has parts before its record: they hold decisions and nothing else.
        self.journal = [message for message in messages if not message.get("part")]
        self.actions = lines(folder / "offers.jsonl")
        for action in self.actions:
            action["body"] = json.loads(action["value"])
            action["type"] = action["headers"]["ce_type"].removeprefix("org.homeqos.").removesuffix(".v1")
            action["ce_id"] = action["headers"]["ce_id"]
        self.decisions = [d for message in messages for d in message["decisions"]]

    def offers(self):
        return [a for a in self.actions if a["type"] == "offer.made"]

    def tickets(self):
        return [a for a in self.actions if a["type"].startswith("ticket.")]

    def logs(self):
        return {path.name: path.read_text(errors="replace") for path in sorted(self.folder.glob("*.err"))}


def once(found, what):
    """Each of `found` comes once."""
    return [f"{what} came {n} times: {name}" for name, n in collections.Counter(found).items() if n > 1]


def actions_are_journalled(round_):
    """Every offer journalled as emitted is on the topic exactly once, and the reverse; so are withdrawals."""
    there = [a["ce_id"] for a in round_.actions if a["type"].startswith("offer.")]
    said, withheld = [], set()
    for decision in round_.decisions:
        if decision["verdict"] == "emitted":
            said.append(decision["id"] + ".1")
        elif decision["verdict"] == "withheld":
            withheld.add(decision["id"])
        elif decision["verdict"] == "withdrawn" and decision["id"] not in withheld:
            said.append(decision["id"] + ".2")
    yield from once(there, "an action")
    yield from once(said, "a decision")
    yield from (f"journalled and not on the topic: {name}" for name in sorted(set(said) - set(there)))
    yield from (f"on the topic and not journalled: {name}" for name in sorted(set(there) - set(said)))


def is_reordered(round_):
    """Whether the actions are those of the order in which the lanes read the records, which was not that of time.

    An instance may be brought the records of one topic before it hears of another's.
    """
    there, as_read = {a["ce_id"] for a in round_.actions}, round_.facts.get("as_read")
    return as_read is not None and there == set(as_read) != set(round_.facts["expected"])


def actions_are_those_of_the_core(round_):
    """Without area stage the actions are those that the core alone makes of the same records.

    In the order of time, unless the round is reordered; and in the order that the journal tells, always.
    """
    if round_.facts["kind"] != "alone":
        return
    expected, as_read = set(round_.facts["expected"]), round_.facts.get("as_read")
    there = {a["ce_id"] for a in round_.actions}
    if not expected:
        yield "the core alone makes no action: nothing was tested"
    by_id = {d["id"] + ".1": d for d in (*round_.facts["decisions"], *round_.decisions) if d.get("id")}
    orders = [] if is_reordered(round_) else [("", expected)]
    if as_read is not None:
        orders.append((" in the journal's order", set(as_read)))
    for order, wanted in orders:
        for word, names in (("lost", wanted - there), ("not to be", there - wanted)):
            for name in sorted(names):
                made = by_id.get(name, {})
                yield f"{word}{order}: {name} {made.get('customer')} {made.get('action')} at {made.get('at')}"


def journal_is_whole(round_):
    """A lane's epochs count without gap, each begins where the one before ended, and its runs fill it."""
    last = {}
    for record in sorted(round_.journal, key=lambda r: (r["lane"], r["at_offset"])):
        lane, epoch = record["lane"], record["epoch"]
        before = last.get(lane)
        if before is None and epoch != 1:
            yield f"lane {lane} begins with epoch {epoch}"
        if before is not None and (epoch != before["epoch"] + 1 or record["start"] != before["end"]):
            yield f"lane {lane}: epoch {epoch} does not follow {before['epoch']}"
        taken = collections.Counter()
        for run in record["runs"]:
            if run[0] != "tick":
                taken[run[0]] += run[1]
        for name in INPUTS:
            if record["start"][name] + taken[name] != record["end"][name]:
                yield f"lane {lane} epoch {epoch}: its runs of {name} do not fill it"
        last[lane] = record
    return last


def offsets_are_the_journals(round_):
    """What is committed is what the last journal record says, with its epoch beside it; nothing is left unread."""
    last = {}
    for record in round_.journal:
        if record["epoch"] >= last.get(record["lane"], record)["epoch"]:
            last[record["lane"]] = record
    for name in INPUTS:
        for partition, found in round_.offsets[name].items():
            record, committed = last.get(int(partition)), found["committed"]
            if record is None or committed is None:
                if found["end"] > 0:
                    yield f"{name} {partition} was never committed"
                continue
            mark = json.loads(committed["mark"] or "{}")
            if committed["offset"] != record["end"][name]:
                yield f"{name} {partition}: committed {committed['offset']}, journalled {record['end'][name]}"
            if mark.get("epoch") != record["epoch"]:
                yield f"{name} {partition}: the mark says epoch {mark.get('epoch')}, the journal {record['epoch']}"
            if committed["offset"] != found["end"]:
                yield f"{name} {partition}: committed {committed['offset']}, the topic ends at {found['end']}"
    for partition, found in round_.offsets["area_counts"].items():
        if found["committed"] and found["committed"]["offset"] > found["end"]:
            yield f"area_counts {partition}: committed beyond its end"


def bad_records_are_kept(round_):
    """Every refused record is in the dead letters once, and as many as the core refuses, reason by reason."""
    places = [tuple(r["headers"][k] for k in ("dlq.topic", "dlq.partition", "dlq.offset")) for r in round_.letters]
    yield from once(places, "a dead letter")
    if round_.facts["kind"] == "alone":
        there = collections.Counter(r["headers"]["dlq.reason"] for r in round_.letters)
        for reason in sorted(set(there) | set(round_.facts["letters"])):
            want = round_.facts["letters"].get(reason, 0)
            if there[reason] != want:
                yield f"dead letters for {reason}: {there[reason]}, {want} were to be"


def rows_of(round_):
    """(customer -> [(time, consents to care or None for erased)]) of the CRM topic, in its order."""
    rows = collections.defaultdict(list)
    for record in round_.crm:
        # Rows without a time of the town's are from before it.
        consents = None
        if record["value"] is not None:
            consents = json.loads(record["value"]).get("consent", {}).get("network_care", False)
        rows[record["key"]].append((record["timestamp"], consents))
    return rows


def offers_respect_people(round_):
    """No offer without consent, to the erased, past a cap, inside a cooldown, or in quiet hours."""
    rules, zone = round_.facts["rules"], zoneinfo.ZoneInfo(round_.facts["zone"])
    rows, made = rows_of(round_), collections.defaultdict(list)
    for offer in round_.offers():
        body = offer["body"]
        at = millis(body["recommendationDate"])
        kind = body["recommendationItem"][0]["product"]["productOffering"]["id"]
        made[offer["key"]].append((at, kind, body["channel"][0]["id"], offer["ce_id"]))
    for customer, offers in made.items():
        known = rows.get(customer, [])
        if not known:
            yield f"an offer to {customer}, whom CRM does not know"
            continue
        first, later = known[0], known[1:]
        for at, _, _, name in offers:
            state = first[1]
            for since, consents in later:
                # A row and an offer of one minute may be told in either order.
                state = consents if since < at - 60_000 else state
            if not state:
                yield f"{name} to {customer}, who {'is erased' if state is None else 'does not consent'}"
            hour = datetime.datetime.fromtimestamp(at / 1000, zone).hour
            if hour >= rules["quiet_from_hour"] or hour < rules["quiet_to_hour"]:
                yield f"{name} at {hour} h"
        yield from caps(customer, sorted(offers), rules)


def caps(customer, offers, rules):
    for n, (at, kind, channel, name) in enumerate(offers):
        before = [o for o in offers[:n]]
        recent = [o for o in before if at - o[0] < 90 * DAY_MS]
        if len(recent) >= rules["offers_per_90_days"]:
            yield f"{name}: offer {len(recent) + 1} to {customer} in 90 days"
        cap = rules["channel_caps_30_days"].get(channel)
        if cap is not None and sum(o[2] == channel and at - o[0] < 30 * DAY_MS for o in before) >= cap:
            yield f"{name}: too many by {channel} to {customer}"
        cooldown = rules["catalogue"][kind]["cooldown_days"]
        if any(o[1] == kind and at - o[0] < cooldown * DAY_MS for o in before):
            yield f"{name}: {kind} again to {customer} within {cooldown} days"


def tickets_are_rows(round_):
    """Every ticket message is one revision written to the areas' rows, and the reverse."""
    there = [(a["body"]["id"], a["body"]["revision"]) for a in round_.tickets()]
    yield from once(there, "a ticket's revision")
    yield from once([a["ce_id"] for a in round_.tickets()], "a ticket's message")
    highest = {}
    for record in round_.areas:
        if record["value"] is None:
            continue
        open_now = []
        for verdict in json.loads(record["value"]).get("verdicts", []):
            ticket = verdict.get("ticket")
            if ticket is not None:
                highest[ticket] = max(highest.get(ticket, 0), verdict["revision"])
            if verdict["state"] in ("open", "taken_up"):
                open_now.append(json.dumps([verdict["cause"], verdict["scope"]], sort_keys=True))
        yield from (f"{text} in {record['key']}" for text in once(open_now, "an open ticket of one cause and scope"))
    written = {(ticket, n) for ticket, top in highest.items() for n in range(1, top + 1)}
    yield from (f"in the rows and not on the topic: {name}" for name in sorted(written - set(there)))
    yield from (f"on the topic and not in the rows: {name}" for name in sorted(set(there) - written))


def open_tickets_are_single(round_):
    """By the messages alone: at most one open ticket per area, cause and scope at any time."""
    state = {}
    for action in sorted(round_.tickets(), key=lambda a: (a["partition"], a["offset"])):
        body = action["body"]
        scope = json.dumps([sorted(x["id"] for x in body["affectedResource"])]) if body["why"]["scope"] != "site" else ""
        place = (action["key"], body["reason"], body["why"]["scope"], scope)
        is_open = action["type"] not in ("ticket.resolved", "ticket.cancelled")
        state[body["id"]] = (place, is_open)
        others = [t for t, (p, o) in state.items() if o and p == place and t != body["id"]]
        if is_open and others and body["why"]["scope"] == "site":
            yield f"{body['id']} is open beside {others[0]} for {place}"


def the_erased_are_gone(round_):
    """After the round's last snapshots nothing of an erased customer is in them."""
    erased = {customer for customer, rows in rows_of(round_).items() if rows[-1][1] is None}
    group = round_.folder / "state" / round_.facts["group"]
    for lane in sorted(group.glob("lane-*")):
        snapshots = ((path, path.read_bytes()) for path in sorted(lane.glob("*.snap"), reverse=True))
        # What the driver put there in another cluster's name is not ours to clean.
        ours = ((path, data) for path, data in snapshots if ANOTHERS not in data)
        for path, data in itertools.islice(ours, 1):
            for customer in sorted(erased):
                if customer.encode() in data:
                    yield f"{customer} is erased and in {lane.name}/{path.name}"


def series(text, name):
    found = re.findall(rf"^{name}(\{{[^}}]*\}})? ([0-9.e+-]+)$", text, re.MULTILINE)
    return {labels: float(value) for labels, value in found}


def instances_are_sound(round_):
    """Whoever survived is balanced and healthy; whoever ended by itself said why."""
    for metric in round_.facts["metrics"]:
        text, who = metric["text"], f"instance {metric['instance']}"
        total = collections.defaultdict(lambda: collections.defaultdict(float))
        for what in ("consumed", "folded", "rejected", "late", "duplicate", "control", "forwarded", "erased"):
            for labels, value in series(text, f"homeqos_records_{what}_total").items():
                total[re.search(r'input="(\w+)"', labels)[1]][what] += value
        for name, by in total.items():
            if by["consumed"] != sum(value for what, value in by.items() if what != "consumed"):
                yield f"{who}: {name} is not balanced: {dict(by)}"
        alone = round_.facts["kind"] == "alone"
        for name in ("broken_invariants", *(("state_hash_mismatch", "replay_divergence") if alone else ())):
            for value in series(text, f"homeqos_{name}_total").values():
                if value:
                    yield f"{who}: homeqos_{name}_total is {value:g}"
    for end in round_.facts["exits"]:
        told = end["why"] == "told to stop"
        allowed = (0,) if told else ENDS_ALLOWED
        full = end["code"] in (1, 4) and any(STORE_FULL.search(words) for words in end["said"])
        if end["code"] not in allowed and not full:
            yield f"instance {end['instance']} ended ({end['why']}) with {end['code']}: {end['said'][:1]}"
    for name, text in round_.logs().items():
        if "panicked at" in text:
            yield f"{name}: {text[text.index('panicked at'):][:200]}"
        if round_.facts["kind"] == "alone" and "the state differs from the journal's hash" in text:
            yield f"{name}: a state made again differs from the journal's hash"
        if "cannot be restored" in text:
            yield f"{name}: {text[text.index('cannot be restored') - 20:][:250]}"


PROMISES = (
    actions_are_journalled,
    actions_are_those_of_the_core,
    journal_is_whole,
    offsets_are_the_journals,
    bad_records_are_kept,
    offers_respect_people,
    tickets_are_rows,
    open_tickets_are_single,
    the_erased_are_gone,
    instances_are_sound,
)


def judge(round_):
    return [f"{promise.__name__}: {found}" for promise in PROMISES for found in promise(round_)]


def main():
    round_ = Round(sys.argv[1])
    found = judge(round_)
    print(json.dumps({"actions": len(round_.actions), "reordered": is_reordered(round_), "violations": found[:50]}))


if __name__ == "__main__":
    main()
