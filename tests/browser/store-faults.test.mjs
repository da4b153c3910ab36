// The phone's store under a browser that is treated badly: its tab or all of it is killed in the middle of saves and
// syncs, its quota runs out, its files are cleared. What was reported saved is there afterwards, once; what cannot be
// is said to be lost.
//
//   node --test tests/browser/store-faults.test.mjs        SANAM_KILLS=200 for more kills, SANAM_SEED for other moments
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { chromium } from 'playwright-core';
import { browserOptions, buildWorker, ROOT, serveFolder, startTown, until } from './harness.mjs';
import { lastingPhone, picture, setStage } from './stage.mjs';

const KILLS = Number(process.env.SANAM_KILLS ?? 24);
const SEED = Number(process.env.SANAM_SEED ?? 17);

// Random numbers that come again with the same seed.
function dice(seed) {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13; state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5; state >>>= 0;
    return state % below;
  };
}

// The processes of the browser that uses a profile: the browser's own, and those of its tabs.
function processes(profile) {
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      return [{ pid: Number(pid), parent, words: readFileSync(`/proc/${pid}/cmdline`, 'utf8') }];
    } catch {
      return []; // it has ended meanwhile
    }
  });
  const main = all.find(({ words }) => words.includes(`--user-data-dir=${profile}`) && !words.includes('--type='));
  const family = new Set([main?.pid]);
  for (let grown = true; grown;) {
    const more = all.filter(({ pid, parent }) => family.has(parent) && !family.has(pid));
    more.forEach(({ pid }) => family.add(pid));
    grown = more.length > 0;
  }
  return { main: main?.pid, tabs: all.filter(({ pid, words }) => family.has(pid) && words.includes('--type=renderer')).map(({ pid }) => pid) };
}

function kill(pid) {
  try { process.kill(pid, 'SIGKILL'); } catch { /* it has ended by itself */ }
}

// A browser with files of its own that outlives being killed.
class Lasting {
  constructor(site) { this.site = site; this.profile = mkdtempSync(join(tmpdir(), 'sanam-profile-')); this.acked = new Set(); }

  async begin() {
    this.context = await chromium.launchPersistentContext(this.profile, browserOptions());
    await this.context.exposeBinding('acked', (_, id) => { this.acked.add(id); this.heard?.(); });
  }

  // Opens the store; a lock or handle of the tab that was killed may take the browser a moment to give up.
  async open() {
    if (!this.context) await this.begin();
    this.page = await this.context.newPage();
    for (const other of this.context.pages()) if (other !== this.page) await other.close().catch(() => {});
    await until(async () => {
      await this.page.goto(`${this.site.url}/store.html`);
      this.opened = await this.page.evaluate(() => window.store.opened);
      return this.opened.ready || this.opened.problem.code !== 'store_locked';
    }, 'the store to be free');
    assert.deepEqual(this.opened, { ready: true });
  }

  ask(name, content) { return this.page.evaluate(([name, content]) => window.store.ask(name, content), [name, content]); }

  async is(name, content) {
    const answer = await this.ask(name, content);
    assert.ok(answer.ok, `${name}: ${JSON.stringify(answer.problem)}`);
    return answer.ok.is;
  }

  // Lets the page save visits one after the other, telling each that was reported saved, and exchange beside it.
  // Goes on where it was: an office takes no more than some twenty visits of one meter in a month from one phone.
  startWork(subjects, { note = '', syncing = false } = {}) {
    const first = this.acked.size;
    this.page.evaluate(({ subjects, note, syncing, first }) => {
      const visit = (subject, at) => ({
        programme: 'water', form: 'reading', subject, zone: null, code: null, outcome: 'done',
        answers: { reading: 9_000 + at, note }, photos: [], place: null, supersedes: null, offset_minutes: 420,
      });
      (async () => {
        for (let at = first; ; at++) {
          const answer = await window.store.ask('save_visit', visit(subjects[at % subjects.length], at));
          if (answer.ok) window.acked(answer.ok.is.record);
        }
      })();
      if (syncing) (async () => { for (;;) await window.store.ask('sync'); })();
    }, { subjects, note, syncing, first }).catch(() => {}); // the page may end before it answers
  }

