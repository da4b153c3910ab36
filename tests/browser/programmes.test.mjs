// Two programmes that are folders only, from the phone to the office. Pets: a tag is bound to a dog, the dog is vaccinated, the
// round and the coverage of its village follow. Equipment: an item is found by its code, checked, lent, found by who has it,
// and taken back. Every screen on the way is looked at.
//
//   node --test tests/browser/programmes.test.mjs
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { enrolledPhone, look, newDesk, setStage, TODAY } from './stage.mjs';

const NARROW = { width: 360, height: 740 };
const WIDE = { width: 1280, height: 800 };

describe('programmes that are folders only', () => {
  let stage;
  before(async () => { stage = await setStage(); }, { timeout: 300_000 });
  after(() => stage?.end());

  const go = (phone, hash) => phone.page.evaluate((hash) => { location.hash = hash; }, hash);
  const ours = (card) => card.codes.find((code) => /^[0-9A-Z]{10}$/.test(code));
  // A local day so many days from today, as its parts are typed.
  function day(after) {
    const [year, month, date] = new Date(Date.parse(TODAY) + after * 86_400_000).toISOString().slice(0, 10).split('-').map(Number);
    return { date: String(date), month: String(month), year: String(year + 543) };
  }
  async function typeDay(phone, question, after) {
    const box = phone.page.getByRole('group', { name: question }).first();
    const { date, month, year } = day(after);
    await box.getByLabel('วันที่', { exact: true }).fill(date);
    await box.getByLabel('เดือน').selectOption(month);
    await box.getByLabel('ปี พ.ศ.').fill(year);
  }
  const fact = (phone, title, text) => phone.page.locator('.facts-list div').filter({ has: phone.page.locator('dt', { hasText: title }) }).locator('dd', { hasText: text });
  const chip = (phone, text) => phone.page.locator('.order-head .chip', { hasText: text });

  test('a tag, a vaccination, and the coverage of the village', { timeout: 300_000 }, async (t) => {
    const wrong = [];
    const [village] = await stage.office.ask('zones', { programme: 'pets' });
    const coverage = async () => {
      const { groups } = await stage.office.ask('overview', { programme: 'pets', today: TODAY });
      return groups.find((group) => group.by === 'zone').rows.find((row) => row.value === village.zone);
    };
    const before = await coverage();
    const [known] = await stage.office.round('pets', 1);
    const formerly = ours(await stage.office.card(known.id));
    const [replacement, tag] = [stage.blankCode(), stage.blankCode()];

    const phone = await enrolledPhone(t, stage, { person: 'มาลี อาสา', programmes: ['pets'] });
    wrong.push(...await look(phone, 'pets-home'));
    await phone.offline();

    // An animal that is registered has lost its tag: the code of the new one is typed and bound to it.
    await phone.typeCode(replacement);
    await phone.sees('ป้ายเปล่า ยังไม่ได้ผูกกับรายการใด');
    wrong.push(...await look(phone, 'pets-blank-tag'));
    await phone.press('ติดป้ายนี้กับสัตว์ที่มีอยู่แล้ว');
    await phone.type('ค้นหาชื่อ บ้านเลขที่ หรือรหัส', known.heading.split(' ')[0]);
    await phone.page.locator('.row', { hasText: known.heading }).locator('button').first().click();
    await phone.press('ใช่ ผูกป้าย');
    await phone.sees('รายการนี้มีป้ายอยู่แล้ว');
    await phone.press('ลอกป้ายเดิมออกแล้ว ใช้ป้ายใหม่แทน');
    await phone.heading(known.heading);
    await phone.shows(fact(phone, 'รหัสบนป้าย', replacement));
    await phone.typeCode(formerly);
    await phone.sees('ป้ายนี้ถูกเปลี่ยนแล้ว ถ้ายังติดอยู่ให้ลอกออก');

    // A dog that nobody knew of yet: the tag on its new collar makes it a registered one.
    await phone.typeCode(tag);
    await phone.press('ขึ้นทะเบียนสัตว์ใหม่');
    await phone.press('ขึ้นทะเบียนสัตว์', { exact: true });
    await phone.type('เลขป้าย', 'ก 0199');
    await phone.choose('ชนิด', 'สุนัข');
    await phone.type('ชื่อสัตว์', 'ถุงเงิน');
    await phone.choose('เพศ', 'ตัวเมีย');
    await phone.type('สีและตำหนิ', 'น้ำตาล หางขาว');
    await phone.press('ต่อไป');
    await phone.sees('ใช้ได้เฉพาะตัวเลข ตัวอักษร ขีด (-) และทับ (/) ห้ามเว้นวรรค');
    await phone.type('เลขป้าย', 'ก-0199');
    await phone.page.locator('.question-box.wrong').waitFor({ state: 'detached' });
    wrong.push(...await look(phone, 'pets-register'));
    await phone.press('ต่อไป');
    await phone.choose('ใครดูแล', 'มีเจ้าของ');
    await phone.type('ชื่อเจ้าของ', 'สมศรี ตัวอย่าง');
    await phone.type('เบอร์โทรศัพท์', '0000000000');
    await phone.type('บ้านเลขที่ / จุดที่พบ', '12/3');
    await phone.press('จับตำแหน่งที่นี่');
    await phone.press('ใช้ตำแหน่งนี้');
    await phone.sees('13.75630, 100.50180');
    wrong.push(...await look(phone, 'pets-register-owner'));
    await phone.press('ต่อไป');
    await phone.choose('ทำหมันแล้วหรือยัง', 'ยังไม่ทำ');
    await phone.press('บันทึก', { exact: true });
    await phone.heading('บันทึกแล้ว');

    // The tag leads to the dog, which is due. An expired bottle is refused before anybody is pricked.
    await phone.typeCode(tag);
    await phone.heading('ก-0199 ถุงเงิน');
    await phone.shows(phone.page.locator('.who .chip', { hasText: 'ถึงรอบแล้ว' }));
    wrong.push(...await look(phone, 'pets-card'));
    await phone.press(/ฉีดวัคซีน/);
    await phone.heading('วัคซีนป้องกันโรคพิษสุนัขบ้า');
    await phone.type('ยี่ห้อวัคซีน', 'วัคซีนตัวอย่าง');
    await phone.type('เลข Lot บนขวด', 'A123');
    await typeDay(phone, 'วันหมดอายุบนขวด', -1);
    await phone.type('ฉีดเป็นเข็มที่เท่าไร', '๑');
    await phone.press('ต่อไป');
    await phone.sees('วัคซีนหมดอายุแล้ว ห้ามใช้ หยิบขวดใหม่');
    wrong.push(...await look(phone, 'pets-expired'));
    await typeDay(phone, 'วันหมดอายุบนขวด', 200);
    await phone.page.locator('.question-box.wrong').waitFor({ state: 'detached' });
    await phone.press('ต่อไป');
    await phone.heading('หลังฉีด');
    wrong.push(...await look(phone, 'pets-after'));
    await phone.press('บันทึก', { exact: true });
    await phone.heading('บันทึกแล้ว');

    // The round's list shows it as done.
    await go(phone, '#/round/pets');
    await phone.press(/^ทำแล้ว 1$/);
    const done = phone.page.locator('.rows.long .row', { hasText: 'ก-0199' });
    await phone.shows(done.locator('.chip', { hasText: 'ทำแล้ว' }));
    wrong.push(...await look(phone, 'pets-round'));

    await phone.offline(false);
    await phone.sync();
    await phone.hasNumbers(3, 3, 0);
    const { subject: id } = await stage.office.ask('find', { text: tag });
    const dog = await stage.office.card(id);
    assert.deepEqual([dog.values.species, dog.values.vaccinated_on, dog.row.standing], ['dog', TODAY, 'done']);
    assert.deepEqual([dog.codes, (await stage.office.card(known.id)).codes], [[tag], [replacement]]);
    assert.deepEqual([dog.visits[0].values.lot, dog.visits[0].values.dose_no], ['A123', 1]);

    // The office sees one more protected animal in this village.
    const now = await coverage();
    assert.deepEqual([now.all, now.bad], [before.all + 1, before.bad]);
    const desk = await newDesk(t, stage);
    await desk.login();
    await desk.page.getByRole('link', { name: 'แผนที่และภาพรวม' }).click();
    await desk.heading('แผนที่และภาพรวม');
    await desk.page.locator('.outside-choice select').selectOption({ label: 'สัตว์เลี้ยง' });
    await desk.sees('แยกตามหมู่');
    const share = desk.page.locator('.outside-shares li').filter({ has: desk.page.locator('.name', { hasText: village.title }) });
    const good = Math.floor(((now.all - now.bad) * 100 + Math.floor(now.all / 2)) / now.all);
    await desk.shows(share.getByText(`${now.bad} จาก ${now.all} · ได้ ${good}% (เป้า 80%)`));
    await desk.page.locator('sanam-map[data-drawn=yes]').waitFor();
    wrong.push(...await look(desk, 'office-pets'));
    await desk.openPage(`registry/${id}`, 'ก-0199 ถุงเงิน');
    await desk.sees(/A123/);
    wrong.push(...await look(desk, 'office-dog'));
    await desk.page.setViewportSize(NARROW);
    wrong.push(...await look(desk, 'office-dog-phone'));
    assert.deepEqual(wrong, [], wrong.join('\n'));
  });

  test('found, checked, lent, and taken back', { timeout: 300_000 }, async (t) => {
    const wrong = [];
    const cards = [];
    for (const row of await stage.office.round('equipment', 8)) cards.push(await stage.office.card(row.id));
    const item = cards.find((card) => card.values.status === 'in_use');
    assert.ok(item, 'something that is in use');
    const { id, heading } = item.row;

    const phone = await enrolledPhone(t, stage, { person: 'นก พัสดุ', programmes: ['equipment'] });
    await phone.offline();
    // Found by the code on it.
    await phone.typeCode(ours(item).toLowerCase());
    await phone.heading(heading);
    await phone.shows(fact(phone, 'สถานะ', 'ใช้งานอยู่'));
    wrong.push(...await look(phone, 'equipment-card'));

    // Checked: what is there must be looked at; the room that is known stands there already.
    await phone.press(/ตรวจพัสดุประจำปี/);
    await phone.choose('พบของหรือไม่', 'พบ');
    await phone.choose('สภาพ', 'ใช้งานได้ดี');
    await phone.press('บันทึก', { exact: true });
    await phone.shows(phone.page.locator('.question-box.wrong', { hasText: 'อ่านเลขครุภัณฑ์บนป้ายได้หรือไม่' }));
    await phone.choose('อ่านเลขครุภัณฑ์บนป้ายได้หรือไม่', 'อ่านได้');
    await phone.page.locator('.question-box.wrong').waitFor({ state: 'detached' });
    assert.equal(await phone.box('ตอนนี้อยู่ที่ไหน').inputValue(), item.values.place);
    wrong.push(...await look(phone, 'equipment-check'));
    await phone.press('บันทึก', { exact: true });
    await phone.heading('บันทึกแล้ว');

    // Lent: who takes it, what for, until when.
    await phone.press('กลับไปที่ทะเบียน');
    await phone.shows(phone.page.locator('.who .chip', { hasText: 'ทำแล้ว' }));
    await phone.press('ให้ยืม');
    await phone.type('ผู้ยืม', 'ครูสมพร โรงเรียนตัวอย่าง');
    await phone.type('ยืมไปใช้ทำอะไร', 'งานวันเด็ก');
    await typeDay(phone, 'จะคืนภายในวันที่', 7);
    await phone.choose('สภาพตอนให้ยืม', 'ใช้งานได้ดี');
    wrong.push(...await look(phone, 'equipment-borrow'));
    await phone.press('บันทึก', { exact: true });
    await phone.heading('บันทึกแล้ว');
    await phone.hasNumbers(2, 0, 0);

    // Who has it: whoever looks for the borrower finds the thing, and its card says it.
    await go(phone, '#/search');
    await phone.type('ค้นหาชื่อ บ้านเลขที่ หรือรหัส', 'ครูสมพร');
    await phone.page.locator('.row', { hasText: heading }).locator('button').first().click();
    await phone.heading(heading);
    await phone.shows(fact(phone, 'สถานะ', 'มีคนยืมอยู่'));
    await phone.shows(fact(phone, 'ผู้ยืม', 'ครูสมพร โรงเรียนตัวอย่าง'));
    await phone.shows(phone.page.locator('.order-here .order-row', { hasText: 'ยืมใช้' }));
    wrong.push(...await look(phone, 'equipment-lent'));
    // It is not lent to a second person, and nobody types it all to hear so at the end.
    await phone.press('ให้ยืม');
    await phone.type('ผู้ยืม', 'อีกคน');
    await phone.box('ยืมไปใช้ทำอะไร').focus();
    await phone.sees('ชิ้นนี้มีคนยืมอยู่ ต้องรับคืนก่อน');
    wrong.push(...await look(phone, 'equipment-lent-twice'));
    await phone.offline(false);
    await phone.sync();
    await phone.hasNumbers(2, 2, 0);

    // The office: in the registry, among the loans, and in the department's share.
    const desk = await newDesk(t, stage);
    await desk.login();
    await desk.openPage(`registry/${id}`, heading);
    await desk.shows(desk.page.locator('.office-fields').getByText('ครูสมพร โรงเรียนตัวอย่าง'));
    wrong.push(...await look(desk, 'office-lent'));
    await desk.openPage('orders', 'ใบงาน');
    await desk.page.locator('.order-row', { hasText: heading }).locator('button').first().click();
    await desk.shows(chip(desk, 'ยืมอยู่'));
    assert.equal(await desk.page.getByText('ถ่ายรูปหลังซ่อม').count(), 0, 'a loan is no repair');
    wrong.push(...await look(desk, 'office-loan'));
    await desk.page.getByRole('link', { name: 'แผนที่และภาพรวม' }).click();
    await desk.page.locator('.outside-choice select').selectOption({ label: 'ครุภัณฑ์' });
    await desk.sees('แยกตามกอง / ฝ่าย');
    await desk.shows(desk.page.locator('.outside-open li.watch', { hasText: heading }));
    await desk.page.locator('sanam-map[data-drawn=yes]').waitFor();
    wrong.push(...await look(desk, 'office-equipment'));
    await desk.page.setViewportSize(NARROW);
    wrong.push(...await look(desk, 'office-equipment-phone'));
    await desk.page.setViewportSize(WIDE);

    // Taken back with one press, again without signal.
    await phone.offline();
    await phone.openCard(id);
    await phone.page.locator('.order-here .order-row button').click();
    await phone.shows(chip(phone, 'ยืมอยู่'));
    wrong.push(...await look(phone, 'equipment-loan'));
    await phone.press('รับคืน สภาพดี', { exact: true });
    await phone.shows(chip(phone, 'คืนแล้ว'));
    wrong.push(...await look(phone, 'equipment-back'));
    await phone.openCard(id);
    await phone.shows(fact(phone, 'สถานะ', 'ใช้งานอยู่'));
    await phone.page.locator('.order-here').waitFor({ state: 'detached' });
    await phone.offline(false);
    await phone.sync();
    await phone.hasNumbers(3, 3, 0);
    const back = await stage.office.card(id);
    assert.deepEqual([back.values.status, back.values.borrower], ['in_use', '-']);
    assert.deepEqual(back.visits.slice(0, 2).map((visit) => visit.form), ['borrow', 'check']);
    const open = await stage.office.ask('orders', { programme: 'equipment', subject: id, limit: 5 });
    assert.equal(open.total, 0);
    await desk.openPage(`registry/${id}`, heading);
    await desk.shows(desk.page.locator('.office-fields').getByText('ใช้งานอยู่'));
    assert.deepEqual(wrong, [], wrong.join('\n'));
  });
});
