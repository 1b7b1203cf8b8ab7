#!/usr/bin/env python3
"""Runs the oracle's own tests: what judges the product must itself be right.

usage: selftest.py [FILTER]

The last line has the shape of cargo's, so that tests/run adds both up.
"""

import pathlib
import sys
import unittest


def cases(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from cases(item)
        else:
            yield item


def main():
    here = pathlib.Path(__file__).resolve().parent
    sys.path.insert(0, str(here))
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    found = unittest.defaultTestLoader.discover(str(here), pattern="test_*.py")
    suite = unittest.TestSuite(case for case in cases(found) if wanted in case.id())
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    bad = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    skipped = len(result.skipped)
    for case, reason in result.skipped:
        print(f"ignored: {case.id()}: {reason}")
    word = "ok" if bad == 0 else "FAILED"
    print(f"oracle result: {word}. {result.testsRun - bad - skipped} passed; {bad} failed; {skipped} ignored;")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
