// A small QR encoder (byte mode, level L, versions 1 to 5) and a camera film made of its picture. It shares nothing
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

// Writes what a camera in front of these codes would film; no text is an empty wall.
export function film(path, ...texts) {
  const luma = Buffer.alloc(WIDTH * HEIGHT, 190);
  texts.forEach((text, place) => {
    const modules = qr(text);
    const edge = texts.length > 1 ? 250 : 360;
    const scale = Math.floor(edge / (modules.length + 8));
    const side = (modules.length + 8) * scale;
    const left = Math.floor((WIDTH / texts.length) * (place + 0.5) - side / 2);
    const top = Math.floor((HEIGHT - side) / 2);
    for (let y = 0; y < side; y++) for (let x = 0; x < side; x++) {
      const on = modules[Math.floor(y / scale) - 4]?.[Math.floor(x / scale) - 4];
      luma[(top + y) * WIDTH + left + x] = on ? 30 : 225;
    }
  });
  const frame = Buffer.concat([Buffer.from('FRAME\n'), luma, Buffer.alloc((WIDTH * HEIGHT) / 2, 128)]);
  writeFileSync(path, Buffer.concat([Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F10:1 Ip A1:1 C420mpeg2\n`), frame, frame]));
}
