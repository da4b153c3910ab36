// The store in a real browser, on OPFS: its stories, and the door in front of it. Needs `.ci/setup.sh web browser`.
//
//   node --test tests/browser/store.test.mjs
//
// The half that talks to an office wants the server's command (`cargo build -p cli`, target/debug/sanam); SANAM_BIN
// names another. Without it those tests are reported as skipped, never as passed.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { join } from 'node:path';
import { buildWorker, openBrowser, ROOT, serveFolder, until } from './harness.mjs';

const folder = join(ROOT, 'target/browser-test');
let browser;
let site;

before(async () => {
  buildWorker(folder);
  site = await serveFolder(folder);
  browser = await openBrowser();
}, { timeout: 900_000 });

after(async () => {
  await browser?.close();
  site?.close();
});

// A person's browser: its own files, gone afterwards.
async function someone(t, options = {}) {
  const context = await browser.newContext(options);
  t.after(() => context.close());
  return context;
}

// Opens the store in a page and waits until the worker has said whether it can be used.
async function openStore(context, address = `${site.url}/store.html`) {
  const page = await context.newPage();
  await page.goto(address);
  const opened = await page.evaluate(() => window.store.opened);
  return { page, opened, ask: (name, content) => page.evaluate(([name, content]) => window.store.ask(name, content), [name, content]) };
}

// The pool's files: opaque name and the database name in its header.
async function poolFiles(page) {
  return page.evaluate(async () => {
    const root = await (await navigator.storage.getDirectory()).getDirectoryHandle('.sanam');
    const opaque = await root.getDirectoryHandle('.opaque');
    const files = [];
    for await (const [name, handle] of opaque.entries()) {
      const file = await handle.getFile();
      const head = new Uint8Array(await file.slice(0, 512).arrayBuffer());
      files.push({ name, logical: new TextDecoder().decode(head.slice(0, head.indexOf(0))), size: file.size });
    }
    return files.filter((file) => file.logical);
  });
}

// Writes over a part of a database that no worker holds. Offsets are SQLite's; the pool's header comes before.
async function writeOver(page, name, offset, bytes) {
  await page.evaluate(async ({ name, offset, bytes }) => {
    const root = await (await navigator.storage.getDirectory()).getDirectoryHandle('.sanam');
    const file = await (await root.getDirectoryHandle('.opaque')).getFileHandle(name);
    const out = await file.createWritable({ keepExistingData: true });
    await out.write({ type: 'write', position: 4096 + offset, data: new Uint8Array(bytes) });
    await out.close();
  }, { name, offset, bytes });
}

describe('stories on OPFS', () => {
  test('every story comes out right', { timeout: 300_000 }, async (t) => {
    const context = await someone(t);
    const page = await context.newPage();
    await page.goto(`${site.url}/selftest.html`);
    const run = (message) => page.evaluate((message) => new Promise((resolve) => {
      const worker = new Worker('/selftest-worker.js', { type: 'module' });
      worker.onmessage = ({ data }) => {
        if (data === 'open') return worker.postMessage(message);
        worker.terminate();
        resolve(data);
      };
    }), message);
    const names = await run('names');
    assert.ok(names.length >= 8);
    for (const [number, name] of names.entries()) {
      await t.test(name, async () => {
        const result = await run(number);
        assert.ok(result.ok, result.why);
      });
    }
  });
});

