// A small QR encoder (byte mode, level L, versions 1 to 5) and camera films made of its pictures. It shares nothing
// with the product's own encoder, so that a test shows that the two agree with the standard, not with each other.
import { writeFileSync } from 'node:fs';

// Per version: codewords in all, codewords for errors, centre of the alignment pattern.
const VERSIONS = [null, [26, 7, 0], [44, 10, 18], [70, 15, 22], [100, 20, 26], [134, 26, 30]];

function multiply(a, b) {
  let product = 0;
  for (let bit = 7; bit >= 0; bit--) {
    product = (product << 1) ^ ((product >> 7) * 0x11d);
    if ((b >> bit) & 1) product ^= a;
  }
  return product;
}

function errorWords(data, count) {
  let divisor = [...Array(count - 1).fill(0), 1];
  let root = 1;
  for (let i = 0; i < count; i++) {
    divisor = divisor.map((word, at) => multiply(word, root) ^ (divisor[at + 1] ?? 0));
    root = multiply(root, 2);
  }
  const rest = Array(count).fill(0);
  for (const word of data) {
    const factor = word ^ rest.shift();
    rest.push(0);
    divisor.forEach((coefficient, at) => { rest[at] ^= multiply(coefficient, factor); });
  }
  return rest;
}

function words(bytes, [all, errors]) {
  const bits = [0, 1, 0, 0];
  const put = (value, length) => { for (let i = length - 1; i >= 0; i--) bits.push((value >> i) & 1); };
  put(bytes.length, 8);
  for (const byte of bytes) put(byte, 8);
  const room = (all - errors) * 8;
  put(0, Math.min(4, room - bits.length));
  while (bits.length % 8) bits.push(0);
  const data = [];
  for (let i = 0; i < bits.length; i += 8) data.push(parseInt(bits.slice(i, i + 8).join(''), 2));
  for (let pad = 0xec; data.length < all - errors; pad ^= 0xec ^ 0x11) data.push(pad);
  return [...data, ...errorWords(data, errors)];
}

// The modules of a text's QR code: rows of true for black.
export function qr(text) {
  const bytes = [...Buffer.from(text)];
  const version = VERSIONS.findIndex((known) => known && bytes.length <= known[0] - known[1] - 2);
  if (version < 0) throw new Error(`${bytes.length} bytes are too many for this encoder`);
  const [, , centre] = VERSIONS[version];
  const size = 17 + 4 * version;
  const black = Array.from({ length: size }, () => Array(size).fill(false));
  const fixed = Array.from({ length: size }, () => Array(size).fill(false));
  const put = (x, y, on) => {
    if (x < 0 || y < 0 || x >= size || y >= size) return;
    black[y][x] = on;
    fixed[y][x] = true;
  };
  for (let i = 0; i < size; i++) { put(6, i, i % 2 === 0); put(i, 6, i % 2 === 0); }
  for (const [cx, cy] of [[3, 3], [size - 4, 3], [3, size - 4]]) {
    for (let dy = -4; dy <= 4; dy++) for (let dx = -4; dx <= 4; dx++) {
      const ring = Math.max(Math.abs(dx), Math.abs(dy));
      put(cx + dx, cy + dy, ring !== 2 && ring !== 4);
    }
  }
  if (centre) for (let dy = -2; dy <= 2; dy++) for (let dx = -2; dx <= 2; dx++) put(centre + dx, centre + dy, Math.max(Math.abs(dx), Math.abs(dy)) !== 1);
  // Level L, mask 0, with its check bits.
  const format = 0b111011111000100;
  const bit = (i) => Boolean((format >> i) & 1);
  for (let i = 0; i <= 5; i++) put(8, i, bit(i));
  put(8, 7, bit(6)); put(8, 8, bit(7)); put(7, 8, bit(8));
  for (let i = 9; i < 15; i++) put(14 - i, 8, bit(i));
  for (let i = 0; i < 8; i++) put(size - 1 - i, 8, bit(i));
  for (let i = 8; i < 15; i++) put(8, size - 15 + i, bit(i));
  put(8, size - 8, true);
  const stream = words(bytes, VERSIONS[version]).flatMap((word) => [...word.toString(2).padStart(8, '0')].map(Number));
  let next = 0;
  for (let right = size - 1; right >= 1; right -= 2) {
    if (right === 6) right = 5;
    for (let step = 0; step < size; step++) for (const x of [right, right - 1]) {
      const y = ((right + 1) & 2) === 0 ? size - 1 - step : step;
      if (fixed[y][x]) continue;
      black[y][x] = Boolean(stream[next++] ?? 0) !== ((x + y) % 2 === 0);
    }
  }
  return black;
}

