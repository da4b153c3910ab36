// A WebDriver client of the few words this needs, and the display, the bus and the driver it talks to.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as later } from 'node:timers/promises';

const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';

async function freePort() {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

// Starts tauri-driver under a display and a session bus of its own. `env` is what the app will see; what they all say
// goes to the file `log`.
export async function startDriver(env, log) {
  mkdirSync(dirname(log), { recursive: true });
  const said = openSync(log, 'w');
  const [port, nativePort] = [await freePort(), await freePort()];
  const child = spawn('dbus-run-session', ['--', 'xvfb-run', '-a', '-s', '-screen 0 1280x1024x24', 'tauri-driver', '--port', String(port), '--native-port', String(nativePort)], {
    env: { ...process.env, ...env, NO_AT_BRIDGE: '1' },
    stdio: ['ignore', said, said], // not ours: whoever waits for the end of our output would wait for a stray driver
    detached: true, // a group of its own, so that display and bus end with it
  });
  const end = () => { try { process.kill(-child.pid, 'SIGTERM'); } catch { /* it has ended */ } };
  process.once('exit', end);
  process.once('SIGTERM', () => { end(); process.exit(1); });
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; ; tries++) {
    if (child.exitCode !== null) throw new Error(`the driver ended with ${child.exitCode}, see ${log}`);
    if (await fetch(`${url}/status`).then((answer) => answer.ok, () => false)) break;
    if (tries > 600) throw new Error('the driver does not answer');
    await later(100);
  }
  return {
    url,
    async stop() {
      if (child.exitCode !== null) return;
      const gone = once(child, 'exit');
      end();
      await gone;
    },
  };
}

// Opens the app's window.
export async function openWindow(driver, application) {
  const call = async (method, path, body) => {
    const answer = await fetch(`${driver.url}${path}`, { method, headers: { 'content-type': 'application/json' }, body: body && JSON.stringify(body) });
    const { value } = await answer.json();
    if (!answer.ok) throw Object.assign(new Error(`${path}: ${value?.error}: ${value?.message}`), { code: value?.error });
    return value;
  };
  const { sessionId } = await call('POST', '/session', { capabilities: { alwaysMatch: { 'tauri:options': { application } } } });
  const at = `/session/${sessionId}`;
  await call('POST', `${at}/timeouts`, { script: 60_000, implicit: 0, pageLoad: 60_000 });
  const run = (script, ...args) => call('POST', `${at}/execute/sync`, { script, args });
  const runAsync = (script, ...args) => call('POST', `${at}/execute/async`, { script, args });
  // By CSS, or by the words on it: `button "ลงทะเบียนเครื่อง"`.
  const find = async (what) => {
    const words = what.match(/^(\w+) "(.*)"$/);
    const query = words ? { using: 'xpath', value: `//${words[1]}[contains(normalize-space(.), '${words[2]}')]` } : { using: 'css selector', value: what };
    return (await call('POST', `${at}/elements`, query)).map((one) => one[ELEMENT]);
  };
  const shown = async (what) => {
    for (let tries = 0; tries < 300; tries++) {
      const [element] = await find(what);
      if (element) return element;
      await later(100);
    }
    throw new Error(`not shown: ${what}; the page says: ${await run('return document.body.innerText')}`);
  };
  return {
    run,
    shown,
    press: async (what) => call('POST', `${at}/element/${await shown(what)}/click`, {}),
    type: async (what, text) => {
      const element = await shown(what);
      await call('POST', `${at}/element/${element}/clear`, {});
      await call('POST', `${at}/element/${element}/value`, { text });
    },
    // Asks the store as the screens do.
    ask: async (name, content = {}) => JSON.parse(await runAsync(`
      const [request, done] = arguments;
      window.__TAURI__.core.invoke('call', { request }).then(done, (error) => done(JSON.stringify({ problem: { code: 'invoke', hint: String(error) } })));
    `, JSON.stringify({ ask: name, with: content }))),
    async picture(file) {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, Buffer.from(await call('GET', `${at}/screenshot`), 'base64'));
    },
    close: () => call('DELETE', at),
  };
}
