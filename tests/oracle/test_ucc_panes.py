"""The oracle's own tests: rows whose verdict can be told by hand."""

import unittest

import ucc_panes as oracle

ROW = {
    "Timestamp": "2020.02.13_13.57.29", "Longitude": "-8.394565", "Latitude": "51.886188", "Speed": "0",
    "Operatorname": "B", "CellID": "11", "NetworkMode": "5G", "RSRP": "-101", "RSRQ": "-15", "SNR": "4.0", "CQI": "11",
    "RSSI": "-103", "DL_bitrate": "169", "UL_bitrate": "129", "State": "D", "PINGAVG": "-", "PINGLOSS": "-",
    "CELLHEX": "B", "NODEHEX": "A4DF", "LACHEX": "9CBA", "RAWCELLID": "10805003", "NRxRSRP": "-103", "NRxRSRQ": "-11",
}


def row(**changes):
    return {**ROW, **changes}


def graded(**changes):
    return oracle.grade(oracle.sample(row(**changes)))


class Rows(unittest.TestCase):
    def test_a_5g_row_with_nr_values_is_nr_and_without_them_its_anchor(self):
        one = oracle.sample(row())
        self.assertEqual((one["technology"], one["values"]["rsrp"], one["values"]["rsrq"]), ("nr", -103, -11))
        for sentinel in ("-", "-205", "-51"):
            one = oracle.sample(row(NRxRSRP=sentinel))
            self.assertEqual((one["technology"], one["values"]["rsrp"], one["values"]["rsrq"]), ("lte", -101, -15))

    def test_sentinels_are_absent(self):
        for text in ("2147483647", "2147483647.0"):
            self.assertIsNone(oracle.sample(row(NRxRSRQ=text))["values"]["rsrq"])
        one = oracle.sample(row(NRxRSRQ="2147483647", RAWCELLID="0"))
        self.assertEqual((one["values"]["rsrq"], one["cell"]), (None, None))

    def test_a_value_out_of_range_rejects_the_row(self):
        for bad in ({"SNR": "-30"}, {"NRxRSRQ": "-54"}, {"NetworkMode": "LTE", "RSRQ": "7"}):
            with self.assertRaisesRegex(oracle.Rejected, "out_of_range"):
                oracle.sample(row(**bad))
        with self.assertRaisesRegex(oracle.Rejected, "bad_position"):
            oracle.sample(row(Latitude="-1", Longitude="-1"))

    def test_an_idle_phone_tells_no_rate(self):
        self.assertNotIn("dl", oracle.sample(row(State="I"))["values"])


class Grades(unittest.TestCase):
    def test_thresholds_are_those_of_the_design(self):
        lte = {"NetworkMode": "LTE", "RSRQ": "-10", "SNR": "10"}
        for rsrp, verdict in (("-95", "good"), ("-96", "fair"), ("-100", "fair"), ("-101", "marginal"),
                              ("-110", "marginal"), ("-111", "poor")):
            self.assertEqual(graded(RSRP=rsrp, **lte), verdict, rsrp)
        self.assertEqual(graded(NetworkMode="LTE", RSRP="-90", RSRQ="-16", SNR="10"), "poor")
        self.assertEqual(graded(NetworkMode="LTE", RSRP="-90", RSRQ="-13", SNR="10"), "marginal")
        self.assertEqual(graded(NetworkMode="LTE", RSRP="-90", RSRQ="-10", SNR="-1"), "poor")
        self.assertEqual(graded(NetworkMode="LTE", RSRP="-90", RSRQ="-10", SNR="4"), "marginal")

    def test_nr_is_not_judged_by_rsrp_alone(self):
        self.assertEqual(graded(NRxRSRP="-120", NRxRSRQ="-11", SNR="12"), "marginal")
        self.assertEqual(graded(NRxRSRP="-120", NRxRSRQ="-13", SNR="12"), "poor")
        self.assertEqual(graded(NRxRSRP="-120", NRxRSRQ="-11", SNR="4"), "poor")

    def test_absent_values_are_skipped(self):
        self.assertEqual(graded(NetworkMode="LTE", RSRP="-200", RSRQ="-", SNR="12"), "good")
        self.assertIsNone(graded(NetworkMode="LTE", RSRP="-200", RSRQ="-", SNR="-"))

    def test_second_and_third_generation_have_their_own_threshold(self):
        self.assertEqual(graded(NetworkMode="HSPA+", RSRP="-106"), "poor")
        self.assertEqual(graded(NetworkMode="HSPA+", RSRP="-105"), "fair")
        self.assertEqual(graded(NetworkMode="EDGE", RSRP="-101"), "poor")


class Traces(unittest.TestCase):
    def test_rows_are_all_accounted_for(self):
        rows = [row(), row(), row(Timestamp="2020.02.13_13.57.30"), row(SNR="-30")]
        told = oracle.trace(rows, "x/Static/y.csv")
        self.assertEqual((told["rows"], told["folded"], told["duplicate"], told["rejected"]),
                         (4, 2, 1, {"out_of_range": 1}))
        self.assertEqual(told["days"]["2020-02-13"]["rsrp"], [0, 0, 0, 0, 2, 0, 0, 0])
        self.assertEqual(told["days"]["2020-02-13"]["marginal"], 2)

    def test_a_row_that_differs_in_position_only_is_the_same_probe(self):
        told = oracle.trace([row(), row(Latitude="51.886189")], "x/Static/y.csv")
        self.assertEqual(told["duplicate"], 1)

    def test_what_was_measured_away_from_the_address_does_not_count(self):
        rows = [row(Timestamp=f"2020.02.13_13.57.3{n}") for n in range(3)] + [row(Latitude="51.9")]
        told = oracle.trace(rows, "x/Static/y.csv")
        self.assertEqual(told["days"]["2020-02-13"]["samples"], 3)

    def test_two_cells_leave_the_days_untold(self):
        told = oracle.trace([row(), row(RAWCELLID="99")], "x/Static/y.csv")
        self.assertEqual((told["cells"], told["days"]), (2, None))

    def test_a_degree_of_latitude_is_111_km(self):
        self.assertAlmostEqual(oracle.metres((51.0, -8.0), (52.0, -8.0)), 111_195, delta=1)


if __name__ == "__main__":
    unittest.main()
