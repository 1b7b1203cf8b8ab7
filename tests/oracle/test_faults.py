"""The oracle of the fault rounds finds what is broken, and accuses nobody of what is whole."""

import copy
import json
import pathlib
import tempfile
import unittest

import faults

INPUTS = {name: 0 for name in faults.INPUTS}


def decision(verdict="emitted", ident="of_1", customer="C1"):
    return {"verdict": verdict, "id": ident, "customer": customer, "reason": "best_gain", "at": 0}


def epoch(number, start, end, decisions=()):
    return {
        "lane": 0, "epoch": number, "start": dict(INPUTS, probes=start), "end": dict(INPUTS, probes=end),
        "runs": [["tick", 0], ["probes", end - start]], "decisions": list(decisions),
    }


def offer(ident="of_1", customer="C1", at="2026-10-20T10:00:00Z", kind="sim_swap", channel="app"):
    body = {
        "id": ident, "recommendationDate": at, "channel": [{"id": channel}],
        "recommendationItem": [{"product": {"productOffering": {"id": kind}}}],
    }
    headers = {"ce_type": "org.homeqos.offer.made.v1", "ce_id": ident + ".1"}
    return {"partition": 0, "offset": 0, "timestamp": 0, "key": customer, "value": json.dumps(body), "headers": headers}


def ticket(revision, ident="tk_1", area="7", word="updated"):
    body = {"id": ident, "revision": revision, "reason": "coverage", "affectedResource": [], "why": {"scope": "site"}}
    headers = {"ce_type": f"org.homeqos.ticket.{word}.v1", "ce_id": f"{ident}.{revision}"}
    value = json.dumps(body)
    return {"partition": 0, "offset": revision, "timestamp": 0, "key": area, "value": value, "headers": headers}


def row(revision, state="open", others=()):
    first = {"cause": "coverage", "scope": "site", "state": state, "ticket": "tk_1", "revision": revision}
    value = json.dumps({"verdicts": [first, *others]})
    return {"partition": 0, "offset": revision, "timestamp": 0, "key": "7", "value": value, "headers": {}}


def crm(customer, consents, at=0):
    value = None if consents is None else json.dumps({"consent": {"network_care": consents}})
    return {"partition": 0, "offset": 0, "timestamp": at, "key": customer, "value": value, "headers": {}}


def whole():
    """A round in which every promise holds."""
    offsets = {name: {"0": {"end": 0, "committed": {"offset": 0, "mark": '{"epoch":2}'}}} for name in faults.INPUTS}
    offsets["probes"]["0"] = {"end": 9, "committed": {"offset": 9, "mark": '{"epoch":2}'}}
    offsets["area_counts"] = {}
    rules = {
        "quiet_from_hour": 20, "quiet_to_hour": 9, "offers_per_90_days": 2, "channel_caps_30_days": {"phone": 1},
        "catalogue": {"sim_swap": {"cooldown_days": 30}, "care_callback": {"cooldown_days": 30}},
    }
    facts = {
        "kind": "alone", "rules": rules, "zone": "Europe/Paris", "expected": ["of_1.1"], "decisions": [], "letters": {},
        "exits": [{"instance": 0, "life": 1, "code": 0, "why": "told to stop", "said": []}], "metrics": [], "group": "g",
    }
    return {
        "journal": [epoch(1, 0, 5), epoch(2, 5, 9, [decision()])], "offers": [offer()], "areas": [], "dead_letters": [],
        "crm": [crm("C1", True)], "offsets": offsets, "round": facts,
    }


def judged(parts, files=()):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for what in ("offers", "areas", "dead_letters", "crm"):
            (folder / f"{what}.jsonl").write_text("".join(json.dumps(r) + "\n" for r in parts[what]))
        records = [{"offset": n, "value": json.dumps(r)} for n, r in enumerate(parts["journal"])]
        (folder / "journal.jsonl").write_text("".join(json.dumps(r) + "\n" for r in records))
        (folder / "offsets.json").write_text(json.dumps(parts["offsets"]))
        (folder / "round.json").write_text(json.dumps(parts["round"]))
        for path, data in files:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
        return faults.judge(faults.Round(folder))


