// The emergency view: two teams without signal and the office, one list; and a red flag that stays on top until it is answered.
//
//   node --test tests/browser/emergency.test.mjs
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { enrolledPhone, look, newDesk, picture, setStage, until } from './stage.mjs';

describe('an emergency', () => {
  let stage;
  let people;
  before(async () => {
    stage = await setStage();
    people = [];
    for (const row of await stage.office.round('care', 200)) {
      const card = await stage.office.card(row.id);
      if (card.row.place) people.push({ id: row.id, heading: row.heading, place: card.row.place, values: card.values });
    }
    assert.ok(people.length > 2, 'people with a place');
  }, { timeout: 300_000 });
  after(() => stage?.end());

  const at = (person) => ({ geolocation: { latitude: person.place[0], longitude: person.place[1], accuracy: 5 } });
  // The worst off of the first area: everybody looks for her.
  const first = () => people.find((one) => one.values.ltc_group === '4') ?? people.find((one) => one.values.ltc_group === '3') ?? people[0];

  const openView = async (phone, reason) => {
    await phone.press(/เหตุฉุกเฉิน/);
    await phone.press('ไฟไหม้', { exact: true });
    await phone.type('เกิดอะไรขึ้น ที่ไหน', reason);
    await phone.press('เปิดดู', { exact: true });
    await phone.sees(/เปิดถึง/);
  };
  const row = (phone, person) => phone.page.locator('.rescue-person').filter({ hasText: person.heading });

  test('two teams without signal mark, and both see the last word; so does the office', { timeout: 240_000 }, async (t) => {
    const her = first();
    // One rescuer is no caregiver of anybody; the other cares for the area.
    const a = await enrolledPhone(t, stage, { person: 'ทีม ก กู้ภัย', programmes: [], extra: ['care/_emergency'], device: 'เครื่อง ก' }, at(her));
    const b = await enrolledPhone(t, stage, { person: 'นก ดูแลดี', programmes: ['care'], extra: ['care/_emergency'], device: 'เครื่อง ข' }, at(her));
    const bad = [];
    for (const phone of [a, b]) {
      await phone.kept();
      await phone.offline();
      await phone.goHome();
    }
    assert.equal(await a.page.locator('.programme').count(), 0, 'who only rescues has no round of care');
    await a.press(/เหตุฉุกเฉิน/);
    bad.push(...await look(a, 'emergency-reason'));
    await a.press('เปิดดู', { exact: true });
    await a.sees('บอกเหตุผลก่อน');
    await a.goHome();
    await openView(a, 'ไฟไหม้ ซอย 3');
    await a.shows(row(a, her));
    // Whom to fetch first is seen at once, and round what was looked; the map is one press away.
    const top = await a.page.locator('.rescue-person .rescue-head').first().boundingBox();
    assert.ok(top.y + top.height <= 740, `the first person ends at ${top.y + top.height}`);
    await a.sees('รอบตัวท่าน ในรัศมี 300 ม.');
    assert.equal(await a.page.locator('.rescue-map').isVisible(), false);
    await a.press(/แผนที่/);
    await a.shows(a.page.locator('.rescue-map'));
    bad.push(...await look(a, 'emergency-map'));
    await a.press(/ซ่อนแผนที่/);
    assert.equal(await a.page.locator('.rescue-map .dot').count(), await a.page.locator('.rescue-person').count(), 'a dot for each');
    bad.push(...await look(a, 'emergency-list'));
    await row(a, her).locator('.rescue-head').click();
    if (her.values.carer_phone) await a.shows(a.page.locator(`a[href="tel:${her.values.carer_phone}"]`));
    bad.push(...await look(a, 'emergency-person'));
    await a.press('ไม่อยู่ที่นี่');
    await a.shows(row(a, her).locator('.rescue-mark').filter({ hasText: 'ยังไม่ถึงสำนักงาน' }));

    await openView(b, 'ไฟไหม้ ซอย 3');
    await row(b, her).locator('.rescue-head').click();
    await b.press('ย้ายไปแล้ว');
    await b.type('ย้ายไปที่ไหน', 'ศาลาวัด');
    await b.press('บันทึกว่าย้ายไปที่นี่');
    await b.shows(row(b, her).locator('.rescue-mark').filter({ hasText: 'ศาลาวัด' }));

    // Signal is back: the later word reaches the first team, whoever of the two sends first.
    for (const phone of [b, a, b]) {
      await phone.offline(false);
      await phone.sync();
    }
    await a.page.evaluate(() => { location.hash = '#/emergency'; });
    await a.shows(row(a, her).locator('.rescue-mark').filter({ hasText: 'ศาลาวัด' }));
    await picture(a.page, 'emergency-merged');

    const desk = await newDesk(t, stage);
    await desk.login();
    await desk.openPage('emergency', 'เหตุฉุกเฉิน');
    await desk.sees('ทีม ก กู้ภัย');
    await desk.type('เกิดอะไรขึ้น ที่ไหน', 'ไฟไหม้ ซอย 3');
    await desk.press('เปิดดู', { exact: true });
    await desk.type('บ้านเลขที่ หรือชื่อ', her.values.name);
    await desk.page.locator('.rescue-places button').first().click();
    await desk.shows(desk.page.locator('.rescue-top h2').filter({ hasText: her.values.name }));
    await desk.shows(row(desk, her).locator('.rescue-mark').filter({ hasText: 'ศาลาวัด' }));
    // A tap on the map moves the point.
    const before = await desk.page.locator('.rescue-people').innerText();
    await desk.page.locator('.rescue-map').click({ position: { x: 20, y: 20 } });
    await until(async () => (await desk.page.locator('.rescue-who').innerText()) !== before, 'another list');
    bad.push(...await look(desk, 'emergency-office'));
    assert.deepEqual(bad, []);
  });

  test('a red flag is on top of the office until somebody answers what was done', { timeout: 180_000 }, async (t) => {
    const her = people.at(-1);
    const desk = await newDesk(t, stage);
    await desk.login();
    // Whatever page is open: a flag is on top of each.
    await desk.openPage('questions', 'ข้อสงสัย');
    const phone = await enrolledPhone(t, stage, { person: 'ป้าแดง ดูแลดี', programmes: ['care'] });
    await phone.openCard(her.id);
    await phone.press(/เยี่ยมบ้าน/);
    await phone.choose('มีผู้ดูแลอยู่ด้วยไหม', 'ไม่ / ไม่มี');
    await phone.press('ต่อไป');
    await phone.type('ออกซิเจนปลายนิ้ว', '88');
    await phone.press('ต่อไป');
    await phone.heading('ร่างกาย');
    await phone.press('ต่อไป');
    await phone.press('ต่อไป');
    await phone.choose('มีแผลกดทับไหม', 'ไม่ / ไม่มี');
    await phone.press('ต่อไป');
    await phone.heading('เรื่องเร่งด่วน');
    await phone.choose('แจ้งใครแล้ว', 'ยังไม่ได้แจ้ง');
    await phone.press('ต่อไป');
    await phone.choose('กิจกรรมการดูแล', 'เฝ้าสังเกต ส่งต่อ');
    await phone.press('ต่อไป');
    await phone.choose('อาการโดยรวมเทียบกับครั้งก่อน', 'คงที่');
    await phone.press('บันทึก', { exact: true });
    await phone.page.getByRole('dialog').getByRole('button', { name: /บันทึกเลย/ }).click();
    await phone.heading('บันทึกแล้ว');
    await phone.goHome();
    await phone.shows(phone.page.locator('.urgent-case').filter({ hasText: 'ออกซิเจนในเลือด 88' }));
    // A line for each: what the day begins with is seen below them without scrolling.
    const heights = await phone.page.locator('.urgent-case').evaluateAll((all) => all.map((one) => one.getBoundingClientRect().height));
    const scan = await phone.page.locator('.scan-button').boundingBox();
    assert.ok(heights.every((height) => height <= 80) && scan.y + scan.height <= 740, `${heights}, the button ends at ${scan.y + scan.height}`);
    await phone.sync();
    const bad = await look(phone, 'red-flag-phone');

    // The office has the page open and touches nothing.
    const flag = desk.page.locator('.urgent-case').filter({ hasText: her.heading });
    await desk.shows(flag.filter({ hasText: 'ออกซิเจนในเลือด 88' }));
    bad.push(...await look(desk, 'red-flag-office'));
    const answer = flag.getByRole('button', { name: /ตอบ/ });
    await answer.click();
    await answer.click();
    await desk.sees('พิมพ์สั้น ๆ ว่าทำอะไรไปแล้ว');
    await flag.getByRole('textbox').fill('โทร 1669 ส่ง รพ. แล้ว');
    await answer.click();
    await flag.waitFor({ state: 'detached' });
    await phone.sync();
    await phone.page.locator('.urgent-case').waitFor({ state: 'detached' });

    // The month's report counts it.
    await desk.openPage('reports', 'รายงานประจำเดือน');
    await desk.shows(desk.page.getByRole('region', { name: 'เรื่องเร่งด่วน' }));
    // A row of it stands on one line.
    const cells = desk.page.locator('.report-table tbody tr').first().locator('th, td');
    const tops = await cells.evaluateAll((all) => all.map((cell) => cell.getBoundingClientRect().top));
    assert.ok(tops.length > 2 && new Set(tops).size === 1, `${tops}`);
    bad.push(...await look(desk, 'report-office'));
    // On a narrow screen a wide table says that it goes on, and whose line it is stays in sight.
    await desk.page.setViewportSize({ width: 480, height: 800 });
    await desk.shows(desk.page.locator('.report-scrolls'));
    const [cell, frame] = await desk.page.locator('.report-frame.goes-on .report-table').first().evaluate((table) => {
      table.scrollLeft = 1_000;
      return [table.querySelector('tbody tr > *'), table].map((one) => one.getBoundingClientRect().left);
    });
    assert.ok(Math.abs(cell - frame) <= 2, `the first column is at ${cell}, its table at ${frame}`);
    bad.push(...await look(desk, 'report-narrow'));
    assert.deepEqual(bad, []);
  });
});
