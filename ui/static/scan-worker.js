// The worker that reads codes in pictures. It gets one picture at a time, a canvas's pixels or a camera's frame as the
// browser has it:
//
//   {id, effort, limit, aim, width, height, rgba: ArrayBuffer}   or   {id, effort, limit, aim, frame: VideoFrame}
//
// and answers  {id, verdict: {one: text} | {choose: [text]} | {}}.  `effort` is 'frame', 'thorough' (a frame again, but
// with all care) or 'still' (a picture that somebody chose), `limit` is in milliseconds, `aim` half the width and height
// of the aim box as parts of the picture's. A panic in the decoder reaches the page as an `error` event; the page then
// starts a new worker.
import init, { Reader } from '{{glue}}';

// Formats whose first plane is brightness, which is all that a code consists of.
const LUMA_FIRST = new Set(['I420', 'I420A', 'I422', 'I422A', 'I444', 'I444A', 'NV12', 'NV12A']);
// What the browser's own reader is asked for. Ours reads all of these too.
const FORMATS = ['qr_code', 'data_matrix', 'code_128', 'code_39', 'ean_13', 'ean_8', 'itf', 'upc_a', 'upc_e'];
// How long the browser's reader is waited for after ours is done.
const THEIR_LIMIT = 250;

let plane = new Uint8Array(0);
let canvas;

async function browserReader() {
  try {
    const known = await self.BarcodeDetector.getSupportedFormats();
    const formats = FORMATS.filter((format) => known.includes(format));
    return formats.length > 0 ? new self.BarcodeDetector({ formats }) : undefined;
  } catch {
    return undefined; // there is none, or its name only
  }
}

const ready = Promise.all([init().then(() => new Reader()), browserReader()]);

function pixelsOf(frame, width, height) {
  canvas ??= new OffscreenCanvas(width, height);
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context.drawImage(frame, 0, 0, width, height);
  return new Uint8Array(context.getImageData(0, 0, width, height).data.buffer);
}

// Reads a picture with our reader.
async function readOurs(reader, { frame, width, height, rgba, effort, limit }) {
  const still = effort !== 'frame';
  if (!frame) return reader.read_rgba(width, height, new Uint8Array(rgba), still, limit);
  const seen = frame.visibleRect;
  if (!LUMA_FIRST.has(frame.format)) {
    return reader.read_rgba(seen.width, seen.height, pixelsOf(frame, seen.width, seen.height), still, limit);
  }
  const size = frame.allocationSize();
  if (plane.length < size) plane = new Uint8Array(size);
  const [{ offset, stride }] = await frame.copyTo(plane);
  return reader.read_luma(seen.width, seen.height, stride, plane.subarray(offset, offset + stride * seen.height), still, limit);
}

self.onmessage = async ({ data }) => {
  try {
    const [reader, detector] = await ready;
    const { id, frame, width, height, rgba, effort, aim } = data;
    // It works beside ours, in a process of its own. What it cannot read or is too slow for is no trouble.
    const picture = () => frame ?? new ImageData(new Uint8ClampedArray(rgba), width, height);
    const theirs = detector?.detect(picture()).catch(() => []);
    try {
      await readOurs(reader, data);
      const late = () => new Promise((give) => { setTimeout(give, THEIR_LIMIT, []); });
      const others = detector ? await Promise.race([theirs, late()]) : [];
      const verdict = effort === 'still' ? reader.judge_picture(others) : reader.judge_frame(others, ...aim);
      self.postMessage({ id, verdict });
    } finally {
      frame?.close();
    }
  } catch (error) {
    // Thrown from here it would be an unhandled promise, which the page does not hear of.
    setTimeout(() => { throw error; });
  }
};
