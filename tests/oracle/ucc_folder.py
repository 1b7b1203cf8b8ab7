#!/usr/bin/env python3
"""The UCC 5G traces as a folder that `homeqos replay` reads: a town of 83 customers.

usage: ucc_folder.py 5G-production-dataset.zip Telco-Customer-Churn.csv FOLDER

Writes into FOLDER

    probes.jsonl    every row of every trace as it stands in its file, traces in the order of their first timestamps, with
                    the trace's customer (ucc-01, ...) as the record's key
    crm.jsonl       a CRM row for each customer from the churn data, in its order, with the trace's median position as the
                    address; the risk of leaving is the share of those with the same contract who left
    mapping.toml    the shipped mapping, told the columns of the rows: a topic has no header row
    oracle.json     what ucc_panes.py tells of each trace
"""

import collections
import csv
import json
import pathlib
import sys
import zipfile

import ucc_panes

MAPPING = pathlib.Path(__file__).resolve().parents[2] / "config/mappings/ucc-gnettrack.toml"


def text_of(archive, name):
    return archive.read(name).decode("utf-8").splitlines()


def crm_rows(churn, told):
    with open(churn, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    left = collections.defaultdict(list)
    for row in rows:
        left[row["Contract"]].append(row["Churn"] == "Yes")
    for one, row in zip(told, rows):
        digital = row["PaperlessBilling"] == "Yes"
        yield {
            "customer_id": one["customer"],
            "churn_risk": round(sum(left[row["Contract"]]) / len(left[row["Contract"]]), 4),
            "arpu_eur": float(row["MonthlyCharges"]),
            "tenure_months": int(row["tenure"]),
            "consent": {"network_care": True, "marketing": digital, "location": True},
            "channel_preference": "app" if digital else "letter",
            "has_fixed_broadband": row["InternetService"] != "No",
            "home_lat": one["home"]["lat"],
            "home_lon": one["home"]["lon"],
        }


def main():
    if len(sys.argv) != 4:
        print(__doc__, file=sys.stderr)
        return 2
    archive, churn, folder = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    folder.mkdir(parents=True, exist_ok=True)
    told = ucc_panes.tell(archive)
    (folder / "oracle.json").write_text(json.dumps({"traces": told}, indent=1), encoding="utf-8")
    with zipfile.ZipFile(archive) as zipped, open(folder / "probes.jsonl", "w", encoding="utf-8") as probes:
        for one in told:
            header, *rows = text_of(zipped, one["file"])
            columns = json.dumps(header.split(","))
            for row in filter(None, rows):
                probes.write(json.dumps({"key": one["customer"], "value": row}) + "\n")
    shipped = MAPPING.read_text(encoding="utf-8")
    mapping = shipped.replace('format = "csv"\n', f'format = "csv"\ncolumns = {columns}\n', 1)
    (folder / "mapping.toml").write_text(mapping, encoding="utf-8")
    with open(folder / "crm.jsonl", "w", encoding="utf-8") as crm:
        for row in crm_rows(churn, told):
            crm.write(json.dumps(row) + "\n")
    rejected = sum((collections.Counter(one["rejected"]) for one in told), collections.Counter())
    count = lambda name: sum(one[name] for one in told)
    print(f"{len(told)} traces, {count('rows')} rows: {count('folded')} to fold, {count('duplicate')} twice,", end=" ")
    print("to reject:", ", ".join(f"{reason} {n}" for reason, n in sorted(rejected.items())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
