// What a person waits for in the browser, on the whole sub-district: 18,000 meters in OPFS, a warm service worker.
// Not part of the tests. `make bench` runs it after the native figures and it adds its own to target/bench.json:
//
//   browser_first_screen_ms   from opening the address until the round shows on the home screen (median of 5)
//   browser_scan_to_card_ms   from a code in hand until its card shows (median of 9); the camera's own time is not in it
//   browser_pull36k_ms        a fresh store on OPFS takes in the whole water registry and its readings
//   browser_push900_ms        a reader's month of 900 visits is sent and confirmed
//   browser_save_p50_ms       one visit saved durably, as the screen asks for it
//   browser_lookup_p99_ms     a code becomes a card, asked of the worker
//   browser_cold_start_ms     from a closed store to the numbers of the home screen (median of 5)
//   form_load_1800_rows_ms    reading the largest form known and laying out its pages (median of 9)
//   form_recalc_p99_ms        one answer in it, everything that depends on it worked out (99th of 1,462)
//   scan_still_12mp_wasm_ms   a photograph of 4,000 x 3,000 is read: a label far away, a wall alone, a fence (the worst of 15)
//   scan_camera_fps           frames a second that are read at 1,280 x 720 while nothing is found, over 5 s
//   scan_camera_first_read_ms from pressing "scan" until the card shows, for a tilted, moving, blurred label in front of a
//                             camera of 1,280 x 720, the camera's own start included (median of 5)
//   citizen_page_bytes        the page behind a pole's label with its style, not packed, with a report that is open
//   ui_wasm_brotli_bytes, worker_wasm_brotli_bytes, scan_wasm_brotli_bytes
//
// Wants the release build of both: `node ui/build.mjs` and `cargo build --release -p cli`.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { browserOptions, buildExample, ROOT, serveFolder, startTown, until } from './harness.mjs';
import { mkdtempSync, rmSync } from 'node:fs';
import { film, filmMoving, qr } from './qr.mjs';
import { tmpdir } from 'node:os';

const folder = mkdtempSync(join(tmpdir(), 'sanam-bench-'));
const app = process.env.SANAM_APP ?? join(ROOT, 'ui/dist');
const bin = process.env.SANAM_BIN ?? join(ROOT, 'target/release/sanam');
const median = (numbers) => Math.round(numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)]);
const figures = {};
function keep() {
  const path = join(ROOT, 'target/bench.json');
  const before = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
  writeFileSync(path, `${JSON.stringify({ ...before, ...figures }, null, 2)}\n`);
}
// Said as soon as it is known: what hangs later tells where, and what is known stays known.
const found = (name, value) => {
  figures[name] = value;
  console.log(`${name} ${value}`);
};

for (const [name, pattern] of [['ui', /^ui-.*\.wasm\.br$/], ['worker', /^store-.*\.wasm\.br$/], ['scan', /^scan-[0-9a-f]+\.wasm\.br$/]]) {
  const file = readdirSync(join(app, 'assets')).find((file) => pattern.test(file));
  if (file) found(`${name}_wasm_brotli_bytes`, statSync(join(app, 'assets', file)).size);
}

