// Reads papers with readers that are not ours: jsQR for the square code, zxing-cpp for the cashiers' bars, and promptparse
// for what both of them ask for.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';

const require = createRequire(import.meta.url);
const jsQR = require('jsqr');
const { PNG } = require('pngjs');
const { generate, parse, parseBarcode } = require('promptparse');

// From the package beside us: by itself it would fetch it from a network.
prepareZXingModule({ overrides: { wasmBinary: readFileSync(require.resolve('zxing-wasm/reader/zxing_reader.wasm')) } });

export { generate };

// What a QR code in a grey or coloured picture says.
export function readPng(bytes) {
  const { data, width, height } = PNG.sync.read(bytes);
  return jsQR(new Uint8ClampedArray(data), width, height)?.data;
}

// The dots that a printer would print of `GS v 0` bands, as a picture.
export function dots(bytes) {
  assert.deepEqual([...bytes.subarray(0, 2)], [0x1b, 0x40]);
  const rows = [];
  let at = 2;
  let across = 0;
  while (bytes[at] === 0x1d && bytes[at + 1] === 0x76) {
    across = bytes[at + 4] + 256 * bytes[at + 5];
    const count = bytes[at + 6] + 256 * bytes[at + 7];
    at += 8;
    for (let row = 0; row < count; row += 1, at += across) rows.push(bytes.subarray(at, at + across));
  }
  const picture = new PNG({ width: across * 8, height: rows.length });
  rows.forEach((row, y) => {
    for (let x = 0; x < across * 8; x += 1) {
      const ink = (row[x >> 3] >> (7 - (x & 7))) & 1;
      picture.data.set(ink ? [0, 0, 0, 255] : [255, 255, 255, 255], (y * across * 8 + x) * 4);
    }
  });
  return picture;
}

// A payment code that promptparse accepts, with what it asks for.
export function payment(text) {
  assert.ok(text, 'no code was read');
  const code = parse(text, true);
  assert.ok(code, `promptparse refuses ${text}`);
  return {
    biller: code.getTagValue('30', '01'), ref1: code.getTagValue('30', '02'), ref2: code.getTagValue('30', '03'),
    amount: code.getTagValue('54'), currency: code.getTagValue('53'), aid: code.getTagValue('30', '00'),
  };
}

// A transfer to a tax id that promptparse accepts, with what it asks for.
export function transfer(text) {
  const code = parse(text, true);
  assert.ok(code, `promptparse refuses ${text}`);
  return {
    aid: code.getTagValue('29', '00'), taxId: code.getTagValue('29', '02'), amount: code.getTagValue('54'), currency: code.getTagValue('53'),
  };
}

// The bars in a picture, each said once, in whatever direction they stand.
export async function bars(bytes) {
  const { data, width, height } = PNG.sync.read(bytes);
  const found = await readBarcodes({ data, width, height }, { formats: ['Code128'], tryHarder: true, tryRotate: true });
  return [...new Set(found.map((symbol) => Buffer.from(symbol.bytes).toString('latin1')))];
}

// What the one bar code in a picture asks a cashier for, as promptparse reads it; nothing else may stand in it.
export async function cashiers(bytes) {
  const read = await bars(bytes);
  assert.equal(read.length, 1, `${read.length} bar codes`);
  const code = parseBarcode(read[0]);
  assert.ok(code, `promptparse refuses ${JSON.stringify(read[0])}`);
  const { billerId: biller, ref1, ref2, amount } = code;
  assert.equal(read[0], `|${biller}\r${ref1}\r${ref2}\r${Math.round(amount * 100)}`);
  return { biller, ref1, ref2, amount: amount.toFixed(2) };
}
