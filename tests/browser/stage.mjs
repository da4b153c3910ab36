// The stage of the end-to-end flows: a town with its server, a door in front of it that can be shut or made to lie,
// phones (360x740, touch, Thai) and an office. Everything is the real thing: server, worker, OPFS, service worker.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { browserOptions, openBrowser, ROOT, serveFolder, startTown, until } from './harness.mjs';
import { film } from './qr.mjs';

export { until } from './harness.mjs';

// Patience for one thing on a slow machine, milliseconds.
const PATIENCE = Number(process.env.SANAM_PATIENCE ?? 45_000);
const PHONE = {
  viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true,
  locale: 'th-TH', timezoneId: 'Asia/Bangkok', permissions: ['camera', 'geolocation'],
  geolocation: { latitude: 13.7563, longitude: 100.5018, accuracy: 6 },
};
export const TODAY = new Date(Date.now() + 7 * 3600e3).toISOString().slice(0, 10);

// What a meter uses on average in the days since it was last read: no form finds that odd, on whatever day the tests run.
export function usual(card) {
  const day = (visit) => new Date(visit.at).getTime() / 86_400_000;
  const months = card.visits.slice(0, 6).map((visit, at) => [Number(visit.values.usage), day(visit) - (card.visits[at + 1] ? day(card.visits[at + 1]) : NaN)]);
  const read = months.filter(([units, days]) => units > 0 && days > 0);
  const [units, days] = read.reduce(([a, b], [c, d]) => [a + c, b + d], [0, 0]);
  return days ? Math.round((units / days) * (Date.now() / 86_400_000 - day(card.visits[0]))) : 0;
}

// Meters of the first route that were read before and not in this cycle, with what they usually use; the next reading, and
// `room` more units, fit on the dial.
export async function metersToRead(office, limit, room = 0) {
  const meters = [];
  for (const row of await office.round('water', limit)) {
    const card = await office.card(row.id);
    const last = card.visits.find((visit) => visit.values.usage > 3);
    if (!last || last !== card.visits[0] || row.standing === 'done') continue;
    const previous = Number(last.values.reading);
    const usage = usual(card);
    const reading = previous + usage;
    if (reading + room < 10 ** Number(card.values.digits ?? 4)) meters.push({ id: row.id, heading: row.heading, previous, usage, reading, card });
  }
  return meters;
}

// Where pictures of screens go; those of the README are written only when asked for.
const README = new Set(['home', 'bill', 'emergency-list', 'citizen-report', 'pets-card', 'equipment-lent', 'office']);
export async function picture(page, name) {
  // A message that passes is closed first, as a person would who wants to see what is below it.
  for (const toast of await page.locator('.toast button').all()) await toast.click({ timeout: 2_000 }).catch(() => {});
  const kept = process.env.SANAM_SCREENS === '1' && README.has(name);
  const folder = join(ROOT, kept ? 'tests/browser/screens' : 'target/screens');
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled' });
}

const AXE = readFileSync(join(ROOT, 'node_modules/axe-core/axe.min.js'), 'utf8');

// Looks at the screen that shows; gives what is wrong in words.
export async function look(phone, name) {
  await phone.page.evaluate(() => document.fonts.ready);
  await picture(phone.page, name);
  // Not through a script element: the page's own rules forbid foreign scripts.
  await phone.page.evaluate(`window.axe === undefined && (() => { ${AXE} })()`);
  const { violations } = await phone.page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  const wide = await phone.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  const bad = violations.filter((one) => ['serious', 'critical'].includes(one.impact));
  return [
    ...bad.map((one) => `${name}: ${one.id} (${one.impact}): ${one.nodes.slice(0, 3).map((node) => `${node.html.slice(0, 160)} ${node.failureSummary}`).join('\n    ')}`),
    ...(wide > 0 ? [`${name}: ${wide} pixels stick out to the right`] : []),
  ];
}

