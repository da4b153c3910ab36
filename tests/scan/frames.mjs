// How long the browser's scanner takes for one camera frame of 1,280 x 720, and how large it is: the very WebAssembly
// file that `node ui/build.mjs` made, run by Node.js, whose engine is Chromium's. Prints one line of JSON.
//
//   node tests/scan/frames.mjs [FOLDER WITH THE ASSETS]
//
// Frames: a label at 60 places of a wall, the wall alone, and a fence of light and dark boards, each with its own grain.
// Times are the processor's work, which a busy machine changes less than time passed.
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const assets = process.argv[2] ?? join(root, 'ui/dist/assets');
const named = (pattern) => readdirSync(assets).find((file) => pattern.test(file));
const wasm = named(/^scan-[0-9a-f]+\.wasm$/);
if (!wasm) throw new Error(`no scanner in ${assets}: node ui/build.mjs`);
const { initSync, Reader } = await import(pathToFileURL(join(assets, named(/^scan-[0-9a-f]+\.js$/))));
initSync({ module: readFileSync(join(assets, wasm)) });

const [width, height, module] = [1280, 720, 5];
// A version 3 code, level Q: HTTPS://Q.EXAMPLE.GO.TH/Q/7K3D9QX2M4, a row of modules a word.
const code = readFileSync(join(dirname(fileURLToPath(import.meta.url)), 'label.txt'), 'utf8').trim().split('\n');

let seed = 1;
const chance = () => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
};
const frame = (shade) => {
  const luma = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) luma[y * width + x] = shade(x, y) + chance() * 24;
  }
  return luma;
};
const wall = (x) => 90 + (x >> 6) * 4;
const label = () => {
  const side = code.length * module;
  const [left, top] = [Math.floor(chance() * (width - side)), Math.floor(chance() * (height - side))];
  return frame((x, y) => {
    const row = code[Math.floor((y - top) / module)];
    const dark = row?.[Math.floor((x - left) / module)];
    return dark === undefined ? wall(x) : dark === '#' ? 40 : 200;
  });
};
const boards = () => {
  const dark = Array.from({ length: width }, () => chance() > 0.5);
  return frame((x) => (dark[Math.floor(x / 3)] ? 40 : 190));
};

const reader = new Reader();
const times = {};
let read = 0;
const look = (kind, luma) => {
  const before = process.cpuUsage();
  reader.read_luma(width, height, width, luma, false, 10_000);
  const spent = process.cpuUsage(before);
  read += kind === 'label' && reader.judge_picture([]).one !== undefined ? 1 : 0;
  (times[kind] ??= []).push((spent.user + spent.system) / 1000);
};
// The engine translates what is used often into faster code; a camera gets there within its first second.
for (let i = 0; i < 20; i++) look('warm', label());
for (let i = 0; i < 60; i++) {
  look('label', label());
  look('wall', frame(wall));
  look('fence', boards());
}
const sorted = ['label', 'wall', 'fence'].flatMap((kind) => times[kind]).sort((a, b) => a - b);
const at = (part) => Math.round(sorted[Math.floor(sorted.length * part)] * 10) / 10;
console.log(JSON.stringify({
  scan_720p_frame_wasm_p95_ms: at(0.95),
  scan_720p_frame_wasm_median_ms: at(0.5),
  scan_wasm_labels_read: `${read} of 60`,
  scan_wasm_brotli_bytes: statSync(join(assets, `${wasm}.br`)).size,
}));