  // Waits until so many more were reported saved.
  async hears(more) {
    const wanted = this.acked.size + more;
    while (this.acked.size < wanted) await new Promise((heard) => { this.heard = heard; });
    this.heard = undefined;
  }

  async tabIsKilled() {
    const gone = new Promise((crashed) => this.page.once('crash', crashed));
    processes(this.profile).tabs.forEach(kill);
    await gone;
  }

  async browserIsKilled() {
    const gone = new Promise((closed) => this.context.once('close', closed));
    kill(processes(this.profile).main);
    await gone;
    await until(() => processes(this.profile).main === undefined, 'the browser to be gone');
    this.context = undefined;
  }

  async end() {
    await this.context?.close();
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 10 });
  }
}

describe('the store survives its browser', () => {
  const folder = join(ROOT, 'target/browser-faults');
  let site;
  let town;
  before(async () => {
    buildWorker(folder);
    site = await serveFolder(folder, () => town?.url);
    town = await startTown({ address: site.url });
    assert.ok(town, 'the server is not built: cargo build -p cli');
  }, { timeout: 900_000 });
  after(async () => {
    site?.close();
    await town?.end();
  });

  async function enrolled(t) {
    const lasting = new Lasting(site);
    t.after(() => lasting.end());
    await lasting.open();
    await town.restart();
    await lasting.is('enrol', { text: await freshCode(), server: site.url, name: 'มือถือที่ถูกปิด' });
    await lasting.is('sync');
    const round = await lasting.is('round', { programme: 'water', zone: null, standing: [], today: '2026-11-26', offset: 0, limit: 200 });
    lasting.subjects = round.rows.map((row) => row.id);
    assert.ok(lasting.subjects.length >= 8);
    return lasting;
  }

  async function freshCode() {
    const post = async (ask, content, cookie = '') => {
      const headers = { 'content-type': 'application/json', 'x-sanam': '1', cookie };
      const response = await fetch(`${town.url}/api/call`, { method: 'POST', headers, body: JSON.stringify({ ask, with: content }) });
      return { said: await response.json(), cookie: response.headers.getSetCookie().map((one) => one.split(';')[0]).join('; ') };
    };
    const { cookie } = await post('login', { name: 'demo', password: town.password });
    const zones = (await post('zones', { programme: 'water' }, cookie)).said.ok.is;
    return (await post('new_enrolment', { person: 'สมใจ ทดสอบ', role: 'worker', shelves: [`water/${zones[0].zone}`] }, cookie)).said.ok.is.code;
  }

  // Everything that was reported saved is at the office, once, and nothing waits any more.
  async function allArrived(lasting) {
    await until(async () => {
      const answer = await lasting.ask('sync');
      const { counts } = (await lasting.ask('status')).ok.is;
      return answer.ok && counts.saved === counts.received;
    }, 'the queue to drain', 30_000);
    const there = town.dump().split('\n').filter(Boolean).map((line) => JSON.parse(line).id);
    assert.equal(new Set(there).size, there.length, 'no record is there twice');
    const ids = new Set(there);
    const missing = [...lasting.acked].filter((id) => !ids.has(id));
    assert.deepEqual(missing, [], `${missing.length} of ${lasting.acked.size} acknowledged records are lost`);
  }

  for (const syncing of [false, true]) {
    test(`the tab is killed ${KILLS} times in the middle of ${syncing ? 'syncs' : 'saves'}`, { timeout: 900_000 }, async (t) => {
      const lasting = await enrolled(t);
      const roll = dice(SEED + Number(syncing));
      for (let round = 0; round < KILLS; round++) {
        lasting.startWork(lasting.subjects, { syncing });
        await lasting.hears(1 + roll(9));
        // Somewhere inside what comes next: a save takes some milliseconds, a turn of this loop far less.
        for (let turns = roll(400); turns > 0; turns--) await new Promise(setImmediate);
        // Every eighth time all of the browser.
        if (round % 8 === 7) await lasting.browserIsKilled();
        else await lasting.tabIsKilled();
        await lasting.open();
        const { counts, set_aside } = await lasting.is('status');
        assert.equal(set_aside, null, 'the file is whole');
        assert.ok(counts.saved >= lasting.acked.size, `${counts.saved} saved, ${lasting.acked.size} acknowledged`);
      }
      await allArrived(lasting);
      t.diagnostic(`${lasting.acked.size} saves acknowledged, 0 lost, seed ${SEED}`);
    });
  }

  test('a full quota is told, loses nothing, and is over once there is room', { timeout: 300_000 }, async (t) => {
    const lasting = await enrolled(t);
    const cdp = await lasting.context.newCDPSession(lasting.page);
    const usage = await lasting.page.evaluate(async () => (await navigator.storage.estimate()).usage);
    await cdp.send('Storage.overrideQuotaForOrigin', { origin: site.url, quotaSize: usage + 400_000 });
    const save = (at) => lasting.ask('save_visit', {
      programme: 'water', form: 'reading', subject: lasting.subjects[at % lasting.subjects.length], zone: null, code: null, outcome: 'done',
      answers: { reading: 9_000, note: 'ก'.repeat(10_000) }, photos: [], place: null, supersedes: null, offset_minutes: 420,
    });
    let refused;
    for (let at = 0; at < 400 && !refused; at++) {
      const answer = await save(at);
      if (answer.ok) lasting.acked.add(answer.ok.is.record);
      else refused = answer.problem;
    }
    assert.equal(refused?.code, 'disk_full', 'the quota was never met');
    assert.match(refused.hint, /เต็ม.*ลบไฟล์อื่น/);
    const { counts } = await lasting.is('status');
    assert.equal(counts.saved, lasting.acked.size, 'what was refused left nothing behind');
    await cdp.send('Storage.overrideQuotaForOrigin', { origin: site.url });
    const again = await save(1);
    assert.ok(again.ok, 'with room it goes on, without a restart');
    lasting.acked.add(again.ok.is.record);
    await allArrived(lasting);
  });

  // A picture that packs badly, as base64; another one for each seed.
  const noise = (page, seed, side) => page.evaluate(async ([seed, side]) => {
    const canvas = new OffscreenCanvas(side, side);
    const context = canvas.getContext('2d');
    const image = context.createImageData(side, side);
    let state = seed * 7919 + 1;
    for (let at = 0; at < image.data.length; at++) {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      image.data[at] = at % 4 === 3 ? 255 : state >>> 24;
    }
    context.putImageData(image, 0, 0);
    const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.9 })).arrayBuffer());
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  }, [seed, side]);

  test('a quota that photos meet, kept or arriving, costs no visit, and they come once there is room', { timeout: 300_000 }, async (t) => {
    const keep = async (phone, seed, side) => phone.ask('keep_photo', { base64: await noise(phone.page, seed, side), mime: 'image/jpeg' });
    const save = async (phone, photos) => {
      const saved = await phone.is('save_visit', {
        programme: 'water', form: 'reading', subject: phone.subjects[0], zone: null, code: null, outcome: 'done',
        answers: { reading: 9_000 }, photos, place: null, supersedes: null, offset_minutes: 420,
      });
      phone.acked.add(saved.record);
      return saved.record;
    };
    const photosArrived = (phone) => until(async () => {
      await phone.ask('sync');
      return (await phone.is('status')).counts.photos_waiting === 0;
    }, 'the photos to arrive', 30_000);
    // A colleague's photo is at the office before.
    const colleague = await enrolled(t);
    const theirs = (await keep(colleague, 1, 300)).ok.is.hash;
    await save(colleague, [theirs]);
    await allArrived(colleague);
    await photosArrived(colleague);

    const lasting = await enrolled(t);
    const cdp = await lasting.context.newCDPSession(lasting.page);
    const usage = await lasting.page.evaluate(async () => (await navigator.storage.estimate()).usage);
    await cdp.send('Storage.overrideQuotaForOrigin', { origin: site.url, quotaSize: usage + 400_000 });
    const visit = await save(lasting, [(await keep(lasting, 2, 100)).ok.is.hash]);
    // Smaller and smaller ones, until not even a small picture finds room.
    let seed = 3;
    for (const side of [300, 100, 30, 8]) {
      let refused;
      for (let tries = 0; tries < 200 && !refused; tries++) refused = (await keep(lasting, seed++, side)).problem;
      assert.equal(refused?.code, 'disk_full', `the quota was never met by pictures of ${side} pixels`);
      assert.match(refused.hint, /เต็ม.*ลบไฟล์อื่น/);
    }
    const arriving = await lasting.ask('photo', { hash: theirs, whole: false });
    assert.equal(arriving.problem?.code, 'disk_full', JSON.stringify(arriving).slice(0, 200));
    assert.match(arriving.problem.hint, /เต็ม.*ลบไฟล์อื่น/);
    const card = () => lasting.is('card', { subject: lasting.subjects[0], today: '2026-11-26' });
    assert.ok((await card()).visits.some((row) => row.id === visit), 'the visit stays');
    assert.equal((await lasting.is('status')).counts.saved, 1, 'what was refused left nothing behind');

    await cdp.send('Storage.overrideQuotaForOrigin', { origin: site.url });
    const shown = await lasting.is('photo', { hash: theirs, whole: false });
    assert.ok(shown.base64 && shown.small, 'it is asked for again');
    await save(lasting, [(await keep(lasting, seed++, 300)).ok.is.hash]);
    await allArrived(lasting);
    await photosArrived(lasting);
  });

  test('a quota that is met in the middle of a pull is told, moves no cursor, and the pull is whole once there is room', { timeout: 300_000 }, async (t) => {
    const lasting = new Lasting(site);
    t.after(() => lasting.end());
    await lasting.open();
    await town.restart();
    const cdp = await lasting.context.newCDPSession(lasting.page);
    const usage = await lasting.page.evaluate(async () => (await navigator.storage.estimate()).usage);
    // Enough to be enrolled with, too little for a route.
    await cdp.send('Storage.overrideQuotaForOrigin', { origin: site.url, quotaSize: usage + 100_000 });
    await lasting.is('enrol', { text: await freshCode(), server: site.url, name: 'มือถือที่เต็ม' });
    // The store exchanges by itself as well: whoever asks joins it.
    for (let time = 0; time < 2; time++) {
      const answer = await lasting.ask('sync');
      assert.equal(answer.problem?.code, 'disk_full', `the quota was never met: ${JSON.stringify(answer)}`);
      assert.equal((await lasting.is('status')).last_sync_ms, null, 'nothing counts as read');
    }
    await cdp.send('Storage.overrideQuotaForOrigin', { origin: site.url });
    await until(async () => (await lasting.ask('sync')).ok, 'a whole sync', 60_000);
    const round = await lasting.is('round', { programme: 'water', zone: null, standing: [], today: '2026-11-26', offset: 0, limit: 12 });
    assert.ok(round.rows.length >= 8, `${round.rows.length} rows`);
    // What the shelf adds up to was compared with the office's, and nothing had to be read twice.
    const again = await lasting.is('sync');
    assert.deepEqual([again.pulled, again.status.healed], [0, 0]);
    const saved = await lasting.is('save_visit', {
      programme: 'water', form: 'reading', subject: round.rows[0].id, zone: null, code: null, outcome: 'done',
      answers: { reading: 9_000 }, photos: [], place: null, supersedes: null, offset_minutes: 420,
    });
    lasting.acked.add(saved.record);
    await allArrived(lasting);
  });
});

