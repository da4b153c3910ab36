// One light, from the street to the street: a citizen without script taps once, the office accepts and gives it away, the
// technician repairs with a photo, and the citizen's link says that it is done. Every screen on the way is looked at.
//
//   node --test tests/browser/orders.test.mjs
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { enrolledPhone, look, newDesk, newPhone, setStage } from './stage.mjs';

describe('a light is reported and repaired', () => {
  let stage;
  before(async () => { stage = await setStage(); }, { timeout: 300_000 });
  after(() => stage?.end());

  // The path of the label on a pole, as the printer gets it.
  function labelOf(code) {
    const to = mkdtempSync(join(stage.folder, 'label-'));
    execFileSync(stage.town.bin, ['labels', '--programme', 'lights', '--code', code, '--db', stage.town.dir, '--server', stage.site.url, '--to', to]);
    const link = readFileSync(join(to, 'labels.csv'), 'utf8').split('\n')[1].split(',').find((cell) => /\/q\//i.test(cell));
    return new URL(link).pathname;
  }

  async function picture(text) {
    const page = await stage.browser.newPage();
    const url = await page.evaluate((text) => {
      const canvas = document.createElement('canvas');
      [canvas.width, canvas.height] = [800, 600];
      const context = canvas.getContext('2d');
      context.fillStyle = '#203040';
      context.fillRect(0, 0, 800, 600);
      context.fillStyle = '#ffee88';
      context.font = '80px sans-serif';
      context.fillText(text, 60, 300);
      return canvas.toDataURL('image/jpeg', 0.9);
    }, text);
    await page.close();
    return { name: 'photo.jpg', mimeType: 'image/jpeg', buffer: Buffer.from(url.split(',')[1], 'base64') };
  }

  test('one tap, one repair, one link', { timeout: 240_000 }, async (t) => {
    const wrong = [];
    const [row] = await stage.office.round('lights', 1);
    const pole = await stage.office.card(row.id);
    const label = labelOf(pole.codes.find((code) => /^[0-9A-Z]{10}$/.test(code)));

    // The citizen's telephone is old: no script runs.
    const citizen = await newPhone(t, stage, { javaScriptEnabled: false });
    await citizen.open(label);
    await citizen.heading(new RegExp(row.heading));
    await citizen.press('ไฟดับดวงเดียว');
    await citizen.sees('รับแจ้งแล้ว ขอบคุณ');
    const link = new URL(citizen.page.url()).pathname;
    await citizen.page.locator('input[type=file]').setInputFiles(await picture('มืด'));
    await citizen.type('รายละเอียด', 'หน้าร้านตัวอย่าง');
    await citizen.type(/เบอร์โทร/, '000-000-0000');
    await citizen.press('ส่งเพิ่ม');
    await citizen.sees('รับแจ้งแล้ว ขอบคุณ');
    // A neighbour finds it reported and joins.
    await citizen.open(label);
    await citizen.sees('มีคนแจ้งไว้แล้ว');
    await citizen.press('ฉันก็พบเหมือนกัน');
    await citizen.sees('รวมของคุณไว้ด้วยกัน');
    const looker = await newPhone(t, stage);
    for (const [path, name] of [[label, 'citizen-report'], [`${label}?l=en`, 'citizen-report-en'], [link, 'citizen-track']]) {
      await looker.open(path);
      wrong.push(...await look(looker, name));
    }

    const desk = await newDesk(t, stage);
    await desk.login();
    await desk.page.getByRole('link', { name: 'ใบงาน', exact: false }).first().click();
    await desk.heading('ใบงาน');
    // The town has others that wait.
    await desk.page.locator('.order-row', { hasText: row.heading }).locator('button').click();
    await desk.press('รับเรื่อง', { exact: true });
    await desk.sees('บันทึกแล้ว: รับเรื่องแล้ว');
    await desk.shows(desk.page.locator('.order-head .chip', { hasText: 'รับเรื่องแล้ว' }));
    wrong.push(...await look(desk, 'desk-order'));
    await desk.openPage('orders', 'ใบงาน');
    // A slow answer to an earlier question does not stand under a later one.
    const ours = desk.page.locator('.order-row', { hasText: row.heading });
    await desk.shows(ours);
    await desk.page.evaluate(() => {
      const fetch = window.fetch.bind(window);
      const slow = new Promise((done) => { window.letGo = done; });
      window.answered = { pets: 0, all: 0 };
      window.fetch = async (path, init) => {
        const body = String(init?.body);
        // What is urgent is asked for by itself, beside the list.
        if (!body.includes('"ask":"orders"') || body.includes('"urgent":true')) return fetch(path, init);
        const which = body.includes('"programme":"pets"') ? 'pets' : 'all';
        if (which === 'pets') {
          window.isAsked = true;
          await slow;
        }
        const answer = await fetch(path, init);
        await answer.clone().text();
        window.answered[which] += 1;
        return answer;
      };
    });
    const drawn = () => desk.page.evaluate(() => new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); }));
    const programmes = desk.page.locator('.office-orders select').first();
    await programmes.selectOption('pets');
    await desk.page.waitForFunction(() => window.isAsked);
    await programmes.selectOption('');
    await desk.page.waitForFunction(() => window.answered.all > 0);
    await drawn();
    await desk.page.evaluate(() => window.letGo());
    await desk.page.waitForFunction(() => window.answered.pets > 0);
    await drawn();
    assert.ok(await ours.count() > 0, 'the list of all stands under "all"');
    await desk.press('กระดานตามสถานะ');
    await desk.shows(desk.page.locator('.order-column'));
    wrong.push(...await look(desk, 'desk-board'));
    // Somebody calls about a pole: from this page, too, an order is opened for it.
    await desk.press('เปิดใบงานใหม่');
    await desk.heading('เปิดใบงานใหม่');
    await desk.type('ค้นหาชื่อ บ้านเลขที่ หรือรหัส', row.heading);
    await desk.page.locator('.office-desk .row button').first().click();
    await desk.heading('เปิดใบงานซ่อม');
    await desk.shows(desk.page.getByRole('checkbox', { name: 'ไฟดับดวงเดียว' }));
    wrong.push(...await look(desk, 'desk-new-order'));
    await desk.press('ยกเลิก', { exact: true });
    await desk.page.locator('.office-desk').waitFor({ state: 'detached' });
    await desk.openPage('citizens', 'เรื่องจากประชาชน');
    await desk.sees('หน้าร้านตัวอย่าง');
    await desk.sees('000-000-0000');
    wrong.push(...await look(desk, 'desk-citizens'));

    const phone = await enrolledPhone(t, stage, { person: 'ช่างเอก ไฟสว่าง', programmes: ['lights'] });
    await phone.press(/ใบงาน 1 เรื่อง/);
    await phone.shows(phone.page.locator('.order-row'));
    wrong.push(...await look(phone, 'orders'));
    await phone.page.locator('.order-row button').click();
    // What is being typed stays, though a sync brings something of the same order meanwhile.
    const quantity = phone.box('จำนวน');
    await quantity.fill('12');
    await phone.offline();
    const { rows } = await stage.office.ask('orders', { programme: 'lights', subject: row.id, limit: 10 });
    await stage.office.ask('note_order', { order: rows[0].id, note: 'ระวังสุนัขหน้าบ้าน' });
    await phone.offline(false);
    await phone.sees('ระวังสุนัขหน้าบ้าน');
    assert.equal(await quantity.inputValue(), '12');
    await quantity.fill('1');
    await phone.offline();
    await phone.press('เริ่มซ่อม', { exact: true });
    await phone.shows(phone.page.locator('.order-head .chip', { hasText: 'กำลังซ่อม' }));
    await phone.press('ซ่อมเสร็จ', { exact: true });
    await phone.sees('ติ๊กรายการตรวจก่อนลงมือให้ครบ');
    for (const check of ['ตัดไฟและตรวจแล้วว่าไม่มีไฟ', 'สวมเข็มขัดนิรภัย หรือใช้รถกระเช้า', 'กั้นพื้นที่และตั้งป้ายเตือน']) {
      const box = phone.page.getByRole('checkbox', { name: check });
      await box.check();
      await phone.shows(phone.page.locator('.order-check input:checked').and(box));
    }
    await phone.page.locator('label', { hasText: 'ถ่ายรูปหลังซ่อม' }).locator('input[type=file]').setInputFiles(await picture('สว่าง'));
    await phone.shows(phone.page.getByRole('heading', { name: 'หลัง', exact: true }));
    await phone.press('เพิ่มวัสดุ');
    await phone.shows(phone.page.locator('.order-materials li', { hasText: 'หลอด LED 1 หลอด' }));
    wrong.push(...await look(phone, 'order'));
    await phone.press('ซ่อมเสร็จ', { exact: true });
    await phone.shows(phone.page.locator('.order-head .chip', { hasText: 'ซ่อมเสร็จ' }));
    await phone.offline(false);
    await phone.sync();

    await citizen.open(link);
    await citizen.shows(citizen.page.locator('.state', { hasText: 'ซ่อมเสร็จ' }));
    const picture_ = citizen.page.getByAltText('รูปหลังทำเสร็จ');
    await citizen.shows(picture_);
    assert.equal((await citizen.page.request.get(`${stage.site.url}${link}/photo`)).headers()['content-type'], 'image/jpeg');
    await looker.open(link);
    wrong.push(...await look(looker, 'citizen-done'));
    assert.equal((await stage.office.card(row.id)).values.status, 'ok');
    assert.deepEqual(wrong, []);
  });
});
