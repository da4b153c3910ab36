// Every screen, looked at by axe-core as a person with a screen reader, bad eyes or no mouse would meet it, and by a
// camera for the README. The office at 1280x800, the phone at 360x740.
//
//   node --test tests/browser/screens.test.mjs              pictures go to target/screens
//   SANAM_SCREENS=1 node --test tests/browser/screens.test.mjs   those of the README go to tests/browser/screens
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { film } from './qr.mjs';
import { enrolledPhone, look, newDesk, newPhone, setStage } from './stage.mjs';

describe('every screen', () => {
  let stage;
  let meter;
  let person;
  let pole;
  before(async () => {
    stage = await setStage();
    [meter] = (await stage.office.round('water', 20)).filter((row) => row.standing !== 'done');
    [person] = await stage.office.round('care');
    [pole] = await stage.office.round('lights');
  }, { timeout: 300_000 });
  after(() => stage?.end());

  const go = (phone, hash) => phone.page.evaluate((hash) => { location.hash = hash; }, hash);

  test('the phone', { timeout: 240_000 }, async (t) => {
    const wrong = [];
    const fresh = await newPhone(t, stage);
    film(stage.lens);
    await fresh.open();
    await fresh.box('พิมพ์รหัสลงทะเบียน').waitFor();
    wrong.push(...await look(fresh, 'enrol'));
    await fresh.type('พิมพ์รหัสลงทะเบียน', (await stage.office.enrolment()).code);
    await fresh.press('ใช้รหัสนี้');
    await fresh.box(/ชื่อเครื่องนี้/).waitFor();
    wrong.push(...await look(fresh, 'enrol-name'));

    const phone = await enrolledPhone(t, stage, { person: 'สมใจ ใจดี', programmes: ['water', 'care', 'lights'] });
    wrong.push(...await look(phone, 'home-three'));
    await go(phone, '#/scan');
    await phone.box('หรือพิมพ์รหัสบนป้าย').waitFor();
    wrong.push(...await look(phone, 'scan'));
    await phone.typeCode(stage.blankCode());
    await phone.sees('ป้ายเปล่า');
    wrong.push(...await look(phone, 'scan-blank'));
    await go(phone, '#/round/water');
    await phone.shows(phone.page.locator('.row').nth(5));
    wrong.push(...await look(phone, 'round'));
    await go(phone, '#/search');
    await phone.type('ค้นหาชื่อ บ้านเลขที่ หรือรหัส', meter.heading.slice(3, 8));
    await phone.shows(phone.page.locator('.row'));
    wrong.push(...await look(phone, 'search'));
    for (const [name, subject] of [['card-water', meter], ['card-care', person], ['card-pole', pole]]) {
      await phone.openCard(subject.id);
      wrong.push(...await look(phone, name));
    }
    await phone.openCard(meter.id);
    await phone.press(/จดมาตร/);
    await phone.box(/เลขหน้ามาตร/).waitFor();
    await phone.press('ต่อไป');
    await phone.shows(phone.page.locator('.question-box.wrong'));
    wrong.push(...await look(phone, 'form-wrong'));
    const last = Number((await stage.office.card(meter.id)).visits[0]?.values.reading ?? 0);
    await phone.type(/เลขหน้ามาตร/, String(last + 25));
    await phone.page.locator('.question-box.wrong').waitFor({ state: 'detached' });
    wrong.push(...await look(phone, 'form-filled'));
    await go(phone, '#/drafts');
    await phone.heading('งานที่ทำค้างไว้');
    await phone.shows(phone.page.locator('.draft'));
    wrong.push(...await look(phone, 'drafts'));
    await go(phone, `#/form/care/visit/${person.id}`);
    await phone.heading('เมื่อไปถึง');
    wrong.push(...await look(phone, 'form-care'));
    await phone.choose('มีผู้ดูแลอยู่ด้วยไหม', 'ไม่ / ไม่มี');
    await phone.press('ต่อไป');
    await phone.type('อุณหภูมิ', '38.4');
    await phone.box('ความดันตัวบน').focus();
    await phone.sees('สูงกว่าปกติ วัดซ้ำ');
    wrong.push(...await look(phone, 'form-vitals'));
    await go(phone, `#/form/lights/fault/${pole.id}`);
    await phone.sees('เป็นอะไร');
    wrong.push(...await look(phone, 'form-fault'));
    await go(phone, `#/form/care/adl/${person.id}`);
    await phone.sees('กินอาหารที่เตรียมไว้ให้แล้ว');
    wrong.push(...await look(phone, 'form-adl'));
    await go(phone, `#/outcome/water/reading/${meter.id}`);
    await phone.sees('บ้านปิด / มาตรอยู่ภายใน');
    wrong.push(...await look(phone, 'outcome'));
    await phone.page.getByRole('radio', { name: 'สัตว์ดุ' }).check();
    await phone.press('บันทึก', { exact: true });
    await phone.heading('บันทึกแล้ว');
    wrong.push(...await look(phone, 'saved'));
    for (const [hash, seen, name] of [
      [`#/edit/${person.id}`, 'เหตุผล', 'edit'],
      [`#/history/${person.id}`, 'วันเกิด', 'history-care'],
      [`#/history/${meter.id}`, 'ชื่อผู้ใช้น้ำ', 'history'],
      [`#/bind-to/${meter.id}`, 'สแกนป้ายที่ติดกับรายการนี้', 'bind'],
      ['#/new/lights/', 'ขึ้นทะเบียนเสา', 'new'],
      ['#/questions', 'ไม่มีข้อสงสัย', 'questions'],
      ['#/refused', 'ไม่มีรายการที่ถูกปฏิเสธ', 'refused'],
      ['#/settings', 'เครื่องนี้', 'settings'],
    ]) {
      await go(phone, hash);
      await phone.sees(seen);
      wrong.push(...await look(phone, name));
    }
    // Large type and English must hold as well.
    await phone.press('ตัวใหญ่');
    await phone.goHome();
    wrong.push(...await look(phone, 'home-large'));
    assert.deepEqual(wrong, [], wrong.join('\n'));
  });

  test('the office', { timeout: 240_000 }, async (t) => {
    const wrong = [];
    // A morning's work of three people.
    const [water, care, lights] = [['สมหมาย เดินจด', ['water']], ['ดาวเรือง ศรีสุข', ['care']], ['ช่างเอก ไฟสว่าง', ['lights']]];
    const place = { lat: 13.75, lon: 100.5, accuracy_m: 8 };
    const reader = await stage.colleague(...water);
    const readings = [];
    for (const [at, row] of (await stage.office.round('water', 9)).entries()) {
      const last = Number((await stage.office.card(row.id)).visits[0]?.values.reading ?? 0);
      readings.push(at % 4 === 2
        ? { programme: 'water', form: 'reading', subject: row.id, outcome: '03', answers: { note: 'หมาดุสองตัวหน้าบ้าน' } }
        : { programme: 'water', form: 'reading', subject: row.id, answers: { reading: last + 20 + at, usage: 20 + at, comment: '00' }, place });
    }
    reader.record(...readings);
    reader.sync();
    const carer = await stage.colleague(...care);
    const [first, second] = await stage.office.round('care', 2);
    carer.record(
      { programme: 'care', form: 'visit', subject: first.id, answers: { trend: 'same', sbp: 128, dbp: 80, temp: 36.8, carer_present: 'yes', activities: ['a3', 'a5'] } },
      { programme: 'care', form: 'visit', subject: second.id, outcome: 'not_home' },
    );
    carer.sync();
    const technician = await stage.colleague(...lights);
    technician.record({ programme: 'lights', form: 'inspect', subject: pole.id, answers: { lit: 'on', faulty: 'no', danger: 'no' }, place });
    technician.sync();
    const desk = await newDesk(t, stage);
    await desk.open('/office');
    await desk.box('ชื่อผู้ใช้').waitFor();
    wrong.push(...await look(desk, 'office-login'));
    await desk.login();
    await desk.heading('วันนี้');
    await desk.shows(desk.page.locator('.office-visit', { hasText: 'จดมาตร' }));
    wrong.push(...await look(desk, 'office'));
    await desk.openPage(`registry/${person.id}`, person.heading);
    wrong.push(...await look(desk, 'office-person'));
    for (const [path, heading] of [['registry', 'ทะเบียน'], ['labels', 'ป้าย QR'], ['questions', 'ข้อสงสัย'], ['devices', 'เครื่อง'], ['enrolment', 'ลงทะเบียนเครื่อง'], ['refused', 'ถูกปฏิเสธ'], ['account', 'บัญชีของฉัน']]) {
      await desk.openPage(path, heading);
      await desk.page.locator('.waiting').waitFor({ state: 'detached' });
      wrong.push(...await look(desk, `office-${path}`));
    }
    await desk.page.setViewportSize({ width: 360, height: 740 });
    await desk.openPage('today', 'วันนี้');
    wrong.push(...await look(desk, 'office-narrow'));
    assert.deepEqual(wrong, [], wrong.join('\n'));
  });
});
