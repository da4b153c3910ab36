// The office in the browser: the first set-up by its one-time link, signing in, the day's visits as they arrive, a
// subject's history, a form and a work order written down for somebody who called, an enrolment QR that a phone uses, a
// device whose right is ended.
//
//   node --test tests/browser/desk.test.mjs
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { film } from './qr.mjs';
import { enrolledPhone, look, metersToRead, newDesk, newPhone, picture, setStage } from './stage.mjs';

describe('the office', () => {
  let stage;
  let meters;
  before(async () => {
    stage = await setStage();
    meters = (await stage.office.round('water', 20)).filter((row) => row.standing !== 'done');
  }, { timeout: 300_000 });
  after(() => stage?.end());

  test('an empty server is set up once, by the link it prints', { timeout: 120_000 }, async (t) => {
    const child = spawn(stage.town.bin, ['server', 'serve', '--db', join(stage.folder, 'empty-office'), '--listen', '127.0.0.1:0', '--app', stage.app], { stdio: ['ignore', 'pipe', 'ignore'] });
    t.after(() => child.kill());
    const link = await new Promise((resolve, reject) => {
      let said = '';
      child.stdout.on('data', (piece) => {
        said += piece;
        const found = said.match(/http:\S+#setup=\S+/);
        if (found && said.includes('เปิดแล้ว')) resolve(found[0]);
      });
      child.on('exit', () => reject(new Error(said)));
    });
    const desk = await newDesk(t, stage);
    await desk.page.goto(link);
    await desk.heading('ตั้งค่าครั้งแรก');
    await desk.type('ชื่อหน่วยงาน', 'อบต.ทดสอบ');
    await desk.type('ชื่อของคุณ', 'ปลัดสมศรี');
    const password = desk.page.getByLabel('รหัสผ่าน', { exact: true });
    await password.fill('สั้น');
    await desk.page.getByLabel('พิมพ์รหัสผ่านอีกครั้ง').fill('สั้น');
    await desk.press('เริ่มใช้งาน');
    await desk.shows(desk.page.getByRole('alert').getByText('อย่างน้อย 10 ตัวอักษร'));
    await picture(desk.page, 'office-setup');
    await password.fill('ข้าวเหนียวหมูปิ้งสองไม้');
    await desk.page.getByLabel('พิมพ์รหัสผ่านอีกครั้ง').fill('ข้าวเหนียวหมูปิ้งสองไม้');
    await desk.press('เริ่มใช้งาน');
    await desk.page.getByRole('navigation', { name: 'เมนูสำนักงาน' }).waitFor();
    await desk.sees('อบต.ทดสอบ');
    // The link has been used up.
    const other = await newDesk(t, stage);
    await other.page.goto(link);
    await other.heading('เข้าสู่ระบบสำนักงาน');
  });

  test('a wrong password is said, and a visit arrives without a reload', { timeout: 180_000 }, async (t) => {
    const [meter] = meters;
    const desk = await newDesk(t, stage);
    await desk.open('/office');
    await desk.type('ชื่อผู้ใช้', 'demo');
    await desk.page.getByLabel('รหัสผ่าน', { exact: true }).fill('ไม่ใช่รหัสนี้แน่');
    await desk.press('เข้าสู่ระบบ');
    await desk.sees('ชื่อหรือรหัสผ่านไม่ถูกต้อง');
    await desk.login();
    await desk.heading('วันนี้');
    let loads = 0;
    desk.page.on('load', () => { loads += 1; });
    const phone = await enrolledPhone(t, stage, { person: 'สมหมาย เดินจด' });
    await phone.openCard(meter.id);
    await phone.press('ทำไม่ได้ / ไม่พบ');
    await phone.heading('ทำไม่ได้ / ไม่พบ');
    await phone.heading(meter.heading);
    await phone.page.getByRole('radio', { name: 'สัตว์ดุ' }).check();
    await phone.press('บันทึก', { exact: true });
    await phone.heading('บันทึกแล้ว');
    const row = desk.page.locator('.office-visit', { hasText: meter.heading });
    await desk.shows(row);
    await desk.shows(row.getByText('สมหมาย เดินจด'));
    await desk.shows(row.getByText('สัตว์ดุ').first());
    assert.equal(loads, 0);
    await picture(desk.page, 'office-arrived');
    await row.locator('summary').click();
    await row.getByRole('link', { name: 'เปิดทะเบียน' }).click();
    await desk.heading(meter.heading);
    await picture(desk.page, 'office-subject');
  });

  test('a subject is found, corrected and its history told', { timeout: 120_000 }, async (t) => {
    const [, meter] = meters;
    const desk = await newDesk(t, stage);
    await desk.login();
    await desk.openPage('registry', 'ทะเบียน');
    await desk.page.getByRole('textbox').first().fill(meter.heading);
    await desk.page.locator('.row, .office-row, li').filter({ hasText: meter.heading }).first().click();
    await desk.heading(meter.heading);
    await desk.press('แก้ “จุดสังเกต / ที่ตั้งมาตร”');
    const sheet = desk.page.getByRole('dialog');
    await sheet.getByRole('textbox', { name: 'จุดสังเกต / ที่ตั้งมาตร' }).fill('หลังศาลพระภูมิ');
    await sheet.getByRole('textbox', { name: /เหตุผล/ }).fill('ผู้ใช้น้ำแจ้ง');
    await sheet.getByRole('button', { name: 'บันทึก' }).click();
    await sheet.waitFor({ state: 'hidden' });
    await desk.shows(desk.page.locator('.office-fields').getByText('หลังศาลพระภูมิ'));
    await desk.page.getByText('ประวัติการแก้ไขทุกช่อง').click();
    const row = desk.page.locator('.office-past tr').filter({ hasText: 'หลังศาลพระภูมิ' });
    if (!(await row.isVisible())) await desk.page.locator('.office-same summary').click();
    await desk.shows(row.getByText('demo'));
    await picture(desk.page, 'office-history');
  });

  test('a reading is typed for a caller, and corrected with a reason', { timeout: 180_000 }, async (t) => {
    const wrong = [];
    const meter = (await metersToRead(stage.office, 30, 10)).at(-1);
    assert.ok(meter, 'a meter to read');
    const desk = await newDesk(t, stage);
    await desk.login();
    await desk.openPage(`registry/${meter.id}`, meter.heading);
    await desk.press('จดมาตร', { exact: true });
    await desk.type(/เลขหน้ามาตร/, '1');
    // Nothing is kept here, so it is asked before it goes.
    await desk.press('ยกเลิก', { exact: true });
    await desk.press('ทิ้งที่กรอกไว้จริงหรือไม่');
    await desk.heading(meter.heading);

    await desk.press('จดมาตร', { exact: true });
    await desk.type(/เลขหน้ามาตร/, String(meter.reading + 1));
    wrong.push(...await look(desk, 'office-desk-form'));
    await desk.press('ต่อไป');
    await desk.sees('ตรวจก่อนบันทึก');
    await desk.press('บันทึก', { exact: true });
    const mine = desk.page.locator('.office-visit', { hasText: 'demo' });
    await desk.shows(mine);

    await mine.first().locator('summary').click();
    await mine.first().getByRole('button', { name: 'แก้ไข', exact: true }).click();
    await desk.sees('กำลังแก้สิ่งที่บันทึกไปแล้ว');
    await desk.page.waitForFunction((value) => document.querySelector('input.number')?.value === value, String(meter.reading + 1));
    // All that was answered is seen at once; the page with the slip is a press away, and so is saving.
    const page = desk.page.locator('.overview-page', { hasText: String(meter.reading + 1) });
    await desk.shows(page);
    await desk.shows(desk.button('บันทึก', { exact: true }));
    await page.click();
    await desk.type(/เลขหน้ามาตร/, String(meter.reading + 2));
    await desk.press('ดูทั้งหมดแล้วบันทึก');
    await desk.shows(desk.page.locator('.overview-page', { hasText: String(meter.reading + 2) }));
    await desk.press('บันทึก', { exact: true });
    await desk.shows(desk.page.locator('.correction-reason.wrong').getByRole('alert').filter({ hasText: 'เขียนเหตุผลก่อน' }));
    await desk.page.waitForFunction(() => document.activeElement?.matches('.correction-reason input'));
    await desk.type(/ทำไมจึงแก้/, 'ผู้ใช้น้ำส่งรูปมาตรมาให้ดู');
    wrong.push(...await look(desk, 'office-desk-correction'));
    await desk.press('บันทึก', { exact: true });
    await desk.shows(mine.filter({ hasText: 'แก้ไขแล้ว' }));
    wrong.push(...await look(desk, 'office-desk-corrected'));
    const visits = (await stage.office.card(meter.id)).visits.slice(0, 2);
    assert.deepEqual(visits.map((visit) => [visit.values.reading, visit.corrected, visit.by, visit.at]), [
      [meter.reading + 2, false, 'ผู้ดูแลระบบ (demo)', visits[1].at],
      [meter.reading + 1, true, 'ผู้ดูแลระบบ (demo)', visits[1].at],
    ]);
    // One visit, not two, on the page of the day.
    await desk.openPage('today', 'วันนี้');
    const today = desk.page.locator('.office-visit', { hasText: meter.heading }).filter({ hasText: 'demo' });
    await desk.shows(today.first());
    assert.equal(await today.count(), 1);
    assert.deepEqual(wrong, []);
  });

  test('a work order is opened for a pole that somebody called about', { timeout: 120_000 }, async (t) => {
    const [pole] = await stage.office.round('lights', 1);
    const desk = await newDesk(t, stage);
    await desk.login();
    await desk.openPage(`registry/${pole.id}`, pole.heading);
    await desk.press('เปิดใบงานซ่อม');
    await desk.heading('เปิดใบงานซ่อม');
    await desk.press('เปิดใบงานซ่อม');
    await desk.sees('เลือกเรื่อง หรือเขียนรายละเอียดก่อน');
    await desk.page.getByRole('checkbox', { name: 'ไฟดับดวงเดียว' }).check();
    await desk.type('รายละเอียด', 'เจ้าของบ้านโทรแจ้ง ดับตั้งแต่เมื่อคืน');
    const wrong = await look(desk, 'office-open-order');
    await desk.press('เปิดใบงานซ่อม');
    await desk.shows(desk.page.locator('.order', { hasText: 'เจ้าของบ้านโทรแจ้ง' }));
    assert.deepEqual(wrong, []);
  });

  test('a new device is enrolled by the QR on the screen, and its right is ended', { timeout: 180_000 }, async (t) => {
    const desk = await newDesk(t, stage);
    await desk.login();
    await desk.openPage('enrolment', 'ลงทะเบียนเครื่อง');
    await desk.type('ชื่อผู้ถือเครื่อง', 'ป้าพร มือใหม่');
    await desk.page.locator('.office-zones input').first().check();
    await desk.press('สร้าง QR ลงทะเบียน');
    await desk.heading('ให้ ป้าพร มือใหม่ สแกน QR นี้');
    await picture(desk.page, 'office-enrolment');
    const code = await desk.page.locator('.office-large-code').innerText();
    // The very picture on the screen is read, from a photo of it.
    const shot = await desk.page.locator('.office-qr').screenshot();
    film(stage.lens);
    const phone = await newPhone(t, stage);
    await phone.open();
    await phone.page.locator('input[type=file]').setInputFiles({ name: 'qr.png', mimeType: 'image/png', buffer: shot });
    await phone.sees('ได้รหัสลงทะเบียนแล้ว');
    await phone.page.getByText('ที่อยู่เซิร์ฟเวอร์และรหัส').click();
    assert.equal((await phone.page.getByLabel('รหัสลงทะเบียน').inputValue()).replaceAll(' ', ''), code.replaceAll(' ', ''));
    await phone.nameAndEnrol('มือถือป้าพร');
    await phone.atHome();
    await desk.sees('ลงทะเบียนแล้ว: ป้าพร มือใหม่');

    await desk.openPage('devices', 'เครื่อง');
    const row = desk.page.getByRole('row').filter({ hasText: 'ป้าพร มือใหม่' });
    await picture(desk.page, 'office-devices');
    await row.getByRole('button', { name: 'ยกเลิกสิทธิ์' }).click();
    const dialog = desk.page.getByRole('dialog');
    await dialog.getByText('ยกเลิกสิทธิ์เครื่องของ ป้าพร มือใหม่').waitFor();
    await dialog.getByRole('button', { name: 'ยกเลิกสิทธิ์เครื่องนี้' }).click();
    await desk.sees('ยกเลิกสิทธิ์แล้ว');
    await phone.press('ส่งข้อมูลตอนนี้');
    await phone.sees('สำนักงานยกเลิกสิทธิ์ของเครื่องนี้แล้ว');
  });
});
