// Enrolling a phone: by typed code, by the QR in front of its camera, and everything that can be wrong with a code.
//
//   node --test tests/browser/enrol.test.mjs
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { openBrowser } from './harness.mjs';
import { film } from './qr.mjs';
import { newPhone, setStage, until } from './stage.mjs';

describe('enrolling', () => {
  let stage;
  before(async () => { stage = await setStage(); }, { timeout: 300_000 });
  after(() => stage?.end());

  test('a typed code brings the round of its zone, with progress', async (t) => {
    const phone = await newPhone(t, stage);
    const { code } = await stage.office.enrolment();
    await phone.open();
    // The pull waits at the door until the bar was seen.
    let answer;
    stage.gate.hold = (path) => path === '/v1/pull' && new Promise((go) => { answer = go; });
    t.after(() => { stage.gate.hold = undefined; answer?.(); });
    await phone.typeEnrolment(` ${code} `);
    await until(() => answer, 'the pull');
    await phone.heading('กำลังรับข้อมูลลงเครื่อง');
    await phone.shows(phone.page.getByRole('progressbar', { name: 'กำลังรับข้อมูลลงเครื่อง' }));
    stage.gate.hold = undefined;
    answer();
    await phone.atHome();
    await phone.heading('ประปา');
    await phone.button('ดูทั้งหมด 40 รายการ').waitFor();
    assert.equal(await phone.page.locator('.rows .row').count(), 3);
    await phone.hasNumbers(0, 0, 0);
    // Done and left are all the meters of the zone; those that are overdue are among the left.
    const [done, left, overdue] = (await phone.page.locator('.round-numbers b').allTextContents()).map(Number);
    assert.equal(done + left, 40);
    assert.ok(overdue <= left, `${overdue} of ${left}`);
  });

  test('the QR of the office in front of the camera is enough', async (t) => {
    const { link, code } = await stage.office.enrolment({ programmes: ['care'], zones: 2 });
    film(stage.lens, link);
    const phone = await newPhone(t, stage);
    await phone.open();
    await phone.sees('ได้รหัสลงทะเบียนแล้ว');
    await phone.page.getByText('ที่อยู่เซิร์ฟเวอร์และรหัส').click();
    assert.equal(await phone.page.getByLabel('รหัสลงทะเบียน').inputValue(), code);
    await phone.nameAndEnrol('มือถือป้าแดง');
    await phone.atHome();
    await phone.heading('ดูแลผู้ป่วย');
    await phone.page.getByRole('button', { name: 'ตั้งค่า' }).click();
    await phone.sees('มือถือป้าแดง');
    await phone.sees('สมใจ ทดสอบ');
  });

  test('the link itself opens with its code', async (t) => {
    const { link } = await stage.office.enrolment();
    const phone = await newPhone(t, stage);
    await phone.page.goto(link);
    await phone.sees('ได้รหัสลงทะเบียนแล้ว');
    await phone.nameAndEnrol();
    await phone.atHome();
  });

  test('a wrong, a used and an old code each say what to do, and typing again works', async (t) => {
    film(stage.lens);
    const { code } = await stage.office.enrolment();
    const first = await newPhone(t, stage);
    await first.open();
    await first.typeEnrolment(code);
    await first.atHome();

    const phone = await newPhone(t, stage);
    await phone.open();
    await phone.kept();
    // Mistyped, as the phone itself can tell; and a sticker's code, as only the office can.
    const [meter] = await stage.office.round('water');
    const [sticker] = (await stage.office.card(meter.id)).codes;
    for (const wrong of ['NOSUCHCODE', sticker]) {
      await phone.typeEnrolment(wrong);
      await phone.sees('ไม่พบรหัสลงทะเบียนนี้');
      await phone.press('ใช้รหัสอื่น');
    }
    await phone.typeEnrolment(code);
    await phone.sees('รหัสนี้ถูกใช้ไปแล้ว');
    const { code: good } = await stage.office.enrolment();
    // Codes live for minutes; the server's answer to an old one is put in its place.
    stage.gate.answer = (_, outgoing) => outgoing.writeHead(410, { 'content-type': 'application/json' })
      .end(JSON.stringify({ code: 'enrol_expired', hint: 'รหัสนี้หมดอายุแล้ว ขอรหัสใหม่จากสำนักงาน' }));
    t.after(() => { stage.gate.answer = undefined; });
    await phone.press('ใช้รหัสอื่น');
    await phone.typeEnrolment(good);
    await phone.sees('รหัสนี้หมดอายุแล้ว');
    stage.gate.answer = undefined;
    await phone.press('ใช้รหัสอื่น');
    await phone.typeEnrolment(good);
    await phone.atHome();
  });

  test('a refused camera is a Thai sentence, and the typed code works', async (t) => {
    // Without the flag that says yes for the person, headless Chromium says no.
    const browser = await openBrowser('--use-fake-device-for-media-stream');
    t.after(() => browser.close());
    const phone = await newPhone(t, stage, { permissions: [] }, browser);
    await phone.open();
    await phone.sees('ยังไม่ได้อนุญาตให้ใช้กล้อง');
    const { code } = await stage.office.enrolment();
    await phone.typeEnrolment(code);
    await phone.atHome();
  });
});
