// What the browser tests share: builds a wasm crate by itself (not the whole app), serves a folder, opens Chromium.
import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { createServer as createSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.wasm': 'application/wasm' };

let webEnv;
function environment() {
  if (!webEnv) {
    const listing = execFileSync(join(ROOT, '.ci/web.sh'), ['--env'], { maxBuffer: 1 << 24 }).toString();
    webEnv = Object.fromEntries(listing.split('\0').filter(Boolean).map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
  }
  return webEnv;
}

// Compiles ui-worker and its example, and binds both into `folder` as store.js and selftest.js.
export function buildWorker(folder) {
  const env = environment();
  execFileSync(env.WEB_CARGO, ['build', '-q', '-p', 'ui-worker', '--lib', '--example', 'selftest', '--target', 'wasm32-unknown-unknown', '--profile', 'web-dev'], { cwd: ROOT, env, stdio: 'inherit' });
  const out = join(env.CARGO_TARGET_DIR, 'wasm32-unknown-unknown/web-dev');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [file, name] of [['ui_worker.wasm', 'store'], ['examples/selftest.wasm', 'selftest']]) {
    execFileSync(env.WASM_BINDGEN, [join(out, file), '--target', 'web', '--no-typescript', '--out-dir', folder, '--out-name', name], { env, stdio: 'inherit' });
  }
  writeFileSync(join(folder, 'worker.js'), readFileSync(join(ROOT, 'ui/static/worker.js'), 'utf8').replaceAll('{{glue}}', './store.js'));
  for (const page of ['store.html', 'selftest.html', 'selftest-worker.js', 'talk.js']) copyFileSync(join(ROOT, 'tests/browser/pages', page), join(folder, page));
}

// Compiles an example of ui-worker as the app is compiled, and binds it into `folder` under its name.
export function buildExample(name, folder) {
  const env = environment();
  execFileSync(env.WEB_CARGO, ['build', '-q', '-p', 'ui-worker', '--example', name, '--target', 'wasm32-unknown-unknown', '--profile', 'web'], { cwd: ROOT, env, stdio: 'inherit' });
  const wasm = join(env.CARGO_TARGET_DIR, 'wasm32-unknown-unknown/web/examples', `${name}.wasm`);
  execFileSync(env.WASM_BINDGEN, [wasm, '--target', 'web', '--no-typescript', '--out-dir', folder, '--out-name', name], { env, stdio: 'inherit' });
}

// Serves a folder; what it does not have goes to `office()` (an address such as http://127.0.0.1:1234), so that page and
// server share one origin as they do in life. `gate.closed` drops every call to the office, as a dead network does;
// `gate.hold(path)` may give a promise that a call waits for.
export async function serveFolder(folder, office = () => undefined) {
  const gate = { closed: false, calls: [] };
  const server = createServer(async (incoming, outgoing) => {
    const path = normalize(new URL(incoming.url, 'http://here').pathname);
    const file = join(folder, path);
    if (incoming.method === 'GET' && existsSync(file) && extname(file) in TYPES) {
      outgoing.writeHead(200, { 'content-type': TYPES[extname(file)], 'cache-control': 'no-store' });
      outgoing.end(readFileSync(file));
      return;
    }
    gate.calls.push({ path, encoding: incoming.headers['content-encoding'] });
    if (gate.answer) {
      gate.answer(incoming, outgoing);
      return;
    }
    await gate.hold?.(path);
    const to = office();
    if (gate.closed || !to) {
      incoming.destroy();
      return;
    }
    const passed = request(new URL(incoming.url, to), { method: incoming.method, headers: incoming.headers }, (answer) => {
      outgoing.writeHead(answer.statusCode, answer.headers);
      answer.pipe(outgoing);
    });
    passed.on('error', () => outgoing.destroy());
    incoming.pipe(passed);
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  return { url: `http://127.0.0.1:${server.address().port}`, gate, close: () => { server.closeAllConnections(); server.close(); } };
}

const CHROMIUM = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export const browserOptions = (...more) => ({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: [...CHROMIUM, ...more] });

export async function openBrowser(...more) {
  return chromium.launch(browserOptions(...more));
}

// Waits until `check` gives something, asking again each time something happens or a moment has passed.
export async function until(check, what, patience = 60_000) {
  const end = Date.now() + patience;
  for (;;) {
    const found = await check();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((later) => setTimeout(later, 50));
  }
}

// A port that nobody listens on.
async function freePort() {
  const socket = createSocket();
  await new Promise((ready) => socket.listen(0, '127.0.0.1', ready));
  const { port } = socket.address();
  await new Promise((closed) => socket.close(closed));
  return port;
}

// Starts the simulated town in a new folder. Gives its address, the enrolment links by role, and how to end it.
// `address` is what the town calls itself where something stands in front of it. Gives undefined where the server's
// command was not built.
export async function startTown({ bin = process.env.SANAM_BIN ?? join(ROOT, 'target/debug/sanam'), address, size = 'small', serving = [] } = {}) {
  if (!existsSync(bin)) return undefined;
  const dir = mkdtempSync(join(tmpdir(), 'sanam-town-'));
  const listen = `127.0.0.1:${await freePort()}`;
  const url = `http://${listen}`;
  const app = process.env.SANAM_APP ?? join(ROOT, 'ui/dist');
  const begin = () => new Promise((resolve, reject) => {
    const more = [...(address ? ['--address', address] : []), ...serving];
    const child = spawn(bin, ['demo', '--dir', join(dir, 'town'), '--size', size, '--listen', listen, '--app', app, ...more], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    child.stderr.on('data', (piece) => { said += piece; });
    child.stdout.on('data', (piece) => {
      said += piece;
      const links = [...said.matchAll(/(http:\S+\/enrol\/\S+)\s+\(\S*enrol-(\w+)\.png\)/g)];
      if (links.length === 3 && said.includes('Ctrl-C')) resolve({ child, links: Object.fromEntries(links.map(([, link, role]) => [role, link])) });
    });
    child.on('exit', (code, signal) => reject(new Error(`the town ended with ${code ?? signal}: ${said}`)));
  }).then(async (begun) => {
    await until(() => fetch(`${url}/health`).then((answer) => answer.ok, () => false), 'the town to answer');
    return begun;
  });
  const town = await begin();
  const running = () => town.child.exitCode === null && town.child.signalCode === null;
  const ended = (signal) => new Promise((resolve) => {
    if (!running()) return resolve();
    town.child.once('exit', resolve);
    town.child.kill(signal);
  });
  return {
    url,
    bin,
    dir: join(dir, 'town'),
    get links() { return town.links; },
    get password() { return readFileSync(join(dir, 'town/office-password.txt'), 'utf8').trim(); },
    stop: () => ended('SIGTERM'),
    kill: () => ended('SIGKILL'),
    async restart() { if (!running()) Object.assign(town, await begin()); },
    // What the server holds, as the office's own tool prints it.
    dump: () => execFileSync(bin, ['server', 'dump', '--db', join(dir, 'town')], { maxBuffer: 1 << 28 }).toString(),
    end: async () => { await ended('SIGTERM'); rmSync(dir, { recursive: true, force: true }); },
  };
}
