"""Reads a list of labelled pictures with zxing-cpp, for comparison, in the format of the `measure` example.

Usage: beside.py LIST. Prints one line of JSON per kind: pictures, right, wrong, CPU milliseconds median and p95.
"""

import json
import os
import sys
import time

import cv2
import zxingcpp


def main():
    listing = sys.argv[1]
    kinds = {}
    for line in open(listing, encoding="utf-8"):
        _, kind, path, _, text, *_ = line.rstrip("\n").split("\t")
        picture = cv2.imread(os.path.join(os.path.dirname(listing), path), cv2.IMREAD_GRAYSCALE)
        start = time.process_time()
        found = {symbol.text for symbol in zxingcpp.read_barcodes(picture)}
        spent = (time.process_time() - start) * 1000
        counts = kinds.setdefault(kind, {"pictures": 0, "right": 0, "wrong": 0, "times": []})
        # A picture of several codes has a list of texts, one without a code an empty text.
        wanted = json.loads(text)
        wanted = set(wanted if isinstance(wanted, list) else [wanted])
        counts["pictures"] += 1
        counts["right"] += wanted <= found
        counts["wrong"] += bool(found - wanted)
        counts["times"].append(spent)
    for kind, counts in kinds.items():
        times = sorted(counts.pop("times"))
        counts["median_ms"] = round(times[len(times) // 2], 2)
        counts["p95_ms"] = round(times[len(times) * 95 // 100], 2)
        print(json.dumps({"kind": kind, **counts}))


if __name__ == "__main__":
    main()
