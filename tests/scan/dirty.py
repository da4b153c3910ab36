"""Draws labels with dirt, scratches and torn corners anywhere on them, as a camera sees them: 200 pictures.

Five folders of 40, one per share of the label that is covered (2, 4, 6, 8 and 10 %). A label is a link in capitals
at level Q, 160 pixels wide with its quiet zone, so dirt falls on the three finder patterns as often as elsewhere.
That is what stops readers on the street: error correction mends the rest.

Usage: dirty.py FOLDER [SEED]. Writes FOLDER/dirty/<percent>/NNN.png and FOLDER/dirty.tsv
(set, kind, path, format, text as JSON), which the `measure` example of the crate `scan` reads.
"""

import json
import os
import sys

import cv2
import numpy as np
import segno

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SHARES = (2, 4, 6, 8, 10)
PICTURES = 40
WIDTH, HEIGHT, LABEL = 640, 480, 160
FINE = 4  # fine pixels a camera pixel: the sensor averages over its area
MODULE = 16  # texture pixels a module


def label(chance):
    code = "".join(ALPHABET[i] for i in chance.integers(0, 32, 13))
    text = f"HTTPS://SANAM.EXAMPLE.GO.TH/M/{code}?C=" + "".join(ALPHABET[i] for i in chance.integers(0, 32, 10))
    made = segno.make(text, error="q", boost_error=False, micro=False)
    dark = np.pad(np.array([list(row) for row in made.matrix], np.uint8), 4)
    return text, 1.0 - np.kron(dark, np.ones((MODULE, MODULE))).astype(np.float32)


def soil(chance, texture, share):
    """Covers `share` of the label with blots and, one time in five, a scratch, each in one shade of grey."""
    side = texture.shape[0]
    covered = np.zeros_like(texture, bool)
    while covered.mean() < share:
        mark = np.zeros((side, side), np.uint8)
        x, y = (int(v) for v in chance.integers(0, side, 2))
        radius = chance.uniform(0.02, 0.10) * side
        if chance.random() < 0.2:
            far = (int(x + chance.normal(0, side / 5)), int(y + chance.normal(0, side / 5)))
            cv2.line(mark, (x, y), far, 1, max(1, int(radius / 4)))
        else:
            turns = np.arange(8) * (np.pi / 4)
            reach = radius * chance.uniform(0.5, 1.4, 8)
            edge = np.stack([x + reach * np.cos(turns), y + reach * np.sin(turns)], 1)
            cv2.fillPoly(mark, [edge.astype(np.int32)], 1)
        texture[mark > 0] = chance.choice([0.05, 0.3, 0.55, 0.95])
        covered |= mark > 0


def photograph(chance, texture):
    """The label on an uneven wall, turned and a little tilted, through a lens and a noisy sensor."""
    wide, high = WIDTH * FINE, HEIGHT * FINE
    wall = cv2.resize(chance.uniform(0.15, 0.85, (6, 8)).astype(np.float32), (wide, high), interpolation=cv2.INTER_CUBIC)
    turn = np.radians(chance.uniform(-25, 25) + 90 * chance.integers(0, 4))
    middle = np.array([wide, high]) * (0.5 + chance.uniform(-0.12, 0.12, 2))
    half = LABEL * FINE / 2
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], np.float32) * half
    corners = corners @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]], np.float32)
    corners = (middle + corners + chance.normal(0, 0.02 * half, (4, 2))).astype(np.float32)
    side = texture.shape[0]
    ground = np.array([[0, 0], [side, 0], [side, side], [0, side]], np.float32)
    onto = cv2.getPerspectiveTransform(ground, corners)
    seen = cv2.warpPerspective(texture, onto, (wide, high), flags=cv2.INTER_AREA)
    there = cv2.warpPerspective(np.ones_like(texture), onto, (wide, high), flags=cv2.INTER_NEAREST)
    picture = 35 + 170 * np.where(there > 0, seen, np.clip(wall, 0, 1))
    picture = cv2.resize(picture.astype(np.float32), (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    picture = cv2.GaussianBlur(picture, (0, 0), 0.35 * LABEL / (side / MODULE))
    picture = np.clip(picture + chance.normal(0, 3, picture.shape), 0, 255).astype(np.uint8)
    return cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 85])[1], cv2.IMREAD_GRAYSCALE)


def main():
    folder, seed = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1
    cv2.setNumThreads(1)
    with open(os.path.join(folder, "dirty.tsv"), "w", encoding="utf-8") as rows:
        for share in SHARES:
            os.makedirs(f"{folder}/dirty/{share}", exist_ok=True)
            for number in range(PICTURES):
                chance = np.random.default_rng([seed, share, number])
                text, texture = label(chance)
                soil(chance, texture, share / 100)
                path = f"dirty/{share}/{number:03}.png"
                cv2.imwrite(f"{folder}/{path}", photograph(chance, texture))
                rows.write("\t".join(["dirty", f"dirt {share:2} %", path, "QR", json.dumps(text)]) + "\n")


if __name__ == "__main__":
    main()