// Sets the stage; call it in `before`, and `end` in `after`. `serving` are further options of the town's server.
export async function setStage({ serving = [] } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'sanam-stage-'));
  const empty = join(folder, 'empty');
  mkdirSync(empty);
  const stage = { folder, app: process.env.SANAM_APP ?? join(ROOT, 'ui/dist') };
  stage.site = await serveFolder(empty, () => stage.town?.url);
  stage.town = await startTown({ address: stage.site.url, serving });
  assert.ok(stage.town, 'the server is not built: cargo build -p cli');
  stage.lens = join(folder, 'camera.y4m');
  stage.cameraOptions = ['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${stage.lens}`];
  film(stage.lens);
  stage.browser = await openBrowser(...stage.cameraOptions);
  stage.gate = stage.site.gate;
  stage.office = new Office(stage.town);
  // The code of a sticker that was printed and never stuck on anything.
  stage.blankCode = () => {
    execFileSync(stage.town.bin, ['labels', '--blank', '1', '--server', stage.site.url, '--to', folder]);
    return readFileSync(join(folder, 'labels.csv'), 'utf8').split('\n')[1].split(',')[2];
  };
  // A colleague with a device without a screen: what the town's other people do while a test looks at one of them.
  stage.colleague = async (person, programmes) => {
    const store = mkdtempSync(join(folder, 'colleague-'));
    const sanam = (input, ...words) => execFileSync(stage.town.bin, ['device', '--store', store, ...words], { input, stdio: ['pipe', 'pipe', 'pipe'] });
    const { code } = await stage.office.enrolment({ person, programmes });
    sanam('', 'enrol', stage.town.url, code, '--name', `มือถือ${person.split(' ')[0]}`);
    sanam('', 'sync');
    return {
      record: (...visits) => sanam(visits.map((visit) => JSON.stringify(visit)).join('\n'), 'record', '-'),
      sync: () => sanam('', 'sync'),
    };
  };
  stage.end = async () => {
    await stage.browser?.close();
    stage.site?.close();
    await stage.town?.end();
    rmSync(folder, { recursive: true, force: true });
  };
  return stage;
}

// The office's door, for what a test needs to know or prepare.
class Office {
  constructor(town) { this.town = town; }

  async ask(name, content = {}) {
    const call = () => fetch(`${this.town.url}/api/call`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-sanam': '1', ...(this.cookie ? { cookie: this.cookie } : {}) },
      body: JSON.stringify({ ask: name, with: content }),
    });
    if (!this.cookie && name !== 'login') await this.ask('login', { name: 'demo', password: this.town.password });
    const response = await call();
    this.cookie = response.headers.getSetCookie().map((one) => one.split(';')[0]).join('; ') || this.cookie;
    const answer = await response.json();
    assert.ok(answer.ok, `${name}: ${JSON.stringify(answer.problem)}`);
    return answer.ok.is;
  }

  // A fresh enrolment: code, link and picture. Without `zones` every zone of the programmes.
  async enrolment({ person = 'สมใจ ทดสอบ', role = 'worker', programmes = ['water'], zones = 1, extra = [] } = {}) {
    const shelves = [...extra];
    for (const programme of programmes) {
      const all = await this.ask('zones', { programme });
      shelves.push(...all.slice(0, zones).map((row) => `${programme}/${row.zone}`));
    }
    return this.ask('new_enrolment', { person, role, shelves });
  }

  // Subjects of the first zone in their order, with their codes.
  async round(programme, limit = 12) {
    const [first] = await this.ask('zones', { programme });
    return (await this.ask('round', { programme, zone: first.zone, standing: [], today: TODAY, offset: 0, limit })).rows;
  }

  card(subject) { return this.ask('card', { subject, today: TODAY }); }
}

// What the tests say to a page that shows the phone's app.
class Phone {
  constructor(stage, context, page) { Object.assign(this, { stage, context, page, broken: [] }); this.watch(page); }

  // A panic, an uncaught error or a refused script makes the test fail, whatever it looked at.
  watch(page) {
    page.setDefaultTimeout(PATIENCE);
    page.on('pageerror', (error) => this.broken.push(String(error)));
    page.on('console', (message) => { if (/panicked|RuntimeError|Content Security Policy/.test(message.text())) this.broken.push(message.text()); });
  }

  button(name, options = {}) { return this.page.getByRole('button', { name, ...options }); }
  async press(name, options) {
    const button = this.button(name, options);
    await this.shows(button);
    await button.first().click();
  }
  box(label) { return this.page.getByRole('textbox', { name: label }).first(); }
  type(label, text) { return this.box(label).fill(text); }
  sees(text) { return this.shows(this.page.getByText(text)); }
  heading(name) { return this.shows(this.page.getByRole('heading', { name })); }
  async choose(question, option) {
    const choice = this.page.getByRole('group', { name: question }).first().getByText(option, { exact: true });
    await this.shows(choice);
    // As a person would who sees it half behind the buttons at the foot.
    await choice.evaluate((element) => element.scrollIntoView({ block: 'center' }));
    await choice.click();
  }

  // Waits for something; in vain, it says what the page shows instead.
  async shows(locator) {
    await locator.first().waitFor().catch(async (error) => {
      const page = await this.page.locator('body').innerText().catch(() => '');
      throw new Error(`${error.message}\nThe page, ${this.page.url()}, shows:\n${page}`);
    });
  }

  async open(path = '/') {
    await this.page.goto(this.stage.site.url + path);
  }

  async typeEnrolment(code, name = 'มือถือทดสอบ') {
    await this.type('พิมพ์รหัสลงทะเบียน', code);
    await this.press('ใช้รหัสนี้');
    await this.nameAndEnrol(name);
  }