class Oracle(unittest.TestCase):
    def setUp(self):
        self.parts = copy.deepcopy(whole())

    def accused(self, *words, files=()):
        found = judged(self.parts, files)
        self.assertTrue(all(any(word in text for text in found) for word in words), found)

    def test_a_whole_round_is_not_accused(self):
        self.assertEqual(judged(self.parts), [])

    def test_an_action_that_comes_twice_is_found(self):
        self.parts["offers"].append(offer())
        self.accused("an action came 2 times: of_1.1")

    def test_an_action_nobody_journalled_is_found_and_a_decision_without_its_action(self):
        self.parts["journal"][1]["decisions"] = [decision(ident="of_2")]
        self.accused("not journalled: of_1.1", "not on the topic: of_2.1")

    def test_an_action_the_core_would_not_make_is_found_and_one_that_is_missing(self):
        self.parts["round"]["expected"] = ["of_3.1"]
        self.accused("lost: of_3.1", "not to be: of_1.1")

    def test_an_order_of_arrival_that_is_not_that_of_time_is_told_and_not_accused(self):
        self.parts["round"] |= {"expected": ["of_3.1"], "as_read": ["of_1.1"]}
        self.assertEqual(judged(self.parts), [])

    def test_an_action_that_the_journals_own_order_does_not_make_is_found(self):
        self.parts["round"]["as_read"] = ["of_3.1"]
        self.accused("lost in the journal's order: of_3.1", "not to be in the journal's order: of_1.1")

    def test_a_withheld_offer_is_not_looked_for_and_neither_is_its_withdrawal(self):
        held = [decision("withheld", "of_9"), decision("withdrawn", "of_9")]
        self.parts["journal"][1]["decisions"] += held
        self.assertEqual(judged(self.parts), [])

    def test_a_gap_in_the_journal_is_found(self):
        self.parts["journal"][1]["start"]["probes"] = 6
        self.accused("epoch 2 does not follow 1", "its runs of probes do not fill it")

    def test_an_offset_one_too_far_is_found(self):
        self.parts["offsets"]["probes"]["0"]["committed"]["offset"] = 10
        self.accused("committed 10, journalled 9", "the topic ends at 9")

    def test_a_record_nobody_read_is_found(self):
        self.parts["offsets"]["probes"]["0"]["end"] = 12
        self.accused("committed 9, the topic ends at 12")

    def test_dead_letters_that_come_twice_or_not_at_all_are_found(self):
        headers = {"dlq.topic": "t", "dlq.partition": "0", "dlq.offset": "4", "dlq.reason": "not_json"}
        letter = {"partition": 0, "offset": 0, "timestamp": 0, "key": "C1", "value": "{", "headers": headers}
        self.parts["dead_letters"] = [letter, letter]
        self.parts["round"]["letters"] = {"not_json": 1, "future": 1}
        self.accused("a dead letter came 2 times", "not_json: 2, 1 were", "future: 0, 1 were")

    def test_offers_without_consent_or_to_the_erased_are_found(self):
        self.parts["crm"].append(crm("C1", False, faults.millis("2026-10-19T10:00:00Z")))
        self.accused("C1, who does not consent")
        self.parts["crm"].append(crm("C1", None, faults.millis("2026-10-19T11:00:00Z")))
        self.accused("C1, who is erased")

    def test_offers_past_a_cap_inside_a_cooldown_or_at_night_are_found(self):
        days = ("2026-10-20T10:00:00Z", "2026-10-21T10:00:00Z", "2026-10-22T22:00:00Z")
        self.parts["offers"] = [offer(f"of_{n}", at=at) for n, at in enumerate(days)]
        self.accused("offer 3 to C1 in 90 days", "sim_swap again to C1 within 30 days", "of_2.1 at 0 h")
        self.parts["offers"] = [offer(f"of_{n}", at=days[n], kind="care_callback", channel="phone") for n in (0, 1)]
        self.accused("too many by phone")

    def test_a_ticket_without_its_row_and_a_row_without_its_ticket_are_found(self):
        self.parts["round"]["kind"] = "areas"
        self.parts["offers"] += [ticket(1, word="opened"), ticket(3)]
        self.parts["areas"] = [row(2)]
        self.accused("not on the topic: ('tk_1', 2)", "not in the rows: ('tk_1', 3)")

    def test_two_open_tickets_of_one_cause_and_scope_are_found(self):
        self.parts["round"]["kind"] = "areas"
        other = {"cause": "coverage", "scope": "site", "state": "taken_up", "ticket": "tk_2", "revision": 1}
        self.parts["offers"] += [ticket(1, word="opened"), ticket(1, "tk_2", word="opened")]
        self.parts["areas"] = [row(1, others=[other])]
        self.accused("an open ticket of one cause and scope came 2 times", "tk_2 is open beside tk_1")

    def test_an_erased_customer_in_the_newest_snapshot_is_found_and_not_in_an_older_one(self):
        self.parts["crm"].append(crm("C0000077", None))
        older, newest = "state/g/lane-00000/01.snap", "state/g/lane-00000/02.snap"
        self.assertEqual(judged(self.parts, [(older, b"..C0000077.."), (newest, b"...")]), [])
        self.accused("C0000077 is erased and in", files=[(newest, b"..C0000077..")])
        anothers = ("state/g/lane-00000/03.snap", b'{"cluster":"another"}..C0000077..')
        self.assertEqual(judged(self.parts, [(newest, b"..."), anothers]), [])
        self.accused("lane-00000/02.snap", files=[(newest, b"..C0000077.."), anothers])

    def test_an_instance_out_of_balance_or_ending_without_a_reason_is_found(self):
        text = 'homeqos_records_consumed_total{input="probes"} 7\nhomeqos_records_folded_total{input="probes"} 6\n'
        text += "homeqos_broken_invariants_total 1\n"
        self.parts["round"]["metrics"] = [{"instance": 0, "text": text}]
        end = {"instance": 1, "life": 2, "code": 101, "why": "by itself", "said": ["?"]}
        self.parts["round"]["exits"].append(end)
        self.accused("probes is not balanced", "broken_invariants_total is 1", "ended (by itself) with 101")

    def test_an_instance_may_refuse_to_start_where_the_store_is_full_and_for_nothing_else(self):
        said = "homeqos: `state.store`: nothing can be written there (No space left on device (os error 28))"
        end = {"instance": 1, "life": 2, "code": 4, "why": "by itself", "said": [said]}
        self.parts["round"]["exits"].append(end)
        self.assertEqual(judged(self.parts), [])
        self.parts["round"]["exits"].append(end | {"said": ["homeqos: there is no topic"]})
        self.accused("ended (by itself) with 4: ['homeqos: there is no topic']")

    def test_a_panic_and_a_refused_lane_are_found_in_a_log(self):
        log = b"thread 'worker-0' panicked at src/x.rs:1\nlane 3 cannot be restored: no journal\n"
        self.accused("panicked at src/x.rs", "lane 3 cannot be restored", files=[("i0-1.err", log)])
