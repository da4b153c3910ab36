// The camera and what it reads: a label in a shaking hand, two labels, a light one on a dark ground, hostile text, no
// camera at all, the browser's own reader beside ours. And what becomes of labels: bound, bound twice, replaced.
//
//   node --test tests/browser/scan.test.mjs
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { openBrowser, ROOT } from './harness.mjs';
import { film, filmMoving, filmOf, qr } from './qr.mjs';
import { enrolledPhone, newDesk, newPhone, picture, setStage } from './stage.mjs';

describe('scanning', () => {
  let stage;
  let meters;
  before(async () => {
    stage = await setStage();
    meters = [];
    for (const row of await stage.office.round('water', 12)) {
      const { codes } = await stage.office.card(row.id);
      const code = codes.find((code) => /^[0-9A-Z]{10}$/.test(code));
      if (code) meters.push({ ...row, code, link: `${stage.site.url.toUpperCase()}/Q/${code}` });
    }
    assert.ok(meters.length >= 6, 'meters with labels');
    mkdirSync(join(ROOT, 'target/screens'), { recursive: true });
  }, { timeout: 300_000 });
  after(() => stage?.end());
  beforeEach(() => film(stage.lens));

  const spaced = (code) => `${code.slice(0, 5)} ${code.slice(5)}`;

  async function openScan(phone) {
    await phone.goHome();
    await phone.press('สแกน', { exact: true });
  }

  async function begin(phone, ...codes) {
    filmOf(stage.lens, ...codes);
    await openScan(phone);
  }

  test('a tilted, moving, blurred label is read in the hand', { timeout: 120_000 }, async (t) => {
    const phone = await enrolledPhone(t, stage);
    filmMoving(stage.lens, meters[0].link);
    await openScan(phone);
    await phone.heading(meters[0].heading);
  });

  test('of two labels both are shown, by what is printed on them, and the person chooses', { timeout: 120_000 }, async (t) => {
    const phone = await enrolledPhone(t, stage);
    await phone.scan(meters[1].link, meters[2].link);
    await phone.heading('พบหลายรหัส เลือกหนึ่งรหัส');
    for (const { code } of meters.slice(1, 3)) await phone.shows(phone.button(spaced(code)));
    await picture(phone.page, 'scan-two');
    await phone.press(spaced(meters[2].code));
    await phone.heading(meters[2].heading);
  });

  test('the label in the aim box is the one that is meant', { timeout: 120_000 }, async (t) => {
    const phone = await enrolledPhone(t, stage);
    // A camera that films upright is cut at its sides; these stand above each other.
    await begin(phone, { text: meters[3].link, x: 0.5, y: 0.5, edge: 210 }, { text: meters[1].link, x: 0.15, y: 0.5, edge: 180 });
    await phone.heading(meters[3].heading);
  });

  test('a light label on a dark ground is read', { timeout: 120_000 }, async (t) => {
    const phone = await enrolledPhone(t, stage);
    await begin(phone, { text: meters[4].link, x: 0.5, y: 0.5, edge: 360, light: true });
    await phone.heading(meters[4].heading);
  });

  test('hostile text is shown, never opened', { timeout: 120_000 }, async (t) => {
    const phone = await enrolledPhone(t, stage);
    const opened = [];
    phone.context.on('page', (page) => opened.push(page.url()));
    phone.page.on('request', (request) => { if (/evil/.test(request.url())) opened.push(request.url()); });
    for (const text of ['javascript:window.evil=1', 'https://evil.example/pay?to=me', '<img src=x onerror=window.evil=1>']) {
      await begin(phone, { text, x: 0.5, y: 0.5, edge: 400 });
      await phone.shows(phone.page.locator('.inert', { hasText: text }));
      assert.equal(await phone.page.locator('main a[href*="evil"], main img[src="x"]').count(), 0);
      assert.equal(await phone.page.evaluate(() => window.evil), undefined);
      await picture(phone.page, 'scan-hostile');
      await phone.press('สแกนใหม่');
    }
    assert.deepEqual(opened, []);
  });

  test('a label of another municipality is said to be one', { timeout: 120_000 }, async (t) => {
    const phone = await enrolledPhone(t, stage);
    await begin(phone, { text: `HTTPS://OTHER.GO.TH/Q/${stage.blankCode()}`, x: 0.5, y: 0.5, edge: 400 });
    await phone.sees('ป้ายนี้เป็นของหน่วยงานอื่น');
  });

  // What a photograph of a label looks like as a file.
  async function photograph(page, text) {
    const modules = qr(text);
    const url = await page.evaluate((rows) => {
      const canvas = document.createElement('canvas');
      [canvas.width, canvas.height] = [1600, 1200];
      const context = canvas.getContext('2d');
      context.fillStyle = '#b9b4a8';
      context.fillRect(0, 0, 1600, 1200);
      context.translate(800, 600);
      context.rotate(0.3);
      const scale = 14;
      context.fillStyle = '#f4f4f0';
      context.fillRect(-(rows.length / 2 + 4) * scale, -(rows.length / 2 + 4) * scale, (rows.length + 8) * scale, (rows.length + 8) * scale);
      context.fillStyle = '#222';
      rows.forEach((row, y) => row.forEach((on, x) => on && context.fillRect((x - rows.length / 2) * scale, (y - rows.length / 2) * scale, scale, scale)));
      return canvas.toDataURL('image/jpeg', 0.8);
    }, modules);
    return { name: 'label.jpg', mimeType: 'image/jpeg', buffer: Buffer.from(url.split(',')[1], 'base64') };
  }

  test('a label far away in a photograph of twelve megapixels is read', { timeout: 120_000 }, async (t) => {
    const phone = await enrolledPhone(t, stage);
    await openScan(phone);
    // Two pixels a module; of a copy of 2,400 pixels nobody could read it.
    const url = await phone.page.evaluate((rows) => {
      const canvas = document.createElement('canvas');
      [canvas.width, canvas.height] = [4000, 3000];
      const context = canvas.getContext('2d');
      context.fillStyle = '#b9b4a8';
      context.fillRect(0, 0, 4000, 3000);
      const [left, top, scale] = [2901, 1203, 2];
      context.fillStyle = '#f4f4f0';
      context.fillRect(left - 4 * scale, top - 4 * scale, (rows.length + 8) * scale, (rows.length + 8) * scale);
      context.fillStyle = '#222';
      rows.forEach((row, y) => row.forEach((on, x) => on && context.fillRect(left + x * scale, top + y * scale, scale, scale)));
      return canvas.toDataURL('image/png');
    }, qr(meters[2].link));
    const far = { name: 'far.png', mimeType: 'image/png', buffer: Buffer.from(url.split(',')[1], 'base64') };
    await phone.page.locator('input[type=file]').setInputFiles(far);
    await phone.heading(meters[2].heading);
  });

  test('a picture that is read when something else was typed and asked about meanwhile does not answer the question', { timeout: 120_000 }, async (t) => {
    const phone = await enrolledPhone(t, stage);
    film(stage.lens);
    await phone.openCard(meters[3].id);
    await phone.press('ผูกป้าย');
    // The picture takes until it is let through.
    await phone.page.evaluate(() => {
      const real = window.createImageBitmap.bind(window);
      const opened = new Promise((open) => { window.letThrough = open; });
      window.createImageBitmap = async (...all) => { await opened; return real(...all); };
    });
    const chosen = phone.page.locator('input[type=file]');
    await chosen.setInputFiles(await photograph(phone.page, `${stage.site.url.toUpperCase()}/Q/${stage.blankCode()}`));
    await phone.sees('กำลังอ่านรูป');
    const fresh = stage.blankCode();
    await phone.type('หรือพิมพ์รหัสบนป้าย', fresh.slice(0, 9) + (fresh.endsWith('7') ? '8' : '7'));
    await phone.press('ใช้รหัสนี้');
    await phone.heading('รหัสนี้อาจพิมพ์ผิดหนึ่งตัว');
    await phone.page.evaluate(() => window.letThrough());
    await phone.page.waitForFunction(() => document.querySelector('input[type=file]').files.length === 0);
    await phone.heading('รหัสนี้อาจพิมพ์ผิดหนึ่งตัว');
    assert.equal(await phone.page.getByRole('heading', { name: 'รายการนี้มีป้ายอยู่แล้ว' }).count(), 0);
  });

  test('a camera that is refused: its sentence, the typed code, a photo, another try', { timeout: 180_000 }, async (t) => {
    const browser = await openBrowser('--use-fake-device-for-media-stream', '--deny-permission-prompts');
    t.after(() => browser.close());
    const phone = await newPhone(t, stage, { permissions: ['geolocation'] }, browser);
    await phone.open();
    await phone.sees('ยังไม่ได้อนุญาตให้ใช้กล้อง');
    await phone.typeEnrolment((await stage.office.enrolment()).code);
    await phone.atHome();
    await openScan(phone);
    await phone.shows(phone.page.getByRole('alert').getByText('ยังไม่ได้อนุญาตให้ใช้กล้อง'));
    await phone.shows(phone.button('ลองเปิดกล้องอีกครั้ง'));
    await picture(phone.page, 'scan-refused');
    // Above the fold of a small phone: the typed code and the photo.
    for (const seen of [phone.box('หรือพิมพ์รหัสบนป้าย'), phone.page.getByText('ถ่ายรูปป้าย')]) {
      const box = await seen.boundingBox();
      assert.ok(box.y + box.height <= 740, `${box.y}`);
    }
    await phone.page.locator('input[type=file][capture]').setInputFiles(await photograph(phone.page, meters[0].link));
    await phone.heading(meters[0].heading);
    await openScan(phone);
    await phone.page.locator('input[type=file]:not([capture])').setInputFiles({ name: 'a.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('not a picture') });
    await phone.sees('เปิดไฟล์นี้เป็นรูปไม่ได้');
    // Typed as people type: small letters, a blank, O for 0.
    await phone.type('หรือพิมพ์รหัสบนป้าย', spaced(meters[1].code).toLowerCase().replaceAll('0', 'o').replaceAll('1', 'l'));
    await phone.press('ใช้รหัสนี้');
    await phone.heading(meters[1].heading);
  });

  test('a camera that is absent, busy, or not given without https says so, each in its own words', { timeout: 180_000 }, async (t) => {
    const browser = await openBrowser('--use-fake-ui-for-media-stream');
    t.after(() => browser.close());
    const absent = await newPhone(t, stage, {}, browser);
    await absent.open();
    await absent.sees('เครื่องนี้ไม่มีกล้องที่ใช้ได้');

    const busy = await newPhone(t, stage);
    await busy.page.addInitScript(() => {
      const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = (wishes) => (window.free ? real(wishes) : Promise.reject(new DOMException('in use', 'NotReadableError')));
    });
    film(stage.lens);
    await busy.open();
    await busy.sees('แอปอื่นใช้กล้องอยู่');
    await busy.page.evaluate(() => { window.free = true; });
    await busy.press('ลองเปิดกล้องอีกครั้ง');
    await busy.shows(busy.page.locator('video'));
    // The phone takes the camera away, as for a call.
    await busy.page.waitForFunction(() => document.querySelector('video')?.srcObject);
    await busy.page.evaluate(() => { window.free = false; document.querySelector('video').srcObject.getTracks().forEach((track) => track.stop()); });
    await busy.sees('แอปอื่นใช้กล้องอยู่');

    const plain = await newPhone(t, stage);
    await plain.page.addInitScript(() => {
      Object.defineProperty(Navigator.prototype, 'mediaDevices', { get: () => undefined });
      Object.defineProperty(window, 'isSecureContext', { get: () => false });
    });
    await plain.open();
    await plain.sees('ขึ้นต้นด้วย https เท่านั้น');
  });

  // Puts a reader into the scan worker that says this of every picture, as the browser's own would.
  async function withBrowserReader(t, says) {
    const phone = await newPhone(t, stage, { serviceWorkers: 'block' });
    await phone.context.route('**/scan-worker-*.js', async (route) => {
      const answer = await route.fetch();
      const reader = `
        self.BarcodeDetector = class {
          static async getSupportedFormats() { return ['qr_code', 'code_128', 'unknown']; }
          async detect(picture) {
            const { width, height } = picture.visibleRect ?? picture;
            const at = (x, y) => ({ x: x * width, y: y * height });
            return ${JSON.stringify(says)}.map((one) => ({ ...one, cornerPoints: [at(0.3, 0.3), at(0.7, 0.3), at(0.7, 0.7), at(0.3, 0.7)] }));
          }
        };`;
      await route.fulfill({ response: answer, body: `${reader}\n${await answer.text()}` });
    });
    film(stage.lens);
    await phone.open();
    await phone.typeEnrolment((await stage.office.enrolment()).code);
    await phone.atHome();
    return phone;
  }

  test("the browser's own reader helps where ours sees nothing, and where they differ nobody is believed", { timeout: 180_000 }, async (t) => {
    const helped = await withBrowserReader(t, [{ format: 'qr_code', rawValue: meters[0].link }]);
    film(stage.lens);
    await openScan(helped);
    await helped.heading(meters[0].heading);
    const at_odds = await withBrowserReader(t, [{ format: 'qr_code', rawValue: meters[0].link }]);
    film(stage.lens, meters[1].link);
    await openScan(at_odds);
    // The word of help comes when nothing was believed for a while.
    await at_odds.sees('ยังอ่านไม่ได้');
    assert.equal(await at_odds.page.locator('.who').count(), 0);
  });

  test('a slip in a typed code is asked about before it is bound', { timeout: 120_000 }, async (t) => {
    const phone = await enrolledPhone(t, stage);
    const fresh = stage.blankCode();
    const slip = fresh.slice(0, 9) + (fresh.endsWith('7') ? '8' : '7');
    const type = async (code) => {
      await phone.type('หรือพิมพ์รหัสบนป้าย', code);
      await phone.press('ใช้รหัสนี้');
    };
    await phone.openCard(meters[5].id);
    await phone.press('ผูกป้าย');
    await type(slip);
    await phone.heading('รหัสนี้อาจพิมพ์ผิดหนึ่งตัว');
    await picture(phone.page, 'bind-slip');
    await phone.press('พิมพ์ใหม่');
    // Nothing was bound, and what was typed is still there to be corrected.
    assert.equal(await phone.box('หรือพิมพ์รหัสบนป้าย').inputValue(), slip);
    await type(fresh);
    await phone.press('ติดทั้งสองป้าย');
    await phone.sees('ผูกป้ายแล้ว');
    await phone.heading(meters[5].heading);
    await phone.typeCode(slip);
    await phone.sees('ไม่พบรหัสนี้ อาจพิมพ์ผิดหนึ่งตัว');
    await phone.sees('เป็นหมายเลขของผู้ผลิต');
    await picture(phone.page, 'scan-slip');
  });

  test('a question about a label that is closed by the keyboard leaves the camera reading', { timeout: 120_000 }, async (t) => {
    const phone = await enrolledPhone(t, stage);
    filmOf(stage.lens, { text: `${stage.site.url.toUpperCase()}/Q/${stage.blankCode()}`, x: 0.5, y: 0.5, edge: 360 });
    await phone.openCard(meters[4].id);
    await phone.press('ผูกป้าย');
    await phone.heading('รายการนี้มีป้ายอยู่แล้ว');
    await phone.page.locator('dialog[open] h2').evaluate((heading) => { heading.dataset.first = 'yes'; });
    await phone.page.keyboard.press('Escape');
    // The same label is still in front of the camera, so it is asked anew.
    await phone.shows(phone.page.locator('dialog[open] h2:not([data-first])', { hasText: 'รายการนี้มีป้ายอยู่แล้ว' }));
  });

  test('a blank label is bound in one scan, bound twice it is asked about at the office, and replaced it keeps its past', { timeout: 240_000 }, async (t) => {
    const [one, other] = [await enrolledPhone(t, stage, { person: 'หนึ่ง ผูกป้าย' }), await enrolledPhone(t, stage, { person: 'สอง ผูกป้าย' })];
    const [first, second] = [stage.blankCode(), stage.blankCode()];
    const link = (code) => `${stage.site.url.toUpperCase()}/Q/${code}`;
    const bind = async (phone, subject, code) => {
      filmOf(stage.lens, { text: link(code), x: 0.5, y: 0.5, edge: 360 });
      await phone.openCard(subject.id);
      await phone.press('ผูกป้าย');
    };
    // This meter has a label already.
    await bind(one, meters[0], first);
    await one.heading('รายการนี้มีป้ายอยู่แล้ว');
    await one.sees(spaced(meters[0].code));
    await picture(one.page, 'bind-old-label');
    await one.press('ลอกป้ายเดิมออกแล้ว ใช้ป้ายใหม่แทน');
    await one.sees('เปลี่ยนป้ายแล้ว');
    await one.heading(meters[0].heading);
    // The old one still tells whose it was.
    await one.scan(meters[0].link);
    await one.sees('ป้ายนี้ถูกเปลี่ยนแล้ว');
    await one.sees('โดย หนึ่ง ผูกป้าย');
    await one.sees(spaced(first));
    await picture(one.page, 'scan-replaced');
    await one.page.locator('.row', { hasText: meters[0].heading }).first().click();
    await one.heading(meters[0].heading);

    // The same phone says at once that a label has an owner.
    await bind(one, meters[3], first);
    await one.press('ติดทั้งสองป้าย');
    await one.heading('ป้ายนี้มีเจ้าของแล้ว');
    await picture(one.page, 'bind-taken');
    await one.press('ยกเลิก');
    // Two phones that do not know of each other bind one label.
    await bind(one, meters[1], second);
    await one.press('ติดทั้งสองป้าย');
    await one.sees('ผูกป้ายแล้ว');
    await bind(other, meters[2], second);
    await other.press('ติดทั้งสองป้าย');
    await other.sees('ผูกป้ายแล้ว');
    film(stage.lens);
    await one.sync();
    await other.sync();
    const asked = (await stage.office.ask('questions', { settled: false })).filter((row) => row.question.field === second);
    assert.equal(asked.length, 1);
    assert.equal(asked[0].question.topic, 'code_twice');
    const desk = await newDesk(t, stage);
    await desk.login();
    await desk.openPage('questions', 'ข้อสงสัย');
    await desk.sees(second);
    await picture(desk.page, 'office-code-twice');
  });
});
