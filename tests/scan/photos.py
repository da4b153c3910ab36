"""Takes pictures of labels as a phone takes them: 28 kinds of trouble, 12 pictures each, with a fixed seed.

A second opinion beside dirty.py and any other generator: everything here is done in light, not in shades of grey. A
label is paper and ink of some reflectance, bent as a surface in front of a pinhole camera; light falls on it unevenly;
the lens spreads it over a disc; the hand draws it along a curve; the sensor counts photons; and the phone's own
processing smooths, sharpens and compresses. So what reads well here and badly elsewhere (or the reverse) was tuned to
a generator and not to the world.

Usage: photos.py FOLDER [SEED]. Writes FOLDER/photos/<kind>/NN.png and FOLDER/photos.tsv (set, kind, path, format,
text as JSON), which the `measure` example of the crate `scan` reads.
"""

import json
import os
import sys

import cv2
import numpy as np
import zxingcpp

PICTURES = 12
FINE = 2  # rays a camera pixel and axis
CELL = 12  # texture pixels a module
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
BARS = ("code128", "code39", "ean13", "ean8", "upca", "upce", "itf")
KINDS = (
    "plain tilted pole crumpled defocus shake dark glare shadow faded engraved screen dirt torn no_quiet inverted "
    "mirrored tiny close streaks dots micro data_matrix several"
).split()


def smooth(chance, shape, cells, low, high):
    """A field that changes slowly, between two values."""
    coarse = chance.uniform(low, high, (cells, cells)).astype(np.float32)
    return np.clip(cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC), low, high)


def letters(chance, count):
    return "".join(ALPHABET[i] for i in chance.integers(0, 32, count))


def digits(chance, count):
    return "".join(str(i) for i in chance.integers(0, 10, count))


def drawn(form, text, **options):
    """The dark modules of a code without its quiet zone."""
    made = zxingcpp.create_barcode(text, form, **options)
    picture = np.array(zxingcpp.write_barcode_to_image(made, scale=1, add_quiet_zones=False))
    return trimmed(picture < 128)


def with_check(body):
    odd_even = (3 * int(digit) if i % 2 == 0 else int(digit) for i, digit in enumerate(reversed(body)))
    return body + str(-sum(odd_even) % 10)


