// The store in a browser against a real server: enrol, save with no signal, reload, receive; slow, lying and dead
// networks; a full disk; a page that dies in the middle of saving.
//
//   node --test tests/browser/office.test.mjs
//
// Wants the server's command (`cargo build -p cli`; SANAM_BIN names another one).
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { join } from 'node:path';
import { buildWorker, openBrowser, ROOT, serveFolder, startTown, until } from './harness.mjs';

const folder = join(ROOT, 'target/browser-office-test');
const missing = existsSync(process.env.SANAM_BIN ?? join(ROOT, 'target/debug/sanam')) ? false : 'the server is not built: cargo build -p cli';
const TODAY = new Date(Date.now() + 7 * 3600e3).toISOString().slice(0, 10);

describe('with an office', { skip: missing }, () => {
  let browser;
  let town;
  let site;

  before(async () => {
    buildWorker(folder);
    town = await startTown();
    site = await serveFolder(folder, () => town.url);
    browser = await openBrowser();
  }, { timeout: 900_000 });

  after(async () => {
    await browser?.close();
    site?.close();
    await town?.end();
  });

  // Gives the store's door in a page. The enrolment link's address is swapped for the site's, which passes it on.
  async function openStore(t) {
    const context = await browser.newContext();
    t.after(() => context.close());
    const page = await context.newPage();
    await page.goto(`${site.url}/store.html`);
    assert.deepEqual(await page.evaluate(() => window.store.opened), { ready: true });
    const ask = (name, content = {}) => page.evaluate(([name, content]) => window.store.ask(name, content), [name, content]);
    return { context, page, ask };
  }

  const is = (answer) => {
    assert.ok(answer.ok, JSON.stringify(answer.problem));
    return answer.ok.is;
  };

  // A picture of nothing, which takes some ten thousand bytes: the server opens what it is sent.
  const noise = (page, seed) => page.evaluate(async (seed) => {
    const canvas = new OffscreenCanvas(128, 128);
    const context = canvas.getContext('2d');
    const picture = context.createImageData(128, 128);
    let state = seed * 7919 + 1;
    for (let i = 0; i < picture.data.length; i++) {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      picture.data[i] = i % 4 === 3 ? 255 : state >>> 24;
    }
    context.putImageData(picture, 0, 0);
    const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/jpeg', quality: 1 })).arrayBuffer());
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  }, seed);

  let fresh = 0;
  // Enrols as the meter reader. Each link is good for one device, so the office makes a new one.
  async function enrolled(t) {
    const store = await openStore(t);
    const link = fresh++ === 0 ? town.links.reader : await newLink();
    const code = link.split('/').at(-1);
    const status = is(await store.ask('enrol', { text: code, server: site.url, name: 'เบราว์เซอร์' }));
    assert.ok(status.enrolled);
    is(await store.ask('sync'));
    const round = is(await store.ask('round', { programme: 'water', zone: null, standing: [], today: TODAY, offset: 0, limit: 200 }));
    assert.ok(round.rows.length >= 20, `${round.rows.length} meters`);
    return { ...store, meters: round.rows };
  }

  let cookie;
  async function office(name, content) {
    const response = await fetch(`${town.url}/api/call`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-sanam': '1', ...(cookie ? { cookie } : {}) },
      body: JSON.stringify({ ask: name, with: content }),
    });
    cookie = response.headers.getSetCookie().map((one) => one.split(';')[0]).join('; ') || cookie;
    return is(await response.json());
  }

  async function newLink() {
    if (!cookie) await office('login', { name: 'demo', password: town.password });
    const water = (await office('zones', { programme: 'water' }))[0];
    const made = await office('new_enrolment', { person: 'ผู้ทดสอบ', role: 'worker', shelves: [`water/${water.zone}`] });
    return made.link;
  }

  const reading = (meter, value, photos = []) => ({
    programme: 'water', form: 'reading', subject: meter.id, zone: null, code: null, outcome: 'done',
    answers: { reading: value }, photos, place: null, supersedes: null, offset_minutes: 420,
  });

  const counts = async (ask) => is(await ask('status')).counts;

  test('a reading saved with no signal is there after a reload and reaches the office by itself', async (t) => {
    const { page, ask, meters } = await enrolled(t);
    site.gate.closed = true;
    t.after(() => { site.gate.closed = false; });
    is(await ask('save_visit', reading(meters[0], 1234)));
    assert.equal((await ask('sync')).problem.code, 'offline');
    await page.reload();
    assert.deepEqual(await page.evaluate(() => window.store.opened), { ready: true });
    assert.deepEqual([(await counts(ask)).saved, (await counts(ask)).received], [1, 0]);
    const card = is(await ask('card', { subject: meters[0].id, today: TODAY }));
    assert.equal(card.visits[0].values.reading, 1234);
    assert.equal(card.visits[0].received, false);
    // The signal is back; the browser says so, nobody presses anything.
    site.gate.closed = false;
    await page.context().setOffline(true);
    await page.context().setOffline(false);
    await until(async () => (await counts(ask)).received === 1, 'the office to receive it');
    assert.match(town.dump(), /1234/);
  });

  test('a network that never answers holds up neither a scan nor a save', async (t) => {
    const { ask, page, meters } = await enrolled(t);
    const held = [];
    site.gate.answer = (incoming, outgoing) => held.push([incoming, outgoing]);
    t.after(() => { site.gate.answer = undefined; held.forEach(([incoming]) => incoming.destroy()); });
    const sync = page.evaluate(() => window.store.ask('sync'));
    await until(() => held.length === 1, 'a call under way');
    is(await ask('search', { text: '1', programme: null, today: TODAY, limit: 10 }));
    is(await ask('save_visit', reading(meters[1], 77)));
    assert.equal((await counts(ask)).saved, 1);
    assert.equal(held.length, 1, 'one exchange at a time');
    site.gate.answer = undefined;
    // It breaks off in the middle of its answer. (Before the answer, Chromium would quietly ask again.)
    for (const [, outgoing] of held.splice(0)) {
      outgoing.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 });
      outgoing.write('{', () => outgoing.destroy());
    }
    assert.equal((await sync).problem.code, 'offline');
    is(await ask('sync'));
    assert.equal((await counts(ask)).received, 1);
  });

  test('a Wi-Fi sign-in page is told apart from the office, by its page and by its redirect', async (t) => {
    const { ask, meters } = await enrolled(t);
    t.after(() => { site.gate.answer = undefined; });
    is(await ask('save_visit', reading(meters[2], 5)));
    for (const answer of [
      (_, outgoing) => outgoing.writeHead(200, { 'content-type': 'text/html' }).end('<html>sign in</html>'),
      (_, outgoing) => outgoing.writeHead(302, { location: 'http://portal.example/' }).end(),
    ]) {
      site.gate.answer = answer;
      assert.equal((await ask('sync')).problem.code, 'not_our_server');
    }
    site.gate.answer = undefined;
    is(await ask('sync'));
    assert.deepEqual([(await counts(ask)).saved, (await counts(ask)).received], [1, 1]);
  });

  test('a large push travels compressed, in one exchange for two who ask', async (t) => {
    const { page, ask, meters } = await enrolled(t);
    site.gate.closed = true;
    for (const [at, meter] of meters.slice(0, 20).entries()) is(await ask('save_visit', reading(meter, at)));
    await ask('sync');
    site.gate.closed = false;
    site.gate.calls.length = 0;
    await page.evaluate(() => Promise.all([window.store.ask('sync'), window.store.ask('sync')]));
    assert.equal((await counts(ask)).received, 20);
    // After a try in vain the first part is smaller; but one exchange pulls once.
    const called = (path) => site.gate.calls.filter((call) => call.path === path);
    assert.ok(called('/v1/push').length <= 2 && called('/v1/push').every((call) => call.encoding === 'gzip'));
    assert.equal(called('/v1/pull').length, 1);
    const events = await page.evaluate(() => window.store.events.map((event) => [event.name, event.detail.stage]));
    assert.ok(events.some(([name, stage]) => name === 'progress' && stage === 'push'));
    assert.ok(events.some(([name]) => name === 'status'));
  });

  test('what others saved is told and shown', async (t) => {
    const one = await enrolled(t);
    const two = await enrolled(t);
    const meter = two.meters.find((meter) => one.meters.some((other) => other.id === meter.id));
    is(await one.ask('save_visit', reading(meter, 4321)));
    is(await one.ask('sync'));
    await two.page.evaluate(() => { window.store.events.length = 0; });
    is(await two.ask('sync'));
    assert.ok((await two.page.evaluate(() => window.store.events)).some((event) => event.name === 'changed'));
    assert.equal(is(await two.ask('card', { subject: meter.id, today: TODAY })).visits[0].values.reading, 4321);
  });

  test('a page that dies while saving keeps all that was reported saved', async (t) => {
    const { page, ask, meters } = await enrolled(t);
    let reported = 0;
    await page.exposeFunction('reportSaved', () => { reported += 1; });
    await page.evaluate(({ visits }) => {
      (async () => {
        for (;;) for (const visit of visits) {
          const answer = await window.store.ask('save_visit', visit);
          if (answer.ok) await window.reportSaved();
        }
      })();
    }, { visits: meters.slice(0, 10).map((meter, at) => reading(meter, at)) });
    await until(() => reported >= 25, 'twenty-five saves');
    await page.evaluate(() => window.store.stop());
    const known = reported;
    await page.reload();
    assert.deepEqual(await page.evaluate(() => window.store.opened), { ready: true });
    const status = is(await ask('status'));
    assert.equal(status.set_aside, null);
    assert.ok(status.counts.saved >= known, `${status.counts.saved} of ${known}`);
    is(await ask('sync'));
    assert.equal((await counts(ask)).received, (await counts(ask)).saved);
  });

  test('a full disk is said so, loses nothing, and saving goes on once there is room', async (t) => {
    const { page, ask, meters } = await enrolled(t);
    const protocol = await page.context().newCDPSession(page);
    is(await ask('save_visit', reading(meters[3], 1)));
    const { usage } = await protocol.send('Storage.getUsageAndQuota', { origin: site.url });
    await protocol.send('Storage.overrideQuotaForOrigin', { origin: site.url, quotaSize: usage + 64 * 1024 });
    let full;
    let saved = 1;
    for (let i = 0; i < 60 && !full; i++) {
      // Photos fill it quickly; each differs, or it would be the same photo.
      const base64 = await noise(page, i + 1);
      const answer = await ask('keep_photo', { base64, mime: 'image/jpeg' });
      if (answer.problem) { full = answer.problem; break; }
      const visit = await ask('save_visit', reading(meters[3], i, [answer.ok.is.hash]));
      if (visit.problem) full = visit.problem; else saved += 1;
    }
    assert.equal(full?.code, 'disk_full');
    assert.match(full.hint, /เต็ม/);
    assert.equal((await counts(ask)).saved, saved);
    await protocol.send('Storage.overrideQuotaForOrigin', { origin: site.url });
    is(await ask('save_visit', reading(meters[4], 2)));
    await page.reload();
    assert.deepEqual(await page.evaluate(() => window.store.opened), { ready: true });
    assert.equal((await counts(ask)).saved, saved + 1);
    is(await ask('sync'));
    assert.deepEqual([(await counts(ask)).received, (await counts(ask)).photos_waiting], [saved + 1, 0]);
  });
});
