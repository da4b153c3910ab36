// The dedicated worker that holds the store: loads the wasm module, lets it open the files, then hands every message to it.
//
// The contract with the Rust side (`ui/worker/src/lib.rs`): `start()` resolves once the store can answer, and has by then
// set `self.onmessage`. Messages that came earlier are given to it in their order.
// The page hears one of two messages first:  {sanam: 'ready'}  or  {sanam: 'failed', reason: TEXT}.
import init, { start } from '{{glue}}';

const early = [];
self.onmessage = (event) => early.push(event);
const waiting = self.onmessage;

try {
  await init();
  await start();
  self.postMessage({ sanam: 'ready' });
  if (self.onmessage !== waiting) for (const event of early) self.onmessage(event);
} catch (error) {
  self.postMessage({ sanam: 'failed', reason: String(error?.message ?? error) });
}