  async nameAndEnrol(name = 'มือถือทดสอบ') {
    await this.type(/ชื่อเครื่องนี้/, name);
    await this.press('ลงทะเบียนเครื่อง');
  }

  async atHome() {
    await this.shows(this.button('สแกน', { exact: true }));
    await this.page.locator('.strip .number').nth(2).waitFor();
  }

  async goHome() {
    await this.page.evaluate(() => { location.hash = '#/'; });
    await this.atHome();
  }

  async openCard(subject) {
    await this.page.evaluate((hash) => { location.hash = hash; }, `#/card/${subject}`);
    await this.page.locator('.who h2').waitFor();
  }

  // The three numbers as they stand on the screen that shows: on this device, received, photos waiting.
  async numbers() {
    const shown = await this.page.locator('.strip .number b, .counts-line b').allTextContents();
    return shown.slice(0, 3).map((text) => Number(text.replaceAll(',', '')));
  }

  async hasNumbers(...wanted) {
    let seen;
    await until(async () => JSON.stringify(seen = await this.numbers()) === JSON.stringify(wanted), `the numbers ${wanted}`, PATIENCE)
      .catch(() => assert.deepEqual(seen, wanted));
  }

  // Presses the button until the office has been heard.
  async sync() {
    await this.goHome();
    const button = this.button('ส่งข้อมูลตอนนี้');
    const done = this.page.getByText('ส่งและรับข้อมูลครบแล้ว').first();
    // Also where an exchange began by itself a moment before: whoever presses is told of its end.
    await this.page.waitForFunction(() => !document.querySelector('.strip button')?.disabled);
    await button.click();
    await this.shows(done);
  }

  // Holds codes in front of the camera and opens the scan screen.
  async scan(...texts) {
    film(this.stage.lens, ...texts);
    await this.goHome();
    await this.press('สแกน', { exact: true });
  }

  async typeCode(text) {
    film(this.stage.lens);
    await this.goHome();
    await this.press('สแกน', { exact: true });
    await this.type('หรือพิมพ์รหัสบนป้าย', text);
    await this.press('ใช้รหัสนี้');
  }

  // Shuts or opens the network for this phone alone. A reload forgets it, so it is called again after one.
  offline(is = true) { return this.context.setOffline(is); }

  // --- at the office
  async login() {
    await this.open('/office');
    await this.type('ชื่อผู้ใช้', 'demo');
    await this.page.getByLabel('รหัสผ่าน', { exact: true }).fill(this.stage.town.password);
    await this.press('เข้าสู่ระบบ');
    await this.page.getByRole('navigation', { name: 'เมนูสำนักงาน' }).waitFor();
  }

  async openPage(path, heading) {
    await this.page.evaluate((hash) => { location.hash = hash; }, `#/office/${path}`);
    await this.heading(heading);
  }

  // The app is kept for use without a server once its service worker is in charge.
  async kept() {
    await this.page.waitForFunction(async () => {
      await navigator.serviceWorker.ready;
      return navigator.serviceWorker.controller !== null;
    });
  }
}

// A phone that nobody used before.
export async function newPhone(t, stage, options = {}, browser = stage.browser) {
  const context = await browser.newContext({ ...PHONE, ...options });
  const phone = new Phone(stage, context, await context.newPage());
  t.after(async () => {
    await context.close();
    assert.deepEqual(phone.broken, []);
  });
  return phone;
}

// A phone that is enrolled and shows its round.
export async function enrolledPhone(t, stage, who = {}, options = {}) {
  const phone = await newPhone(t, stage, options);
  const { code } = await stage.office.enrolment(who);
  await phone.open();
  await phone.typeEnrolment(code, who.device);
  await phone.atHome();
  return phone;
}

// A phone whose whole browser can be ended and started again with its files.
export async function lastingPhone(t, stage) {
  const profile = mkdtempSync(join(stage.folder, 'profile-'));
  const begin = () => chromium.launchPersistentContext(profile, { ...browserOptions(...stage.cameraOptions), ...PHONE });
  let context = await begin();
  const phone = new Phone(stage, context, context.pages()[0]);
  phone.restart = async () => {
    await context.close();
    context = await begin();
    phone.context = context;
    [phone.page] = context.pages();
    phone.watch(phone.page);
  };
  t.after(async () => {
    await context.close();
    assert.deepEqual(phone.broken, []);
  });
  return phone;
}

// A page at the office.
export async function newDesk(t, stage) {
  const context = await stage.browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'th-TH', timezoneId: 'Asia/Bangkok' });
  const desk = new Phone(stage, context, await context.newPage());
  t.after(async () => {
    await context.close();
    assert.deepEqual(desk.broken, []);
  });
  return desk;
}