const WIDTH = 640;
const HEIGHT = 480;
const WALL = 190;

// Writes a film of frames of brightness, one after the other.
function write(path, frames, width, height, perSecond) {
  const grey = Buffer.alloc((width * height) / 2, 128);
  const parts = frames.flatMap((luma) => [Buffer.from('FRAME\n'), luma, grey]);
  writeFileSync(path, Buffer.concat([Buffer.from(`YUV4MPEG2 W${width} H${height} F${perSecond}:1 Ip A1:1 C420mpeg2\n`), ...parts]));
}

// Draws codes upright into a picture: each {text, x, y, edge} with its middle at parts x and y of the picture, `edge`
// pixels wide with its quiet zone; `light` draws light modules on a dark ground.
function drawn(codes, width, height) {
  const luma = Buffer.alloc(width * height, WALL);
  for (const { text, x: middleX, y: middleY, edge, light } of codes) {
    const modules = qr(text);
    const scale = Math.floor(edge / (modules.length + 8));
    const side = (modules.length + 8) * scale;
    const left = Math.floor(width * middleX - side / 2);
    const top = Math.floor(height * middleY - side / 2);
    for (let y = 0; y < side; y++) for (let x = 0; x < side; x++) {
      const on = Boolean(modules[Math.floor(y / scale) - 4]?.[Math.floor(x / scale) - 4]);
      luma[(top + y) * width + left + x] = on !== Boolean(light) ? 30 : 225;
    }
  }
  return luma;
}

// Writes what a camera in front of these codes would film; no text is an empty wall. Several stand side by side.
export function film(path, ...texts) {
  const edge = texts.length > 1 ? 250 : 360;
  filmOf(path, ...texts.map((text, place) => ({ text, x: (place + 0.5) / texts.length, y: 0.5, edge })));
}

// The same for codes that stand where one says, see `drawn`.
export function filmOf(path, ...codes) {
  const luma = drawn(codes, WIDTH, HEIGHT);
  write(path, [luma, luma], WIDTH, HEIGHT, 10);
}

// Writes what a hand-held camera films: the code on a tilted plate, moving to and fro and turning a little, smeared by
// its movement and by a lens that is slightly out of focus, in a light that falls off to one side, with noise.
export function filmMoving(path, text, { width = WIDTH, height = HEIGHT, perSecond = 15, frames = 30, size = 0.3, blur = 1.1 } = {}) {
  const modules = qr(text);
  const count = modules.length + 8;
  // A plate's point (-1..1) for a picture's: turned, scaled, and farther away at the top.
  const plate = (x, y, time) => {
    const angle = 0.22 + 0.06 * Math.sin(time * 2.1);
    const [dx, dy] = [x - width / 2 - 0.06 * width * Math.sin(time * 1.7), y - height / 2 - 0.05 * height * Math.cos(time * 1.3)];
    const half = size * height * 0.95;
    const [u, v] = [(dx * Math.cos(angle) + dy * Math.sin(angle)) / half, (dy * Math.cos(angle) - dx * Math.sin(angle)) / half];
    const depth = 1 - 0.22 * v - 0.1 * u;
    return [u / depth, v / depth];
  };
  let seed = 12345;
  const noise = () => { seed = (seed * 1103515245 + 12345) & 0x7fffffff; return (seed >> 16) % 13 - 6; };
  // Places within a pixel's blur and moments within a frame's exposure, which smear what moves.
  const samples = [[-1, -1, 0], [1, -1, 0.3], [0, 0, 0.5], [-1, 1, 0.7], [1, 1, 1]].map(([x, y, part]) => [x * blur * 0.7, y * blur * 0.7, (part * 0.6) / perSecond]);
  const film = Array.from({ length: frames }, (_, number) => {
    const luma = Buffer.alloc(width * height);
    for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
      let sum = 0;
      for (const [dx, dy, later] of samples) {
        const [u, v] = plate(x + dx, y + dy, number / perSecond + later);
        if (Math.abs(u) > 1 || Math.abs(v) > 1) { sum += WALL - 40; continue; }
        const on = modules[Math.floor(((v + 1) / 2) * count) - 4]?.[Math.floor(((u + 1) / 2) * count) - 4];
        sum += on ? 45 : 215;
      }
      const light = 0.75 + 0.25 * (x / width);
      luma[y * width + x] = Math.max(0, Math.min(255, (sum / samples.length) * light + noise()));
    }
    return luma;
  });
  write(path, film, width, height, perSecond);
}
