// Talks to the store's worker as the screens do, and keeps what it says unasked.
export function openStore() {
  const worker = new Worker('/worker.js', { type: 'module' });
  const waiting = new Map();
  const events = [];
  let next = 1;
  let settle;
  const opened = new Promise((resolve) => { settle = resolve; });
  worker.onmessage = ({ data }) => {
    if (data.sanam === 'ready') settle({ ready: true });
    else if (data.sanam === 'failed') {
      const problem = JSON.parse(data.reason);
      settle({ problem });
      for (const resolve of waiting.values()) resolve({ problem });
    } else if (data.event) events.push({ name: data.event, detail: JSON.parse(data.detail) });
    else {
      waiting.get(data.id)(JSON.parse(data.reply));
      waiting.delete(data.id);
    }
  };
  const send = (text) => new Promise((resolve) => {
    const id = next++;
    waiting.set(id, resolve);
    worker.postMessage({ id, request: text });
  });
  const ask = (name, content = {}) => send(JSON.stringify({ ask: name, with: content }));
  // The screens do the same: Chromium's pretended loss of signal is not told to workers, a real one is.
  addEventListener('online', () => ask('sync'));
  return { opened, ask, send, events, stop: () => worker.terminate() };
}