buildExample('large_form', folder);
writeFileSync(join(folder, 'large_form.html'), '<!doctype html><title>form</title>');
const site = await serveFolder(folder, () => town?.url);
const town = await startTown({ bin, address: site.url, size: 'whole' });
if (!town) throw new Error('the server is not built: cargo build --release -p cli');
const lens = join(folder, 'camera.y4m');
const camera = { width: 1280, height: 720, perSecond: 30 };
film(lens);
const context = await chromium.launchPersistentContext(join(folder, 'profile'), {
  ...browserOptions('--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${lens}`),
  viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true, locale: 'th-TH', timezoneId: 'Asia/Bangkok',
});
try {
  let cookie;
  const office = async (name, content) => {
    const response = await fetch(`${town.url}/api/call`, { method: 'POST', headers: { 'content-type': 'application/json', 'x-sanam': '1', ...(cookie ? { cookie } : {}) }, body: JSON.stringify({ ask: name, with: content }) });
    cookie = response.headers.getSetCookie().map((one) => one.split(';')[0]).join('; ') || cookie;
    const answer = await response.json();
    if (!answer.ok) throw new Error(`${name}: ${JSON.stringify(answer.problem)}`);
    return answer.ok.is;
  };
  await office('login', { name: 'demo', password: town.password });
  const zones = await office('zones', { programme: 'water' });
  const { code } = await office('new_enrolment', { person: 'วัดเวลา', role: 'supervisor', shelves: zones.map((zone) => `water/${zone.zone}`) });
  const today = new Date(Date.now() + 7 * 3600e3).toISOString().slice(0, 10);
  const { rows } = await office('round', { programme: 'water', zone: zones[20].zone, standing: [], today, offset: 100, limit: 9 });
  const codes = [];
  for (const row of rows) codes.push((await office('card', { subject: row.id, today })).codes.find((one) => /^[0-9A-Z]{10}$/.test(one)));

  const [feeder] = await office('zones', { programme: 'lights' });
  const poles = await office('round', { programme: 'lights', zone: feeder.zone, standing: [], today, offset: 0, limit: 1 });
  const pole = await office('card', { subject: poles.rows[0].id, today });
  await office('open_order', { subject: pole.row.id, kind: 'repair', topics: ['off'], note: '', photos: [], place: null });
  execFileSync(bin, ['labels', '--programme', 'lights', '--code', pole.codes[0], '--db', town.dir, '--server', town.url, '--to', folder]);
  const label = readFileSync(join(folder, 'labels.csv'), 'utf8').split('\n')[1].split(',').find((cell) => /\/q\//i.test(cell));
  const bytes = async (path) => (await (await fetch(town.url + path)).arrayBuffer()).byteLength;
  found('citizen_page_bytes', await bytes(new URL(label).pathname) + await bytes('/page.css'));

  const page = context.pages()[0];
  page.setDefaultTimeout(240_000);
  await page.goto(`${site.url}/large_form.html`);
  const form = await page.evaluate(async () => {
    const { default: init, definition, load } = await import('/large_form.js');
    await init();
    const text = definition();
    const timed = (act) => { const begun = performance.now(); const value = act(); return [performance.now() - begun, value]; };
    const at = (times, share) => times.sort((a, b) => a - b)[Math.floor(times.length * share)];
    const loads = Array.from({ length: 9 }, () => timed(() => load(text))[0]);
    const sheet = load(text);
    const answers = [];
    for (let group = 0; group < 86; group++) {
      for (let place = 0; place < 17; place++) answers.push(timed(() => sheet.set(`q${group}_${place}`, `${place}`))[0]);
    }
    return { form_load_1800_rows_ms: Math.round(at(loads, 0.5)), form_recalc_p99_ms: Math.round(at(answers, 0.99) * 10) / 10 };
  });
  for (const [name, value] of Object.entries(form)) found(name, value);
  const asset = (pattern) => `/assets/${readdirSync(join(app, 'assets')).find((file) => pattern.test(file))}`;
  found('scan_still_12mp_wasm_ms', await page.evaluate(async ({ script, module, black, text }) => {
    const { default: init, Reader } = await import(script);
    await init({ module_or_path: module });
    const [width, height, dots] = [4000, 3000, 4];
    let seed = 1;
    const chance = () => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return seed / 2 ** 32;
    };
    const picture = (shade) => {
      const luma = new Uint8Array(width * height);
      for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) luma[y * width + x] = shade(x, y) + chance() * 24;
      return luma;
    };
    const wall = (x) => 90 + (x >> 8) * 4;
    const label = () => {
      // With its quiet zone, as it is printed.
      const side = (black.length + 8) * dots;
      const [left, top] = [Math.floor(chance() * (width - side)), Math.floor(chance() * (height - side))];
      return picture((x, y) => {
        if (x < left || y < top || x >= left + side || y >= top + side) return wall(x);
        return black[Math.floor((y - top) / dots) - 4]?.[Math.floor((x - left) / dots) - 4] ? 40 : 200;
      });
    };
    const fence = () => {
      const dark = Array.from({ length: width }, () => chance() > 0.5);
      return picture((x) => (dark[Math.floor(x / 3)] ? 40 : 190));
    };
    const reader = new Reader();
    const times = [];
    for (let round = -1; round < 5; round++) {
      for (const [kind, luma] of [['label', label()], ['wall', picture(wall)], ['fence', fence()]]) {
        const begun = performance.now();
        reader.read_luma(width, height, width, luma, true, 15_000);
        // The first round is there for the engine, which translates what is used often into faster code.
        if (round >= 0) times.push(performance.now() - begun);
        const read = reader.judge_picture([]);
        const told = read.one ?? read.choose?.join();
        if (kind === 'label' && told !== text) throw new Error(`the label says ${told}`);
      }
    }
    return Math.round(Math.max(...times));
  }, { script: asset(/^scan-[0-9a-f]+\.js$/), module: asset(/^scan-[0-9a-f]+\.wasm$/), text: site.url.toUpperCase(), black: qr(site.url.toUpperCase()) }));
  await page.goto(`${site.url}/enrol/${code}`);
  await page.getByRole('textbox', { name: /ชื่อเครื่องนี้/ }).fill('มือถือวัดเวลา');
  await page.getByRole('button', { name: 'ลงทะเบียนเครื่อง' }).click();
  await page.getByRole('button', { name: 'ดูทั้งหมด 18,000 รายการ' }).waitFor();
  await page.waitForFunction(() => navigator.serviceWorker.ready.then(() => navigator.serviceWorker.controller !== null));
  await until(() => page.evaluate(() => !document.querySelector('.strip button')?.disabled), 'the sync to end', 240_000);
  // From here on the phone is out in the field.
  site.gate.closed = true;

  const first = [];
  for (let i = 0; i < 5; i++) {
    await page.goto('about:blank');
    await page.goto(site.url, { waitUntil: 'commit' });
    // Counted by the page's own clock, from the moment it was opened.
    first.push(await page.evaluate(() => new Promise((seen) => {
      const look = () => (document.querySelector('.programme .row') && document.querySelector('.round-numbers') ? seen(performance.now()) : requestAnimationFrame(look));
      look();
    })));
  }
  found('browser_first_screen_ms', median(first));

  const scans = [];
  for (const [at, code] of codes.entries()) {
    await page.evaluate(() => { location.hash = '#/scan'; });
    await page.getByRole('textbox', { name: 'หรือพิมพ์รหัสบนป้าย' }).fill(code);
    scans.push(await page.evaluate((heading) => new Promise((seen) => {
      const begun = performance.now();
      [...document.querySelectorAll('.typed button')].at(-1).click();
      const look = () => (document.querySelector('.who h2')?.textContent === heading ? seen(performance.now() - begun) : requestAnimationFrame(look));
      look();
    }), rows[at].heading));
  }
  found('browser_scan_to_card_ms', median(scans));

  // Something too small to be read, so that frame after frame is looked at.
  filmMoving(lens, 'a wall', { ...camera, size: 0.02, blur: 4 });
  await page.goto('about:blank');
  await page.addInitScript(() => {
    window.framesRead = 0;
    const send = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function (message, ...more) {
      if (message?.effort) window.framesRead += 1;
      return send.call(this, message, ...more);
    };
  });
  await page.goto(`${site.url}/#/scan`);
  await page.waitForFunction(() => window.framesRead > 10);
  found('scan_camera_fps', await page.evaluate(() => new Promise((told) => {
    const [begun, before] = [performance.now(), window.framesRead];
    setTimeout(() => told(Math.round(((window.framesRead - before) * 10_000) / (performance.now() - begun)) / 10), 5_000);
  })));

  const reads = [];
  for (let i = 0; i < 5; i++) {
    await page.evaluate(() => { location.hash = '#/'; });
    filmMoving(lens, `${site.url.toUpperCase()}/Q/${codes[i]}`, { ...camera, frames: 40 });
    await page.getByRole('button', { name: 'สแกน', exact: true }).waitFor();
    reads.push(await page.evaluate((heading) => new Promise((seen) => {
      const begun = performance.now();
      [...document.querySelectorAll('button')].find((button) => button.textContent.trim() === 'สแกน').click();
      const look = () => (document.querySelector('.who h2')?.textContent === heading ? seen(performance.now() - begun) : requestAnimationFrame(look));
      look();
    }), rows[i].heading));
  }
  found('scan_camera_first_read_ms', median(reads));
  // The camera must not take its share of what is measured next.
  await page.goto('about:blank');
  site.gate.closed = false;

  // The store alone, in a browser of its own: the worker is asked as the screens ask it.
  const other = await chromium.launchPersistentContext(join(folder, 'worker'), { ...browserOptions(), bypassCSP: true });
  try {
    const talk = readFileSync(join(ROOT, 'tests/browser/pages/talk.js'), 'utf8').replace('export ', '');
    const bench = other.pages()[0];
    bench.setDefaultTimeout(240_000);
    const open = async () => {
      await bench.goto(`${site.url}/manifest.webmanifest`);
      await bench.addScriptTag({ type: 'module', content: `${talk}\nwindow.begun = performance.now(); window.store = openStore();` });
      return bench.evaluate(async () => {
        const opened = await window.store.opened;
        if (!opened.ready) throw new Error(JSON.stringify(opened.problem));
        const ask = async (name, content) => {
          const reply = await window.store.ask(name, content);
          if (!reply.ok) throw new Error(`${name}: ${JSON.stringify(reply.problem)}`);
          return reply.ok.is;
        };
        window.ask = ask;
        window.syncAll = async () => { let reply; do reply = await ask('sync'); while (reply.more); return reply; };
      });
    };
    await open();
    const { code } = await office('new_enrolment', { person: 'วัดเวลา', role: 'supervisor', shelves: zones.map((zone) => `water/${zone.zone}`) });
    found('browser_pull36k_ms', Math.round(await bench.evaluate(async (text) => {
      const begun = performance.now();
      await window.ask('enrol', { text, name: 'วัดเวลา' });
      await window.syncAll();
      return performance.now() - begun;
    }, `${site.url}/enrol/${code}`)));
    const [push, saves] = await bench.evaluate(async (today) => {
      const saves = [];
      for (let offset = 0; saves.length < 900; offset += 200) {
        const { rows } = await window.ask('round', { programme: 'water', zone: null, standing: [], today, offset, limit: 200 });
        if (rows.length === 0) throw new Error('the registry is not here');
        for (const row of rows.slice(0, 900 - saves.length)) {
          const begun = performance.now();
          await window.ask('save_visit', { programme: 'water', form: 'reading', subject: row.id, outcome: 'locked', answers: {}, photos: [], offset_minutes: 420 });
          saves.push(performance.now() - begun);
        }
      }
      const begun = performance.now();
      const reply = await window.syncAll();
      if (reply.status.counts.saved !== reply.status.counts.received) throw new Error('not all was confirmed');
      return [performance.now() - begun, saves];
    }, today);
    found('browser_push900_ms', Math.round(push));
    found('browser_save_p50_ms', median(saves));
    const lookups = await bench.evaluate(async ({ codes, today }) => {
      const times = [];
      for (let at = 0; at < 500; at++) {
        const begun = performance.now();
        const found = await window.ask('find', { text: codes[at % codes.length] });
        await window.ask('card', { subject: found.subject, today });
        times.push(performance.now() - begun);
      }
      return times;
    }, { codes, today });
    found('browser_lookup_p99_ms', Math.round(lookups.sort((a, b) => a - b)[Math.floor(lookups.length * 0.99)] * 10) / 10);
    const starts = [];
    for (let at = 0; at < 5; at++) {
      await bench.goto('about:blank');
      await open();
      starts.push(await bench.evaluate(async (today) => { await window.ask('home', { today }); return performance.now() - window.begun; }, today));
    }
    found('browser_cold_start_ms', median(starts));
  } finally {
    await other.close();
  }
} finally {
  await context.close();
  site.close();
  await town.end();
  rmSync(folder, { recursive: true, force: true });
  keep();
}
