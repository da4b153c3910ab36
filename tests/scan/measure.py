"""Runs our reader and zxing-cpp over the same pictures and puts the figures side by side; prints sheets of labels and
reads them back with zxing-cpp.

Usage: measure.py EXAMPLES OUTPUT WORK [LIST]. EXAMPLES is the folder of the built examples of the crate `scan`, OUTPUT
the file of figures, a flat JSON map, to which these are added, WORK a folder in which dirty.py and photos.py have
drawn. LIST is a list of more pictures, the 560 hard ones or photographs; its figures are left out where there is none.
Called by measure.sh.
"""

import json
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
BARS = ("code128", "code39", "ean13", "ean8", "upca", "upce", "itf")
LABELS = 18_000
# What is promised, by the physics of labels and not by these pictures: a figure is at least or at most so much.
AT_LEAST = {"scan_dirty_finders": 136, "scan_vs_zxingcpp_ratio": 1.05}
AT_MOST = {
    "scan_folders_behind_zxingcpp": 0,
    "scan_wrong_qr": 0,
    "scan_720p_frame_p95_ms": 15,
    "scan_720p_frame_wasm_p95_ms": 50,
    "scan_12mp_still_p95_ms": 200,
    "scan_most_ms": 500,
    "scan_wasm_brotli_bytes": 600_000,
    "labels_18000_s": 20,
    "labels_18000_mb": 300,
    "labels_not_read_back": 0,
}


def lines(command):
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in out.splitlines() if line.startswith('{"')]


def both(ours, listing, title):
    """Right and wrong texts and CPU times of both readers, folder by folder."""
    mine = {row["kind"]: row for row in lines([ours, listing, "still"])}
    theirs = {row["kind"]: row for row in lines([sys.executable, f"{HERE}/beside.py", listing])}
    print(f"\n{title}")
    heads = ("right", "wrong", "median", "p95 ms")
    print(f"{'folder':14}{'pictures':>9} | " + " | ".join("".join(f"{head:>8}" for head in heads) + f"  {who}" for who in ("ours", "zxing-cpp")))
    for kind, a in mine.items():
        b = theirs[kind]
        cells = ["".join(f"{row[key]:8}" for key in ("right", "wrong")) + f"{row['median_ms']:8.1f}{row['p95_ms']:8.1f}" for row in (a, b)]
        mark = "  <- behind" if a["right"] < b["right"] else ""
        print(f"{kind:14}{a['pictures']:9} | {cells[0]}       | {cells[1]}{mark}")
    return mine, theirs


def total(rows, key, kinds=None):
    return sum(row[key] for kind, row in rows.items() if kinds is None or (kind in BARS) == kinds)


def compared(name, mine, theirs):
    """Figures of one set of pictures."""
    return {
        f"scan_{name}right": total(mine, "right"),
        f"scan_{name}right_zxingcpp": total(theirs, "right"),
        f"scan_{name}folders_behind_zxingcpp": sum(mine[kind]["right"] < theirs[kind]["right"] for kind in mine),
        f"scan_{name}wrong_bars": total(mine, "wrong", True),
        f"scan_{name}wrong_bars_zxingcpp": total(theirs, "wrong", True),
    }