describe('the browser is cleared', () => {
  let stage;
  before(async () => { stage = await setStage(); }, { timeout: 300_000 });
  after(() => stage?.end());

  async function cleared(phone) {
    // No page of ours is open, or it would hold its files.
    await phone.restart();
    const cdp = await phone.context.newCDPSession(phone.page);
    // The files alone; a browser that clears everything leaves nobody to tell.
    await cdp.send('Storage.clearDataForOrigin', { origin: stage.site.url, storageTypes: 'file_systems' });
    await phone.open();
  }

  test('what was unsent is said to be lost, once, with its number; the rest comes back', { timeout: 300_000 }, async (t) => {
    const phone = await lastingPhone(t, stage);
    const { code } = await stage.office.enrolment({ person: 'สมใจ ทดสอบ' });
    await phone.open();
    await phone.typeEnrolment(code);
    await phone.atHome();
    const meters = (await stage.office.round('water', 12)).filter((row) => row.standing !== 'done');
    const closedHouse = async (meter) => {
      await phone.openCard(meter.id);
      await phone.press('ทำไม่ได้ / ไม่พบ');
      await phone.heading(meter.heading);
      await phone.page.getByRole('radio', { name: 'บ้านปิด / มาตรอยู่ภายใน' }).check();
      await phone.press('บันทึก', { exact: true });
      await phone.heading('บันทึกแล้ว');
    };
    await closedHouse(meters[0]);
    await phone.sync();
    await phone.hasNumbers(1, 1, 0);
    stage.gate.closed = true;
    await closedHouse(meters[1]);
    await closedHouse(meters[2]);
    await phone.goHome();
    await phone.hasNumbers(3, 1, 0);
    await cleared(phone);
    await phone.sees('ข้อมูลของแอปในเครื่องนี้ถูกลบออกจากเบราว์เซอร์');
    await phone.sees('ที่หายไป: ข้อมูล 2 รายการ รูป 0 รูป ที่ยังไม่ได้ส่งถึงสำนักงาน');
    await phone.sees(/ลงทะเบียนเครื่องใหม่ด้วยรหัสจากสำนักงาน แล้วจดรายการที่หายไปอีกครั้ง/);
    await picture(phone.page, 'cleared');
    // It stays until somebody has read it, through a restart and a new enrolment.
    await phone.restart();
    await phone.open();
    await phone.sees(/ที่หายไป: ข้อมูล 2 รายการ/);
    stage.gate.closed = false;
    const again = await stage.office.enrolment({ person: 'สมใจ ทดสอบ' });
    await phone.typeEnrolment(again.code);
    await phone.atHome();
    await phone.sees(/ที่หายไป: ข้อมูล 2 รายการ/);
    await phone.press('อ่านแล้ว รับทราบ');
    await phone.page.locator('#lost').waitFor({ state: 'detached' });
    await phone.page.reload();
    await phone.atHome();
    assert.equal(await phone.page.locator('#lost').count(), 0, 'it is said once');
    // The office's copy is here again, with the visit that was sent.
    await phone.openCard(meters[0].id);
    await phone.sees('บ้านปิด / มาตรอยู่ภายใน');
    await phone.openCard(meters[1].id);
    const card = await stage.office.card(meters[1].id);
    assert.ok(card.visits.every((visit) => visit.outcome !== '1'), 'nobody pretends that the lost one is there');

    // A second time with everything sent: nothing is lost, and that is said, too.
    await phone.goHome();
    await cleared(phone);
    await phone.sees('ไม่มีข้อมูลหาย ทุกอย่างส่งถึงสำนักงานก่อนแล้ว');
  });
});
