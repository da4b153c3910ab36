// A month of water from the reader's phone to the closed cycle: three meters are read, one of them far too high; the office
// sees the numbers move, settles the doubt, closes the route's month and takes the report home.
//
//   node --test tests/browser/cycle.test.mjs
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { TODAY, enrolledPhone, look, metersToRead, newDesk, picture, setStage, until } from './stage.mjs';

describe('the month of a route', () => {
  let stage;
  let meters;
  before(async () => {
    stage = await setStage();
    // Room for a usage that nobody believes.
    meters = await metersToRead(stage.office, 30, 1600);
    assert.ok(meters.length >= 3, `${meters.length} meters to read`);
  }, { timeout: 300_000 });
  after(() => stage?.end());

  const save = async (phone) => {
    await phone.press('ต่อไป');
    await phone.sees('ตรวจก่อนบันทึก');
    await phone.press('บันทึก', { exact: true });
  };
  const tile = (desk, name) => desk.page.locator(`#tile-${name} b`);
  const number = async (desk, name) => Number((await tile(desk, name).innerText()).replaceAll(',', ''));

  test('read, doubted, settled, closed and reported', { timeout: 240_000 }, async (t) => {
    const wrong = [];
    const phone = await enrolledPhone(t, stage, { person: 'นก จดมาตร' });
    const desk = await newDesk(t, { ...stage, site: { url: stage.town.url } });
    await desk.login();
    await desk.openPage('rounds', 'รอบและงวด');
    await desk.shows(tile(desk, 'done'));
    // Before the month's round begins the page opens on the month before; what is read now is of this one.
    const cycle = desk.page.locator('.round-choose select').last();
    assert.match(await cycle.inputValue(), /^20\d\d-\d\d$/);
    await cycle.selectOption(TODAY.slice(0, 7));
    await desk.page.waitForLoadState('networkidle');
    await desk.shows(tile(desk, 'done'));
    const [done, waiting] = [await number(desk, 'done'), await number(desk, 'waiting')];

    // On the round: what is left and done stands on the buttons, and one meter leads to the next.
    await phone.goHome();
    const water = phone.page.locator('.programme', { hasText: 'ประปา' });
    const counted = (name) => water.locator(`.round-numbers .${name} b`).innerText();
    const [left, overdue] = [await counted('left'), await counted('overdue')];
    await phone.page.evaluate(() => { location.hash = '#/round/water'; });
    // The same figures under the same words as on the first screen.
    await phone.shows(phone.button(new RegExp(`^ยังไม่ทำ ${left}$`)));
    await phone.shows(phone.button(new RegExp(`^เลยกำหนด ${overdue}$`)));
    wrong.push(...await look(phone, 'round-counts'));
    await phone.page.locator(`#row-${meters[0].id} button`).click();
    await phone.heading(meters[0].heading);
    await phone.shows(phone.page.locator('.bars li').nth(1));
    wrong.push(...await look(phone, 'card-bars'));
    await phone.press(/จดมาตร/);
    await phone.shows(phone.page.locator('.form .bars li').nth(1));
    await phone.type(/เลขหน้ามาตร/, String(meters[0].reading));
    wrong.push(...await look(phone, 'form-bars'));
    await save(phone);
    await phone.heading('บันทึกแล้ว');
    await phone.shows(phone.page.getByRole('timer'));
    await phone.page.locator('.who h2').waitFor();
    assert.notEqual(await phone.page.locator('.who h2').innerText(), meters[0].heading, 'the next one opened by itself');

    await phone.openCard(meters[1].id);
    await phone.press(/จดมาตร/);
    await phone.type(/เลขหน้ามาตร/, String(meters[1].reading));
    await save(phone);
    await phone.heading('บันทึกแล้ว');

    // Far too high: typed twice, photographed, and no bill before the office has looked.
    await phone.openCard(meters[2].id);
    await phone.press(/จดมาตร/);
    const severe = String(meters[2].previous + 1555);
    await phone.type(/เลขหน้ามาตร/, severe);
    await phone.press('ต่อไป');
    await phone.sees('ผิดปกติมาก อ่านและพิมพ์เลขหน้ามาตรอีกครั้ง');
    await phone.type(/ผิดปกติมาก/, severe);
    await phone.page.locator('input[capture]').setInputFiles({ name: 'dial.png', mimeType: 'image/png', buffer: Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAIAAAACUFjqAAAAEklEQVR4nGP4z8CAB+GTG8HSALfKY52fTcuYAAAAAElFTkSuQmCC', 'base64') });
    await phone.shows(phone.page.locator('img.photo'));
    await phone.press('บันทึก', { exact: true });
    await phone.press('ถูกต้องแล้ว บันทึกเลย');
    await phone.heading('บันทึกแล้ว');
    // Not the bill of the month before, which would be handed over for this one.
    await phone.press('ใบแจ้งและยอดค้าง');
    await phone.sees(/รอสำนักงานตรวจ ยังไม่มีใบแจ้งของงวดนี้/);
    await phone.openCard(meters[2].id);
    await phone.sees('รอสำนักงานตรวจ');
    wrong.push(...await look(phone, 'card-waits'));
    await phone.sync();

    // The office's page was never loaded anew.
    await until(async () => await number(desk, 'done') === done + 3 && await number(desk, 'waiting') === waiting + 1, 'the numbers at the office');
    wrong.push(...await look(desk, 'rounds'));
    const route = desk.page.locator('.round-zone').first();
    assert.ok(await route.getByRole('button', { name: 'ตรวจครบแล้ว' }).isDisabled(), 'a doubt is in the way');
    assert.match(await route.locator('.round-why').innerText(), /^รอตรวจ \d+ ราย/, 'why it cannot be pressed');
    await desk.press(/^ต้องตรวจ/);
    const doubt = desk.page.locator('.round-doubt').filter({ hasText: meters[2].heading });
    await desk.shows(doubt);
    wrong.push(...await look(desk, 'rounds-doubts'));
    await doubt.getByRole('button', { name: 'ถูกต้อง นับได้' }).click();
    await until(async () => await number(desk, 'waiting') === waiting, 'the doubt to be settled');
    await doubt.waitFor({ state: 'detached' });

    await desk.press(/^สูญเสีย/);
    await desk.page.getByRole('textbox', { name: /^หน่วยที่จ่ายเข้าสาย/ }).first().fill('๒,๐๐๐');
    await desk.page.locator('.round-loss tbody tr').first().getByRole('button', { name: 'บันทึก' }).click();
    await desk.shows(desk.page.locator('.round-loss tbody tr').first().locator('.chip'));
    wrong.push(...await look(desk, 'rounds-loss'));
    await desk.press('ตามคน');
    await desk.sees('นก จดมาตร');
    wrong.push(...await look(desk, 'rounds-people'));

    await desk.press(/^สาย$/);
    await route.getByRole('button', { name: 'ตรวจครบแล้ว' }).click();
    await route.getByRole('button', { name: 'อนุมัติ' }).click();
    await route.getByRole('button', { name: 'ปิดงวด' }).click();
    await desk.sees(/ปิดแล้วแก้ในงวดนี้ไม่ได้อีก/);
    // Who was not billed is not billed any more: that wants a word.
    await desk.sees(/\d+ รายไม่มีใบแจ้งของงวดนี้/);
    await picture(desk.page, 'rounds-close');
    const dialog = desk.page.getByRole('dialog');
    assert.ok(await dialog.getByRole('button', { name: 'ปิดงวด' }).isDisabled(), 'without a reason');
    await dialog.getByRole('textbox', { name: 'เหตุผล' }).fill('จดไม่ทันในงวดนี้');
    await dialog.getByRole('button', { name: 'ปิดงวด' }).click();
    await desk.shows(route.locator('.chip.state-closed'));
    const zone = (await stage.office.ask('dashboard', { programme: 'water', cycle: '', today: new Date(Date.now() + 7 * 3600e3).toISOString().slice(0, 10) })).zones[0];
    assert.deepEqual([zone.state, zone.tally.waiting], ['closed', 0]);

    for (const [button, magic] of [['รายงานประจำวัน (PDF)', '%PDF'], ['รายงานประจำวัน (Excel)', 'PK']]) {
      const [download] = await Promise.all([desk.page.waitForEvent('download'), desk.press(button)]);
      assert.match(download.suggestedFilename(), /^report-water-.*\.(pdf|xlsx)$/);
      assert.equal(readFileSync(await download.path()).subarray(0, magic.length).toString(), magic);
    }
    await desk.sees('ไฟล์อยู่ในดาวน์โหลดแล้ว');
    const [owing] = await Promise.all([desk.page.waitForEvent('download'), desk.press('ค้างชำระเกินวันระงับ ณ วันนั้น (Excel)')]);
    assert.match(owing.suggestedFilename(), /^cut-off-water-.*\.xlsx$/);
    assert.equal(readFileSync(await owing.path()).subarray(0, 2).toString(), 'PK');

    // The same page on a supervisor's phone.
    await desk.page.setViewportSize({ width: 360, height: 740 });
    wrong.push(...await look(desk, 'rounds-phone'));
    await desk.press(/^ต้องตรวจ/);
    wrong.push(...await look(desk, 'rounds-doubts-phone'));
    assert.deepEqual(wrong, []);
  });
});