def sheets(example, work):
    """Prints a municipality's labels, and reads every fiftieth page back."""
    folder = os.path.join(work, "sheets")
    os.makedirs(folder, exist_ok=True)
    before = time.monotonic()
    child = subprocess.Popen([example, folder, "63.5x38.1", str(LABELS)], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit("the sheets were not drawn")
    figures = {
        "labels_18000_s": round(time.monotonic() - before, 1),
        "labels_18000_cpu_s": round(used.ru_utime + used.ru_stime, 1),
        "labels_18000_mb": round(used.ru_maxrss / 1024),
    }
    read = subprocess.run([sys.executable, f"{HERE}/sheets.py", folder, "50"], capture_output=True, text=True)
    print(f"\n{LABELS} labels: {figures['labels_18000_s']} s; read back by zxing-cpp: {read.stdout.strip() or read.stderr.strip()[-200:]}")
    # Ends with 1 and the numbers if labels were not read back, and without numbers if it could not look.
    if not read.stdout:
        raise SystemExit("the sheets were not read back")
    back = json.loads(read.stdout)
    figures["labels_read_back"], figures["labels_not_read_back"] = back["labels"], back["missing"] + back["surplus"]
    return figures


def missed(figures):
    """The goals that these figures miss, in words. What was not measured here misses none."""
    least = [f"{name} is {figures[name]}, at least {goal} is promised" for name, goal in AT_LEAST.items() if figures.get(name, goal) < goal]
    most = [f"{name} is {figures[name]}, at most {goal} is promised" for name, goal in AT_MOST.items() if figures.get(name, goal) > goal]
    bars = ("scan_wrong_bars", "scan_photos_wrong_bars")
    wrong = [f"{name} is {figures[name]}, zxing-cpp has fewer" for name in bars if figures.get(name, 0) > figures.get(f"{name}_zxingcpp", 0)]
    return least + most + wrong


def main():
    examples, output, work, *more = sys.argv[1:]
    ours = os.path.join(examples, "measure")
    figures, every = {}, []
    mine, theirs = both(ours, os.path.join(work, "dirty.tsv"), "Labels with dirt anywhere, finder patterns too")
    figures["scan_dirty_finders"], figures["scan_dirty_finders_zxingcpp"] = total(mine, "right"), total(theirs, "right")
    every.append(mine)
    mine, theirs = both(ours, os.path.join(work, "photos.tsv"), "Pictures as a phone takes them")
    figures |= compared("photos_", mine, theirs)
    every.append(mine)
    if more:
        mine, theirs = both(ours, more[0], "Hard pictures")
        figures |= compared("", mine, theirs)
        figures["scan_vs_zxingcpp_ratio"] = round(total(mine, "right") / max(1, total(theirs, "right")), 3)
        every.append(mine)
    else:
        print("\nThe 560 hard pictures are not measured: their generator is not on this machine.")
    figures["scan_wrong_qr"] = sum(total(rows, "wrong", False) for rows in every)
    timed = {row["kind"]: row for row in lines([ours, "--times"])}
    # What a street looks like; floors of finder patterns and pure noise count in scan_most_ms.
    for figure, start in (("720p_frame", "720p frame"), ("720p_still", "720p still"), ("12mp_still", "12mp still")):
        usual = [timed[f"{start}, {scene}"]["p95_ms"] for scene in ("label", "wall", "fence")]
        figures[f"scan_{figure}_p95_ms"] = round(max(usual), 1)
    most = [row["most_ms"] for rows in (*every, timed) for row in rows.values()]
    figures["scan_most_ms"] = round(max(most), 1)
    print()
    for kind, row in timed.items():
        print(f"{kind:34} median {row['median_ms']:.1f} ms, p95 {row['p95_ms']:.1f} ms, most {row['most_ms']:.1f} ms")
    for row in lines(["node", f"{HERE}/frames.mjs"]) if built_for_browsers() else []:
        figures |= {name: value for name, value in row.items() if isinstance(value, (int, float))}
    figures |= sheets(os.path.join(examples, "sheets"), work)
    os.makedirs(os.path.dirname(output), exist_ok=True)
    known = json.load(open(output, encoding="utf-8")) if os.path.exists(output) else {}
    with open(output, "w", encoding="utf-8") as file:
        json.dump(known | figures, file, indent=2)
        file.write("\n")
    print()
    for name, value in figures.items():
        print(name, value)
    behind = missed(figures)
    for one in behind:
        print(f"MISSED: {one}", file=sys.stderr)
    return 1 if behind else 0


def built_for_browsers():
    assets = os.path.join(HERE, "../../ui/dist/assets")
    there = os.path.isdir(assets) and any(name.startswith("scan-") and name.endswith(".wasm.br") for name in os.listdir(assets))
    if not there:
        print("\nThe browser's scanner is not measured: node ui/build.mjs has not made it.")
    return there


if __name__ == "__main__":
    sys.exit(main())
