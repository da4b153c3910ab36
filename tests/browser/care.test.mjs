// Home care on a phone: a visit with a value that cannot be and one that is asked about, and the Barthel assessment.
//
//   node --test tests/browser/care.test.mjs
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { enrolledPhone, picture, setStage } from './stage.mjs';

describe('home care', () => {
  let stage;
  let person;
  before(async () => {
    stage = await setStage();
    for (const row of await stage.office.round('care', 40)) {
      const card = await stage.office.card(row.id);
      if (Number(card.values.adl) <= 12 && card.values.ltc_group !== '0') person ??= { id: row.id, heading: row.heading, adl: Number(card.values.adl) };
    }
    assert.ok(person, 'somebody with a score');
  }, { timeout: 300_000 });
  after(() => stage?.end());

  const carer = (t) => enrolledPhone(t, stage, { person: 'ป้าแดง ดูแลดี', programmes: ['care'] });

  test('a visit: a hard range stops, a warning asks once, both are told in Thai', { timeout: 180_000 }, async (t) => {
    const phone = await carer(t);
    await phone.openCard(person.id);
    await picture(phone.page, 'care-card');
    await phone.press(/เยี่ยมบ้าน/);
    await phone.heading('เมื่อไปถึง');
    // What must be answered stands in the way.
    await phone.press('ต่อไป');
    await phone.shows(phone.page.locator('.question-box.wrong'));
    await phone.choose('มีผู้ดูแลอยู่ด้วยไหม', 'ไม่ / ไม่มี');
    await phone.press('ต่อไป');
    await phone.heading('สัญญาณชีพ');
    // The keyboard is in the first line; the words above it are in view below the bar, which says whose form it is.
    await phone.page.waitForFunction(() => document.activeElement?.matches('.questions input.number'));
    const [bar, label, buttons] = await phone.page.evaluate(() => {
      const question = document.activeElement.closest('.question-box').querySelector('.label');
      return [document.querySelector('.bar'), question, document.querySelector('.actions')].map((element) => element.getBoundingClientRect());
    });
    assert.ok(label.top >= bar.bottom && label.bottom <= buttons.top, `${label.top} to ${label.bottom}, between ${bar.bottom} and ${buttons.top}`);
    assert.equal(await phone.page.locator('.bar .titles p').innerText(), person.heading);
    await phone.type('อุณหภูมิ', '378');
    await phone.press('ต่อไป');
    await phone.sees('ต้องอยู่ระหว่าง 30 ถึง 45');
    await phone.type('อุณหภูมิ', '๓๗.๘');
    await phone.type('ความดันตัวบน', '128');
    await phone.sees('สูงกว่าปกติ วัดซ้ำ');
    assert.equal(await phone.box('อุณหภูมิ').inputValue(), '37.8');
    await phone.type('ความดันตัวล่าง', '130');
    await phone.press('ต่อไป');
    await phone.sees('ต้องอยู่ระหว่าง 20 ถึง 200 และต่ำกว่าตัวบน');
    await picture(phone.page, 'care-vitals');
    await phone.type('ความดันตัวล่าง', '80');
    await phone.press('ต่อไป');
    await phone.heading('ร่างกาย');
    await phone.press('ต่อไป');
    await phone.heading('อาการและความเป็นอยู่');
    await phone.press('ต่อไป');
    await phone.choose('มีแผลกดทับไหม', 'ไม่ / ไม่มี');
    await phone.press('ต่อไป');
    await phone.heading('สิ่งที่ทำวันนี้');
    await phone.choose('กิจกรรมการดูแล', 'เรื่องยา');
    await phone.choose('กิจกรรมการดูแล', 'อาหาร');
    await phone.press('ต่อไป');
    await phone.choose('อาการโดยรวมเทียบกับครั้งก่อน', 'คงที่');
    await phone.press('บันทึก', { exact: true });
    const doubt = phone.page.getByRole('dialog', { name: 'ดูอีกครั้ง ถูกต้องไหม' });
    await doubt.getByText('อุณหภูมิ').waitFor();
    await picture(phone.page, 'care-doubt');
    await doubt.getByRole('button', { name: 'ถูกต้องแล้ว บันทึกเลย' }).click();
    await phone.heading('บันทึกแล้ว');
    await phone.sync();
    await phone.hasNumbers(1, 1, 0);
    const { values } = (await stage.office.card(person.id)).visits[0];
    assert.deepEqual([values.temp, values.sbp, values.dbp, values.trend], [37.8, 128, 80, 'same']);
    // Next time the form knows what was found.
    await phone.openCard(person.id);
    await phone.sees(/คงที่/);
  });

  test('ten answers give the score and the group', { timeout: 180_000 }, async (t) => {
    const phone = await carer(t);
    await phone.openCard(person.id);
    await phone.press(/ประเมิน ADL/);
    const pages = [
      { กินอาหารที่เตรียมไว้ให้แล้ว: 2, 'ล้างหน้า แปรงฟัน': 1, ลุกจากเตียงไปนั่งเก้าอี้: 2 },
      { ใช้ห้องน้ำ: 1, เคลื่อนที่ในบ้าน: 2, สวมเสื้อผ้า: 1, ขึ้นลงบันไดหนึ่งชั้น: 0 },
      { อาบน้ำ: 0, กลั้นอุจจาระ: 1, กลั้นปัสสาวะ: 1 },
    ];
    for (const questions of pages) {
      for (const [question, points] of Object.entries(questions)) {
        await phone.page.getByRole('group', { name: question }).first().getByText(new RegExp(`^${points} ·`)).click();
      }
      await phone.press('ต่อไป');
    }
    await phone.heading('ผลการประเมิน');
    const total = pages.flatMap(Object.values).reduce((a, b) => a + b);
    assert.equal(total, 11);
    assert.match(await phone.page.locator('.questions').innerText(), /11 คะแนน กลุ่มติดบ้าน/);
    assert.match(await phone.page.locator('.questions').innerText(), new RegExp(`ครั้งก่อน ${person.adl} คะแนน`));
    await picture(phone.page, 'care-adl');
    await phone.press('บันทึก', { exact: true });
    await phone.heading('บันทึกแล้ว');
    await phone.openCard(person.id);
    await phone.shows(phone.page.locator('.facts-list div', { hasText: 'คะแนน ADL' }).getByText('11', { exact: true }));
    await phone.sees('ติดบ้าน');
    await phone.sync();
    assert.equal((await stage.office.card(person.id)).values.adl, 11);
  });
});
