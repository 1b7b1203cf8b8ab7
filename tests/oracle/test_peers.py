"""The peers' rules on presences whose answer is known."""

import unittest

import peers

HOUR = 3_600_000
# 2026-09-28T20:00:00Z: 22:00 in Paris.
EVENING = 1_790_625_600_000


def probe(at, cell, **more):
    return {"customer_id": "A", "ts": at, "cell_id": cell, **more}


def presence(probes):
    return peers.presences(probes, {"1a": "1", "2a": "2"}, "Europe/Paris")["A"]


class Peers(unittest.TestCase):
    def test_a_night_is_local_and_belongs_to_the_evenings_date(self):
        nights = peers.Nights("Europe/Paris")
        self.assertEqual(nights.of(EVENING), nights.of(EVENING + 7 * HOUR))
        self.assertIsNone(nights.of(EVENING + 9 * HOUR))
        self.assertNotEqual(nights.of(EVENING), nights.of(EVENING + 24 * HOUR))

    def test_the_three_rules_differ_where_they_should(self):
        day = 24 * HOUR
        probes = [probe(EVENING + night * day, "1a") for night in range(3)]
        # Another site: one night, many events, an unbroken stay of two hours.
        probes += [probe(EVENING + 5 * day + i * HOUR // 4, "2a") for i in range(9)]
        self.assertEqual(presence(probes).sites(), {"most nights": "1", "most events": "2", "longest stay": "2"})

    def test_judged_by_cell_or_by_position_within_500_metres(self):
        day = 24 * HOUR
        probes = [probe(EVENING + night * day, "1a", lat=45.75, lon=4.85) for night in range(7)]
        people = {"A": presence(probes)}

        def right(home):
            truth = {"people": [{"customer_id": "A", "kind": "ordinary", "homes": [home]}]}
            return peers.judge(truth, people, {})["most nights"]["ordinary"]

        self.assertEqual(right({"lat": 45.9, "lon": 4.85, "cells": ["1a"]}), [1, 1])
        self.assertEqual(right({"lat": 45.754, "lon": 4.85, "cells": ["9a"]}), [1, 1])
        self.assertEqual(right({"lat": 45.755, "lon": 4.85, "cells": ["9a"]}), [0, 1])


if __name__ == "__main__":
    unittest.main()