describe('the door', () => {
  test('an empty browser gets a store that is not enrolled', async (t) => {
    const { opened, ask } = await openStore(await someone(t));
    assert.deepEqual(opened, { ready: true });
    const status = (await ask('status')).ok.is;
    assert.equal(status.enrolled, null);
    assert.deepEqual(status.counts, { saved: 0, received: 0, photos_waiting: 0 });
    assert.equal((await ask('home', { today: '2026-11-21' })).problem.code, 'not_enrolled');
    assert.equal((await ask('sync')).problem.code, 'not_enrolled');
  });

  test('what is no request is answered, not swallowed', async (t) => {
    const { page, ask } = await openStore(await someone(t));
    for (const text of ['', '{', '{"ask":"fly","with":{}}', '{"ask":"find","with":{}}']) {
      const answer = await page.evaluate((text) => window.store.send(text), text);
      assert.equal(answer.problem.code, 'malformed', text);
    }
    assert.ok((await ask('status')).ok);
  });

  test('a second tab is told, and gets the store once the first is closed', async (t) => {
    const context = await someone(t);
    const first = await openStore(context);
    const second = await openStore(context);
    assert.equal(second.opened.problem.code, 'store_locked');
    assert.match(second.opened.problem.hint, /หน้าต่าง/);
    assert.ok((await first.ask('status')).ok);
    await first.page.close();
    await second.page.reload();
    assert.deepEqual(await second.page.evaluate(() => window.store.opened), { ready: true });
  });

  test('a reload finds the store free, ten times in a row', async (t) => {
    const { page } = await openStore(await someone(t));
    for (let i = 0; i < 10; i++) {
      await page.reload();
      assert.deepEqual(await page.evaluate(() => window.store.opened), { ready: true });
    }
  });

  test('a damaged file is left as it is and a new one begun beside it', async (t) => {
    const context = await someone(t);
    const { page, ask } = await openStore(context);
    await ask('status');
    await page.evaluate(() => window.store.stop());
    await page.goto(`${site.url}/selftest.html`);
    const before = (await poolFiles(page)).find((file) => file.logical === 'sanam.db');
    await writeOver(page, before.name, 0, Array(2048).fill(0x5a));
    await page.goto(`${site.url}/store.html`);
    assert.deepEqual(await page.evaluate(() => window.store.opened), { ready: true });
    const status = await page.evaluate(() => window.store.ask('status'));
    assert.equal(status.ok.is.set_aside, 'sanam.db');
    // Whoever wants to keep it elsewhere is given it, now and later.
    const kept = async () => (await page.evaluate(() => window.store.ask('unsent_copy'))).ok.is.files;
    const [file, ...others] = await kept();
    assert.deepEqual([file.name, others.length], ['sanam.db', 0]);
    assert.deepEqual([...Buffer.from(file.base64, 'base64').subarray(0, 3)], [0x5a, 0x5a, 0x5a]);
    // The next start uses the new file and has nothing to report.
    await page.reload();
    assert.equal((await page.evaluate(() => window.store.ask('status'))).ok.is.set_aside, null);
    assert.equal((await kept()).length, 1);
    await page.evaluate(() => window.store.stop());
    await page.goto(`${site.url}/selftest.html`);
    const files = await poolFiles(page);
    assert.deepEqual(files.find((file) => file.logical === 'sanam.db'), before);
    assert.ok(files.some((file) => file.logical === 'sanam-2.db'));
  });

  test('a file of a newer app is refused and not touched', async (t) => {
    const context = await someone(t);
    const { page, ask } = await openStore(context);
    await ask('status');
    await page.evaluate(() => window.store.stop());
    await page.goto(`${site.url}/selftest.html`);
    const all = await poolFiles(page);
    const before = all.find((file) => file.logical === 'sanam.db');
    await writeOver(page, before.name, 60, [0, 0, 0x27, 0x0f]); // SQLite's user_version
    await page.goto(`${site.url}/store.html`);
    const opened = await page.evaluate(() => window.store.opened);
    assert.equal(opened.problem?.code, 'store_newer');
    await page.goto(`${site.url}/selftest.html`);
    assert.deepEqual(await poolFiles(page), all);
  });

  test('a browser that keeps no files is told so', async (t) => {
    const context = await someone(t);
    await context.route('**/worker.js', async (route) => {
      const response = await route.fetch();
      // What an old browser lacks.
      await route.fulfill({ response, body: `delete StorageManager.prototype.getDirectory;\n${await response.text()}` });
    });
    const { opened } = await openStore(context);
    assert.equal(opened.problem.code, 'store_unavailable');
  });
});
