"""Reads printed sheets back with another decoder: rasterises a PDF as a printer would and asks zxing-cpp.

Usage: sheets.py FOLDER [EVERY]. FOLDER holds `labels.pdf` and `labels.txt` (the links, one a line) as the
`sheets` example of the crate `scan` writes them; every EVERYth page is looked at (1 without it). Needs `pdftoppm`.
Prints one line of JSON; ends with 1 if a label of a looked-at page is missing or one too many is read.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import zxingcpp


def main():
    folder, every = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    links = (folder / "labels.txt").read_text(encoding="utf-8").split()
    info = subprocess.run(["pdfinfo", folder / "labels.pdf"], check=True, capture_output=True, text=True).stdout
    count = int(next(line.split()[1] for line in info.splitlines() if line.startswith("Pages:")))
    per_page = -(-len(links) // count)
    wanted, missing, surplus = 0, [], []
    for page in range(1, count + 1, every):
        with tempfile.TemporaryDirectory() as scratch:
            command = ["pdftoppm", "-r", "200", "-gray", "-f", str(page), "-l", str(page), "-singlefile"]
            subprocess.run([*command, folder / "labels.pdf", f"{scratch}/page"], check=True)
            picture = cv2.imread(f"{scratch}/page.pgm", cv2.IMREAD_GRAYSCALE)
        found = {symbol.text for symbol in zxingcpp.read_barcodes(picture)}
        expected = set(links[(page - 1) * per_page : page * per_page])
        wanted += len(expected)
        missing += expected - found
        surplus += found - expected
    print(json.dumps({"labels": wanted, "missing": len(missing), "surplus": len(surplus)}))
    return 1 if missing or surplus else 0


if __name__ == "__main__":
    sys.exit(main())
