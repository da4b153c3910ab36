// Two phones, one field, one meter: what only a person can settle, and that one tap settles it everywhere.
//
//   node --test tests/browser/conflict.test.mjs
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { enrolledPhone, newDesk, picture, setStage, usual } from './stage.mjs';

describe('two phones', () => {
  let stage;
  let meters;
  before(async () => {
    stage = await setStage();
    meters = [];
    for (const row of await stage.office.round('water', 20)) {
      const card = await stage.office.card(row.id);
      const last = card.visits[0];
      if (last && row.standing !== 'done' && Number(last.values.reading) < 9000) meters.push({ id: row.id, heading: row.heading, last: Number(last.values.reading), usage: usual(card) });
    }
    assert.ok(meters.length >= 2);
  }, { timeout: 300_000 });
  after(() => stage?.end());

  // The town asks one thing of its own, about another meter.
  const asked = async (meter) => (await stage.office.ask('questions', { settled: false })).filter((row) => row.question.subject === meter.id).length;

  async function rename(phone, meter, name) {
    await phone.openCard(meter.id);
    await phone.press('แก้ไขข้อมูล');
    await phone.type('ชื่อผู้ใช้น้ำ', name);
    await phone.press('บันทึก', { exact: true });
    await phone.heading(name);
  }

  test('changed one name with no signal: the last one shows, everybody is asked, one tap settles', { timeout: 180_000 }, async (t) => {
    const [meter] = meters;
    const one = await enrolledPhone(t, stage, { person: 'หัวหน้าแดง', role: 'supervisor' });
    const two = await enrolledPhone(t, stage, { person: 'หัวหน้าดำ', role: 'supervisor' });
    await one.offline();
    await two.offline();
    await rename(one, meter, 'นางสมใจ บ้านเหนือ');
    await rename(two, meter, 'นางสมใจ บ้านใต้');
    await one.hasNumbers(1, 0, 0);
    await one.offline(false);
    await one.sync();
    await two.offline(false);
    await two.sync();
    await one.sync();
    for (const phone of [one, two]) {
      await phone.openCard(meter.id);
      await phone.heading('นางสมใจ บ้านใต้');
      await phone.press('ข้อสงสัย 1 เรื่อง รอคนตัดสิน');
      await phone.sees('สองคนแก้ไม่ตรงกัน: ชื่อผู้ใช้น้ำ');
      await phone.button(/นางสมใจ บ้านเหนือ/).waitFor();
      await phone.button(/นางสมใจ บ้านใต้.*ค่าที่ใช้อยู่/s).waitFor();
    }
    await picture(two.page, 'question');
    const desk = await newDesk(t, stage);
    await desk.login();
    await desk.openPage('questions', 'ข้อสงสัย');
    await desk.sees('นางสมใจ บ้านเหนือ');
    // One tap, on the phone whose value was lost.
    await one.press(/นางสมใจ บ้านเหนือ/);
    await one.sees('ไม่มีข้อสงสัย');
    await one.sync();
    await two.sync();
    for (const phone of [one, two]) {
      await phone.openCard(meter.id);
      await phone.heading('นางสมใจ บ้านเหนือ');
      assert.equal(await phone.button(/ข้อสงสัย \d/).count(), 0);
      await phone.press('ประวัติการแก้ไข');
      await phone.sees('นางสมใจ บ้านใต้');
    }
    assert.equal(await asked(meter), 0);
    assert.equal((await stage.office.card(meter.id)).values.name, 'นางสมใจ บ้านเหนือ');
  });

  test('read one meter twice in a month: both readings stay and raise one question', { timeout: 180_000 }, async (t) => {
    const [, meter] = meters;
    const one = await enrolledPhone(t, stage, { person: 'สมชาย จดมาตร' });
    const two = await enrolledPhone(t, stage, { person: 'สมหญิง จดมาตร' });
    const readings = [meter.last + meter.usage, meter.last + meter.usage + 1];
    for (const [at, phone] of [one, two].entries()) {
      await phone.offline();
      await phone.openCard(meter.id);
      await phone.press(/จดมาตร/);
      await phone.type(/เลขหน้ามาตร/, String(readings[at]));
      await phone.press('ต่อไป');
      await phone.press('บันทึก', { exact: true });
      await phone.heading('บันทึกแล้ว');
    }
    for (const phone of [one, two, one]) {
      await phone.offline(false);
      await phone.sync();
    }
    const card = await stage.office.card(meter.id);
    assert.deepEqual(card.visits.slice(0, 2).map((visit) => Number(visit.values.reading)).sort(), readings);
    assert.equal(await asked(meter), 1);
    for (const phone of [one, two]) {
      await phone.goHome();
      await phone.press('ข้อสงสัย 1 เรื่อง รอคนตัดสิน');
      await phone.sees('จดสองครั้งในงวดเดียว');
      // One of the two is her own: she sees both, and the office says which counts.
      await phone.sees('เรื่องนี้สำนักงานเป็นผู้ตัดสิน');
      assert.ok(await phone.page.locator('.question .choice').first().isDisabled());
    }
    await picture(one.page, 'question-twice');
  });
});
