// A technician and a pole: a blank sticker becomes a subject, the pole is inspected, a fault is reported with a photo
// that is made small, queued and sent.
//
//   node --test tests/browser/lights.test.mjs
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { enrolledPhone, picture, setStage } from './stage.mjs';

describe('street lights', () => {
  let stage;
  let code;
  let photo;
  before(async () => {
    stage = await setStage();
    code = stage.blankCode();
    // A photo as a phone takes it: large, and of something.
    const page = await stage.browser.newPage();
    const url = await page.evaluate(() => {
      const canvas = document.createElement('canvas');
      [canvas.width, canvas.height] = [3000, 2000];
      const context = canvas.getContext('2d');
      for (let i = 0; i < 400; i++) {
        context.fillStyle = `hsl(${i * 37} 60% ${20 + (i % 60)}%)`;
        context.fillRect((i * 733) % 3000, (i * 419) % 2000, 300, 200);
      }
      return canvas.toDataURL('image/jpeg', 0.95);
    });
    await page.close();
    photo = { name: 'pole.jpg', mimeType: 'image/jpeg', buffer: Buffer.from(url.split(',')[1], 'base64') };
  }, { timeout: 300_000 });
  after(() => stage?.end());

  async function takePhoto(phone, question) {
    const box = phone.page.getByRole('group', { name: question }).first();
    await box.locator('input[type=file]').setInputFiles(photo);
    await box.locator('img.photo').waitFor();
  }

  test('tagged, inspected and reported broken with no signal; then everything is sent, photos too', { timeout: 240_000 }, async (t) => {
    const phone = await enrolledPhone(t, stage, { person: 'ช่างเอก ไฟสว่าง', programmes: ['lights'] });
    await phone.offline();
    await phone.scan(`${stage.site.url.toUpperCase()}/Q/${code}`);
    await phone.sees('ป้ายเปล่า ยังไม่ได้ผูกกับรายการใด');
    await picture(phone.page, 'blank-sticker');
    await phone.press('ขึ้นทะเบียนเสาไฟใหม่');
    await phone.press('ขึ้นทะเบียนเสา', { exact: true });
    await phone.type('เลขเสา', 'ตย-03-012-0099');
    await phone.press('จับตำแหน่งที่นี่');
    await phone.press('ใช้ตำแหน่งนี้');
    await phone.sees('13.75630, 100.50180');
    await takePhoto(phone, 'รูปเสา เห็นโคมและป้าย');
    await picture(phone.page, 'tag');
    await phone.press('ต่อไป');
    await phone.choose('ชนิดโคม', 'LED');
    await phone.type('กำลังไฟ', '40');
    await phone.press('ต่อไป');
    await phone.choose('วัสดุ', 'คอนกรีต');
    await phone.press('บันทึก', { exact: true });
    await phone.heading('บันทึกแล้ว');
    await phone.hasNumbers(1, 0, 1);

    // The same sticker now leads to the pole.
    await phone.typeCode(code.toLowerCase());
    await phone.heading('ตย-03-012-0099');
    await phone.press(/ตรวจสภาพ/);
    await phone.choose('ไฟเป็นอย่างไร', 'ติดปกติ');
    await phone.choose('พบสิ่งผิดปกติไหม', 'ไม่ / ไม่มี');
    await phone.press('ต่อไป');
    await phone.press('บันทึก', { exact: true });
    await phone.heading('บันทึกแล้ว');
    await phone.press('กลับไปที่ทะเบียน');
    await phone.press(/แจ้งไฟเสีย/);
    await phone.choose('เป็นอะไร', 'สายห้อยหรือขาด (อันตราย)');
    await phone.sees('กั้นคนออก อย่าแตะเสา');
    await phone.choose('เป็นอันตรายต่อคนไหม', 'ใช่ / มี');
    await picture(phone.page, 'fault');
    // Without the photo it is not complete.
    await phone.press('บันทึก', { exact: true });
    await phone.shows(phone.page.locator('.question-box.wrong', { hasText: 'รูปถ่าย' }));
    await takePhoto(phone, 'รูปถ่าย');
    await phone.press('บันทึก', { exact: true });
    await phone.heading('บันทึกแล้ว');
    // It is the very same picture, so it waits once.
    await phone.hasNumbers(3, 0, 1);

    await phone.offline(false);
    await phone.sync();
    await phone.hasNumbers(3, 3, 0);
    const found = await stage.office.ask('find', { text: code });
    const pole = await stage.office.card(found.id ?? Object.values(found)[0]);
    assert.equal(pole.values.status, 'broken');
    assert.equal(pole.values.watts, 40);
    assert.ok(Math.abs(pole.row.place[0] - 13.7563) < 0.001);
    const { base64, mime } = await stage.office.ask('photo', { hash: pole.photos[0] });
    assert.equal(mime, 'image/jpeg');
    const kept = Buffer.from(base64, 'base64');
    assert.ok(kept.length < photo.buffer.length / 2, `${kept.length} bytes of ${photo.buffer.length}`);
    await phone.openCard(pole.row.id);
    const shown = phone.page.locator('img.photo');
    await phone.shows(shown);
    assert.deepEqual(await shown.evaluate((image) => [image.naturalWidth, image.naturalHeight]), [1280, 853]);
    await picture(phone.page, 'pole-card');
  });

  test('a draft of a new pole is gone on with in the circuit that was chosen for it', { timeout: 240_000 }, async (t) => {
    const zones = await stage.office.ask('zones', { programme: 'lights' });
    assert.ok(zones.length > 1, 'the town has several circuits');
    const phone = await enrolledPhone(t, stage, { person: 'ช่างโท ไฟสว่าง', programmes: ['lights'], zones: 2 });
    const sticker = stage.blankCode();
    await phone.typeCode(sticker);
    await phone.press('ขึ้นทะเบียนเสาไฟใหม่');
    await phone.press('ขึ้นทะเบียนเสา', { exact: true });
    await phone.type('เลขเสา', 'ตย-03-012-0100');
    await phone.press('จับตำแหน่งที่นี่');
    await phone.press('ใช้ตำแหน่งนี้');
    await takePhoto(phone, 'รูปเสา เห็นโคมและป้าย');
    await phone.press('ต่อไป');
    await phone.choose('ชนิดโคม', 'LED');
    await phone.type('กำลังไฟ', '40');
    await phone.press('ต่อไป');
    const circuit = phone.page.getByLabel('วงจร');
    await phone.shows(circuit);
    const other = zones.find((zone) => zone.zone !== zones[0].zone).zone;
    await circuit.selectOption(other);
    // Called away, and back by the list of what was begun.
    await phone.goHome();
    await phone.press('ทำค้างไว้ 1 รายการ');
    await phone.shows(phone.page.locator('.draft', { hasText: sticker }));
    await phone.page.locator('.draft button').first().click();
    await phone.shows(circuit);
    assert.equal(await circuit.inputValue(), other);
    await phone.choose('วัสดุ', 'คอนกรีต');
    await phone.press('บันทึก', { exact: true });
    await phone.heading('บันทึกแล้ว');
    await phone.sync();
    const found = await stage.office.ask('find', { text: sticker });
    const pole = await stage.office.card(found.id ?? Object.values(found)[0]);
    assert.equal(pole.row.zone, other);
  });
});
