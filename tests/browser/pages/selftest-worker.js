// Tells one story and says how it came out. A worker per story: a story that traps must not spoil the next.
import init, { names, tell } from '/selftest.js';

const lines = [];
const shout = console.error.bind(console);
console.error = (...what) => { lines.push(what.join(' ')); shout(...what); };
await init();
self.onmessage = async ({ data }) => {
  if (data === 'names') return self.postMessage(names().trim().split('\n'));
  try {
    await tell(data);
    self.postMessage({ ok: true });
  } catch (error) {
    self.postMessage({ ok: false, why: lines.join('\n') || String(error) });
  }
};
// A panic inside a promise reaches nobody else.
self.addEventListener('unhandledrejection', () => self.postMessage({ ok: false, why: lines.join('\n') }));
self.addEventListener('error', () => self.postMessage({ ok: false, why: lines.join('\n') }));
self.postMessage('open');