def modules(kind, chance):
    """The text of a code as readers give it, and its dark modules; one row of them for bars."""
    forms = zxingcpp.BarcodeFormat
    if kind in BARS:
        form, printed = {
            "code128": (forms.Code128, f"{letters(chance, 2)}-{digits(chance, 8)}"),
            "code39": (forms.Code39, f"WM{digits(chance, 7)}"),
            "ean13": (forms.EAN13, with_check("885" + digits(chance, 9))),
            "ean8": (forms.EAN8, with_check("8" + digits(chance, 6))),
            "upca": (forms.UPCA, with_check("0" + digits(chance, 10))),
            "upce": (forms.UPCE, "0" + digits(chance, 4) + str(chance.integers(1, 10)) + str(chance.integers(5, 10))),
            "itf": (forms.ITF, digits(chance, 12)),
        }[kind]
        text = printed
        if kind == "upca":
            text = "0" + printed
        if kind == "upce":
            text = with_check("0" + printed[:6] + "0000" + printed[6])
            printed += text[-1]
        dark = drawn(form, printed)
        return text, dark[len(dark) // 3][None]
    if kind == "micro":
        text = digits(chance, 9) if chance.random() < 0.5 else letters(chance, 7)
        return text, drawn(forms.MicroQRCode, text)
    if kind == "data_matrix":
        text = f"SN{digits(chance, 5)}-{letters(chance, 6)}"
        return text, drawn(forms.DataMatrix, text)
    text = f"HTTPS://WATER.TAMBON.GO.TH/Q/{letters(chance, 10)}"
    if chance.random() < 0.4:
        text = f"https://pole.example.org/{letters(chance, 8).lower()}?id={digits(chance, 6)}"
    return text, drawn(forms.QRCode, text, ec_level=str(chance.choice(["M", "Q", "H"])))


def trimmed(dark):
    rows, columns = np.flatnonzero(dark.any(1)), np.flatnonzero(dark.any(0))
    return dark[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def texture(dark, quiet, chance, dots=False):
    """Reflectance of a label in CELL pixels a module."""
    if dark.shape[0] == 1:
        dark = np.repeat(dark, max(12, int(dark.shape[1] * chance.uniform(0.2, 0.4))), 0)
        dark = np.pad(dark, ((2, 2), (quiet, quiet)))
    else:
        dark = np.pad(dark, quiet)
    ink, paper = chance.uniform(0.03, 0.08), chance.uniform(0.65, 0.9)
    if dots:
        yy, xx = np.mgrid[0:CELL, 0:CELL] - (CELL - 1) / 2
        mark = (np.hypot(xx, yy) < CELL * 0.45).astype(np.float32)
    else:
        mark = np.ones((CELL, CELL), np.float32)
    covered = np.kron(dark.astype(np.float32), mark)
    if not dots and dark.shape[0] < 200:
        # Ink that spreads or shrinks by up to a seventh of a module.
        grow = int(chance.integers(-1, 2))
        if grow:
            covered = (cv2.dilate if grow > 0 else cv2.erode)(covered, np.ones((3, 3), np.uint8))
    return paper + (ink - paper) * covered


def look(chance, size, label, module, tilt=0.0, bend=0.0, crumple=0.0, turn=None, place=None, wall=None):
    """The reflectance that each ray of the camera meets. `module` in camera pixels, `tilt` in degrees, `bend` the
    half angle in radians that the label takes of a pole, `crumple` the depth of folds in modules."""
    width, height = size[0] * FINE, size[1] * FINE
    rows, columns = label.shape[0] / CELL, label.shape[1] / CELL
    focal = 1.0 * width
    far = focal / (module * FINE)  # in modules
    turn = np.radians(chance.uniform(0, 360) if turn is None else turn)
    way = chance.uniform(0, 2 * np.pi)
    tilt = np.radians(tilt)
    axis = np.array([np.cos(way), np.sin(way), 0.0])
    cross = np.array([[0, 0, axis[1]], [0, 0, -axis[0]], [-axis[1], axis[0], 0]])
    rotation = np.eye(3) + np.sin(tilt) * cross + (1 - np.cos(tilt)) * cross @ cross
    rotation = rotation @ np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    offset = chance.uniform(-0.1, 0.1, 2) * [width, height] if place is None else np.array(place) * [width, height]
    yy, xx = np.mgrid[0:height, 0:width].astype(np.float32)
    rays = np.stack([(xx + 0.5 - width / 2 - offset[0]) / focal, (yy + 0.5 - height / 2 - offset[1]) / focal, np.ones_like(xx)], -1)
    rays = rays @ rotation.astype(np.float32)
    eye = np.array([0, 0, -far]) @ rotation
    radius = max(rows, columns) / 2 / bend if bend else np.inf
    upright = bend and chance.random() < 0.5
    folds = smooth(chance, (64, 64), 7, -1, 1) * crumple if crumple else None
    reach = np.zeros_like(xx)
    depth = np.zeros_like(xx)
    for _ in range(7 if bend or crumple else 1):
        reach = (depth - eye[2]) / rays[..., 2]
        u, v = eye[0] + reach * rays[..., 0], eye[1] + reach * rays[..., 1]
        depth = np.zeros_like(u)
        if bend:
            along = np.clip(v if upright else u, -0.98 * radius, 0.98 * radius)
            depth = radius - np.sqrt(radius**2 - along**2)
        if folds is not None:
            scale = 63 / (max(rows, columns) * 1.3)
            depth = depth + cv2.remap(folds, ((u * scale) + 31.5).astype(np.float32), ((v * scale) + 31.5).astype(np.float32), cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    if bend:
        bent = radius * np.arcsin(np.clip((v if upright else u) / radius, -0.999, 0.999))
        u, v = (u, bent) if upright else (bent, v)
    seen = cv2.remap(label.astype(np.float32), ((u + columns / 2) * CELL - 0.5).astype(np.float32), ((v + rows / 2) * CELL - 0.5).astype(np.float32), cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    inside = (np.abs(u) < columns / 2) & (np.abs(v) < rows / 2) & (reach > 0)
    if wall is None:
        wall = smooth(chance, (height, width), 7, 0.1, 0.6) * (1 + 0.25 * cv2.resize(chance.normal(0, 1, (height // 3, width // 3)).astype(np.float32), (width, height)))
        for _ in range(14):
            print_ = np.zeros(wall.shape, np.uint8)
            at, to = (tuple(int(chance.integers(0, n)) for n in (width, height)) for _ in range(2))
            if chance.random() < 0.5:
                cv2.putText(print_, letters(chance, 7), at, cv2.FONT_HERSHEY_SIMPLEX, float(chance.uniform(0.8, 3)), 1, 3)
            else:
                cv2.line(print_, at, to, 1, int(chance.integers(2, 12)))
            wall[print_ > 0] = chance.uniform(0.03, 0.8)
    return np.where(inside, seen, wall), inside


def disc(radius):
    """The spread of a lens out of focus."""
    n = int(np.ceil(radius)) * 2 + 1
    yy, xx = np.mgrid[0:n, 0:n] - n // 2
    kernel = np.clip(radius + 0.5 - np.hypot(xx, yy), 0, 1)
    return (kernel / kernel.sum()).astype(np.float32)


def path(chance, length):
    """Where a hand that shakes draws one point to: a curve of this length in pixels."""
    n = int(length) * 2 + 5
    kernel = np.zeros((n, n), np.float32)
    way, bend = chance.uniform(0, 2 * np.pi), chance.normal(0, 1.0)
    x = y = 0.0
    points = []
    for step in range(64):
        points.append((x, y))
        turned = way + bend * step / 64
        x, y = x + np.cos(turned) * length / 64, y + np.sin(turned) * length / 64
    middle = np.mean(points, 0)
    for x, y in points:
        kernel[int(round(y - middle[1] + n // 2)), int(round(x - middle[0] + n // 2))] += 1
    return kernel / kernel.sum()


def develop(chance, light, photons=6000.0, quality=80, soft=0.6, sharpen=0.8):
    """From light on the sensor (1 is white paper in full light) to the file the phone writes, as grey."""
    light = cv2.GaussianBlur(light, (0, 0), soft)
    counted = chance.poisson(np.clip(light, 0, 3) * photons) + chance.normal(0, 6, light.shape)
    exposed = np.clip(counted / photons * chance.uniform(0.8, 1.1), 0, 1).astype(np.float32)
    shown = exposed ** (1 / 2.2)
    strength = float(np.sqrt(1 / photons) * 2)
    if strength > 0.04:
        shown = cv2.bilateralFilter(shown, 5, strength * 2.5, 1.5)
    shown = shown + sharpen * (shown - cv2.GaussianBlur(shown, (0, 0), 1.2))
    eight = np.clip(shown * 255, 0, 255).astype(np.uint8)
    return cv2.imdecode(cv2.imencode(".jpg", eight, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_GRAYSCALE)


def stained(chance, label, share):
    """Stains let some ink through, mud does not."""
    side = max(label.shape)
    covered = np.zeros_like(label, bool)
    while covered.mean() < share:
        mark = np.zeros(label.shape, np.uint8)
        x, y = chance.integers(0, label.shape[1]), chance.integers(0, label.shape[0])
        axes = (int(side * chance.uniform(0.01, 0.08)) + 1, int(side * chance.uniform(0.01, 0.05)) + 1)
        cv2.ellipse(mark, (int(x), int(y)), axes, float(chance.uniform(0, 180)), 0, 360, 1, -1)
        through = chance.choice([0.0, 0.3, 0.6])
        label = np.where(mark > 0, chance.uniform(0.05, 0.6) * (1 - through) + label * through, label)
        covered |= mark > 0
    return label.astype(np.float32)


def photograph(kind, hard, chance):
    """One picture of a kind; `hard` runs from 0 to 1. Gives format, text and the grey picture."""
    code = kind if kind in BARS or kind in ("micro", "data_matrix") else "qr"
    harm = kind
    if code != "qr":
        harms = "plain tilted pole defocus shake dark glare shadow faded dirt".split()
        harm = str(chance.choice(harms[:7] if code in ("micro", "data_matrix") else harms))
        hard *= 0.7
    text, dark = modules(code, chance)
    is_bar = code in BARS
    size = (800, 600)
    quiet = {"micro": 2, "data_matrix": 2}.get(code, 10 if is_bar else 4)
    module = chance.uniform(2.2, 3.0) if is_bar else chance.uniform(3.2, 6.0)
    module = min(module, 640 / (dark.shape[1] + 2 * quiet))
    if harm == "no_quiet":
        quiet = 1
    label = texture(dark, quiet, chance, dots=harm == "dots")
    how = {"tilt": chance.uniform(0, 20)}
    lens, shake, photons, quality, light = 0.0, 0.0, 6000.0, 85, 1.0
    if harm == "tilted":
        how["tilt"] = 20 + 42 * hard
        module *= 1.3
    elif harm == "pole":
        how["bend"] = 0.1 + 0.75 * hard
        module *= 1.2
    elif harm == "crumpled":
        how["crumple"] = 0.3 + 2.2 * hard
        module *= 1.2
    elif harm == "defocus":
        lens = (0.4 + 0.9 * hard) * module
    elif harm == "shake":
        shake = (0.5 + 2.0 * hard) * module
    elif harm == "dark":
        photons = 900 * (0.05 ** hard)
    elif harm == "faded":
        label = 0.45 + (label - 0.45) * (0.35 - 0.28 * hard)
    elif harm == "engraved":
        brushed = cv2.resize(chance.normal(0, 1, (label.shape[0], 8)).astype(np.float32), label.shape[::-1])
        label = 0.4 + (label - 0.4) * (0.5 - 0.35 * hard) * chance.choice([-1, 1]) + 0.03 * brushed
    elif harm == "dirt":
        label = stained(chance, label, 0.02 + 0.1 * hard)
    elif harm == "torn":
        x, y = [(0, 0), (1, 0), (0, 1), (1, 1)][int(chance.integers(0, 4))]
        reach = (0.12 + 0.16 * hard) * label.shape[0]
        corner = np.array([x, y]) * np.array(label.shape[::-1])
        inward = np.where([x, y], -1, 1)
        triangle = np.array([corner, corner + inward * [reach * 1.6, 0], corner + inward * [0, reach * 1.6]], np.int32)
        cv2.fillPoly(label, [triangle], float(chance.uniform(0.05, 0.5)))
    elif harm == "inverted":
        label = label.max() + label.min() - label
    elif harm == "mirrored":
        label = np.ascontiguousarray(label[:, ::-1])
    elif harm == "streaks":
        for _ in range(int(1 + 4 * hard)):
            at = int(chance.integers(0, label.shape[1] - CELL))
            label[:, at : at + int(CELL * chance.uniform(0.2, 0.7))] = label.max()
    elif harm == "close":
        module = chance.uniform(14, 14 + 6 * hard)
        module = min(module, 590 / (dark.shape[1] + 2))
        how["place"] = (0.0, 0.0)
        how["turn"] = chance.uniform(-4, 4) + 90 * int(chance.integers(0, 4))
        how["tilt"] = 5.0
    elif harm == "tiny":
        size, module = (4000, 3000), 5.0 - 2.6 * hard
        how["place"] = tuple(chance.uniform(-0.3, 0.3, 2))
    if harm == "several":
        wall, texts = None, []
        for spot in [(-0.26, -0.2), (0.26, -0.2), (-0.26, 0.22), (0.26, 0.22)][: 2 + int(hard * 3)]:
            text, dark = modules("qr", chance)
            texts.append(text)
            wall, _ = look(chance, size, texture(dark, 4, chance), min(module, 4.5), tilt=12.0, place=spot, wall=wall)
        scene, inside, text = wall, np.ones_like(wall, bool), texts
    else:
        scene, inside = look(chance, size, label, module, **how)
    height, width = scene.shape
    if harm == "glare":
        yy, xx = np.mgrid[0:height, 0:width].astype(np.float32)
        rows, columns = np.nonzero(inside)
        spot = int(chance.integers(0, len(rows)))
        wide = (1.5 + 4.5 * hard) * module * FINE
        scene = scene + 2.5 * np.exp(-((xx - columns[spot]) ** 2 + ((yy - rows[spot]) * chance.uniform(1, 3)) ** 2) / (2 * wide**2))
    light = light * smooth(chance, (height, width), 3, 0.7, 1.0)
    if harm == "shadow":
        edge = np.zeros((height, width), np.float32)
        middle = np.array([width, height]) / 2
        points = middle + chance.uniform(-0.7, 0.7, (5, 2)) * [width, height] * [0.9, 0.9]
        cv2.fillPoly(edge, [cv2.convexHull(points.astype(np.float32)).astype(np.int32)], 1.0)
        edge = cv2.GaussianBlur(edge, (0, 0), float(chance.uniform(1, 12)))
        light = light * (1 - edge * (0.5 + 0.44 * hard))
    scene = (scene * light).astype(np.float32)
    if harm == "screen":
        yy, xx = np.mgrid[0:height, 0:width]
        pitch = FINE * chance.uniform(1.3, 2.6)
        turned = np.radians(chance.uniform(0, 20))
        across, down = xx * np.cos(turned) + yy * np.sin(turned), yy * np.cos(turned) - xx * np.sin(turned)
        grid = (0.5 + 0.5 * np.cos(2 * np.pi * across / pitch)) * (0.6 + 0.4 * np.cos(2 * np.pi * down / pitch))
        scene = scene * (1 - (0.5 + 0.45 * hard) * (1 - grid)) * 1.6
    if lens:
        scene = cv2.filter2D(scene, -1, disc(lens * FINE))
    if shake:
        scene = cv2.filter2D(scene, -1, path(chance, shake * FINE))
    seen = cv2.resize(scene.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return code, text, develop(chance, seen, photons, quality)


def main():
    folder, seed = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 7
    cv2.setNumThreads(1)
    with open(os.path.join(folder, "photos.tsv"), "w", encoding="utf-8") as rows:
        for kind in (*KINDS, *BARS):
            os.makedirs(f"{folder}/photos/{kind}", exist_ok=True)
            count = PICTURES // 3 if kind == "tiny" else PICTURES
            for number in range(count):
                chance = np.random.default_rng([seed, *kind.encode(), number])
                code, text, picture = photograph(kind, number / (count - 1), chance)
                place = f"photos/{kind}/{number:02}.png"
                cv2.imwrite(f"{folder}/{place}", picture)
                rows.write("\t".join(["photos", kind, place, code, json.dumps(text)]) + "\n")


if __name__ == "__main__":
    main()
