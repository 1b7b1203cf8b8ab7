"""What the comparison of views with the oracle must notice."""

import copy
import unittest

import ucc_compare

TOLD = {"samples": 9, "good": 4, "marginal": 2, "poor": 1, "rsrp": [0, 1, 0, 0, 0, 0, 4, 4]}
VIEW = {
    "quality": {
        "windows": {"today_yesterday": {"samples": 9, "good": 4, "marginal": 2, "poor": 1}},
        "rsrp_dbm": {"samples": [0, 1, 0, 0, 0, 0, 4, 4]},
    }
}


class Compare(unittest.TestCase):
    def test_equal_figures_do_not_differ(self):
        self.assertIsNone(ucc_compare.difference(TOLD, VIEW))

    def test_a_count_that_differs_is_named(self):
        view = copy.deepcopy(VIEW)
        view["quality"]["windows"]["today_yesterday"]["poor"] = 2
        self.assertEqual(ucc_compare.difference(TOLD, view), "poor: oracle 1, homeqos 2")

    def test_bins_that_differ_are_named(self):
        view = copy.deepcopy(VIEW)
        view["quality"]["rsrp_dbm"]["samples"][0] = 1
        self.assertIn("RSRP bins", ucc_compare.difference(TOLD, view))


if __name__ == "__main__":
    unittest.main()
