"""Runs our reader and zxing-cpp over the same lists and puts the figures side by side.

Usage: measure.py OURS OUTPUT DIRTY [LIST]. OURS is the `measure` example of the crate `scan`, OUTPUT the file for the
figures, a flat JSON map. Figures of LIST are left out where there is none. Called by measure.sh.
"""

import json
import os
import subprocess
import sys

BARS = ("code128", "code39", "ean13", "itf")


def lines(command):
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in out.splitlines() if line.startswith("{\"")]


def both(ours, listing):
    here = os.path.dirname(os.path.abspath(__file__))
    mine = {row["kind"]: row for row in lines([ours, listing, "still"])}
    theirs = {row["kind"]: row for row in lines([sys.executable, f"{here}/beside.py", listing])}
    print(f"{'folder':14}{'pictures':>9} | {'ours':>5}{'wrong':>6}{'median':>8}{'p95':>7} ms | zxing-cpp{'wrong':>6}{'median':>8}{'p95':>7} ms")
    for kind, a in mine.items():
        b = theirs[kind]
        mark = "" if a["right"] >= b["right"] else "  <- behind"
        print(
            f"{kind:14}{a['pictures']:9} | {a['right']:5}{a['wrong']:6}{a['median_ms']:8.1f}{a['p95_ms']:7.1f}    |"
            f"{b['right']:10}{b['wrong']:6}{b['median_ms']:8.1f}{b['p95_ms']:7.1f}{mark}"
        )
    return mine, theirs


def main():
    ours, output, dirty, *more = sys.argv[1:]
    figures = {}
    mine, theirs = both(ours, dirty)
    figures["scan_dirty_finders"] = sum(row["right"] for row in mine.values())
    figures["scan_dirty_finders_zxingcpp"] = sum(row["right"] for row in theirs.values())
    wrong_qr = sum(row["wrong"] for row in mine.values())
    most = [row["most_ms"] for row in mine.values()]
    if more:
        mine, theirs = both(ours, more[0])
        right = [sum(row["right"] for row in rows.values()) for rows in (mine, theirs)]
        figures["scan_right"], figures["scan_right_zxingcpp"] = right
        figures["scan_vs_zxingcpp_ratio"] = round(right[0] / max(1, right[1]), 3)
        figures["scan_folders_behind_zxingcpp"] = sum(mine[kind]["right"] < theirs[kind]["right"] for kind in mine)
        figures["scan_wrong_bars"] = sum(row["wrong"] for kind, row in mine.items() if kind in BARS)
        figures["scan_wrong_bars_zxingcpp"] = sum(row["wrong"] for kind, row in theirs.items() if kind in BARS)
        wrong_qr += sum(row["wrong"] for kind, row in mine.items() if kind not in BARS)
        most += [row["most_ms"] for row in mine.values()]
    figures["scan_wrong_qr"] = wrong_qr
    timed = {row["kind"]: row for row in lines([ours, "--times"])}
    # What a street looks like; floors of finder patterns and pure noise count in scan_most_ms.
    for figure, start in (("720p_frame", "720p frame"), ("720p_still", "720p still"), ("12mp_still", "12mp still")):
        usual = [timed[f"{start}, {scene}"]["p95_ms"] for scene in ("label", "wall", "fence")]
        figures[f"scan_{figure}_p95_ms"] = round(max(usual), 1)
    figures["scan_most_ms"] = round(max(most + [row["most_ms"] for row in timed.values()]), 1)
    for kind, row in timed.items():
        print(f"{kind:34} median {row['median_ms']:.1f} ms, p95 {row['p95_ms']:.1f} ms, most {row['most_ms']:.1f} ms")
    os.makedirs(os.path.dirname(output), exist_ok=True)
    with open(output, "w", encoding="utf-8") as file:
        json.dump(figures, file, indent=2)
        file.write("\n")
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
