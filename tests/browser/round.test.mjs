// The office moves work between people: a round is handed over in two taps, zones are changed, an account is made.
//
//   node --test tests/browser/round.test.mjs
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { enrolledPhone, newDesk, picture, setStage, until } from './stage.mjs';

describe('who walks which round', () => {
  let stage;
  before(async () => { stage = await setStage(); }, { timeout: 300_000 });
  after(() => stage?.end());

  const device = async (person) => (await stage.office.ask('devices')).find((one) => one.grant.person === person);
  const row = (desk, person) => desk.page.locator('.office-devices tbody tr').filter({ hasText: person });

  test('two taps hand the rest of a round over, and both phones follow', { timeout: 240_000 }, async (t) => {
    const ill = await enrolledPhone(t, stage, { person: 'นก ป่วย', device: 'มือถือนก' });
    const taker = await enrolledPhone(t, stage, { person: 'เล็ก รับงาน', programmes: ['lights'], device: 'มือถือเล็ก' });
    const meters = (await stage.office.round('water', 12)).filter((one) => one.standing !== 'done');
    stage.gate.closed = true;
    await ill.openCard(meters[0].id);
    await ill.press('ทำไม่ได้ / ไม่พบ');
    await ill.heading(meters[0].heading);
    await ill.page.getByRole('radio', { name: 'บ้านปิด / มาตรอยู่ภายใน' }).check();
    await ill.press('บันทึก', { exact: true });
    await ill.heading('บันทึกแล้ว');
    stage.gate.closed = false;
    await ill.offline();

    const desk = await newDesk(t, { ...stage, site: { url: stage.town.url } });
    await desk.login();
    await desk.openPage('devices', 'เครื่อง');
    await row(desk, 'นก ป่วย').getByRole('button', { name: 'ส่งต่อรอบ' }).click();
    await desk.sees('รอบของ นก ป่วย (1 เขต) ให้ใครทำต่อ');
    await picture(desk.page, 'hand-over');
    await desk.page.getByRole('dialog').getByRole('button', { name: /เล็ก รับงาน/ }).click();
    await desk.sees('ส่งต่อ 1 เขตให้ เล็ก รับงาน แล้ว');
    assert.deepEqual((await device('นก ป่วย')).grant.shelves, []);
    assert.equal((await device('เล็ก รับงาน')).grant.shelves.length, 2);

    await taker.sync();
    await taker.openCard(meters[1].id);
    await taker.heading(meters[1].heading);
    // The phone of the one who fell ill comes home: what it holds counts, and goes on to whoever has the round now.
    await ill.offline(false);
    await ill.sync();
    assert.equal((await ill.numbers())[1], 1);
    await until(async () => (await stage.office.card(meters[0].id)).visits.length > 0, 'the visit at the office');
    await taker.sync();
    await taker.openCard(meters[0].id);
    await taker.sees('บ้านปิด / มาตรอยู่ภายใน');
  });

  test('zones are given and taken in the list of devices', { timeout: 120_000 }, async (t) => {
    const phone = await enrolledPhone(t, stage, { person: 'แดง สองเขต', device: 'มือถือแดง' });
    const desk = await newDesk(t, { ...stage, site: { url: stage.town.url } });
    await desk.login();
    await desk.openPage('devices', 'เครื่อง');
    await row(desk, 'แดง สองเขต').getByRole('button', { name: 'เปลี่ยนเขต' }).click();
    await desk.sees('เขตที่ แดง สองเขต ดูแล');
    const zones = await stage.office.ask('zones', { programme: 'water' });
    await desk.page.getByRole('dialog').getByRole('button', { name: /ประปา|น้ำ/ }).first().click();
    await desk.page.getByRole('dialog').getByRole('checkbox', { name: new RegExp(zones[1].title) }).check();
    await picture(desk.page, 'change-zones');
    await desk.page.getByRole('dialog').getByRole('button', { name: 'บันทึกเขต' }).click();
    await desk.sees(/เปลี่ยนเขตของ แดง สองเขต แล้ว/);
    assert.equal((await device('แดง สองเขต')).grant.shelves.length, 2);
    await phone.sync();
    const there = await stage.office.ask('round', { programme: 'water', zone: zones[1].zone, standing: [], today: '2026-11-26', offset: 0, limit: 1 });
    await phone.openCard(there.rows[0].id);
    await phone.heading(there.rows[0].heading);
  });

  test('an administrator makes a supervisor, whose password is shown once and works', { timeout: 120_000 }, async (t) => {
    const desk = await newDesk(t, { ...stage, site: { url: stage.town.url } });
    await desk.login();
    await desk.openPage('account', 'บัญชีของฉัน');
    await desk.heading('บัญชีของสำนักงาน');
    await desk.press('สร้างบัญชี');
    await desk.sees('กรุณาใส่ชื่อผู้ใช้');
    await desk.type('ชื่อผู้ใช้', 'หัวหน้าประปา');
    await desk.press('สร้างบัญชี');
    await desk.sees('เลือกอย่างน้อยหนึ่งงาน');
    await desk.page.locator('.office-new-account').getByRole('checkbox').first().check();
    await desk.press('สร้างบัญชี');
    const password = (await desk.page.locator('#new-password').innerText()).trim();
    await picture(desk.page, 'account-made');
    assert.ok(password.length >= 10);
    await desk.press('จดแล้ว');
    await desk.page.locator('#new-password').waitFor({ state: 'detached' });
    const boss = await newDesk(t, { ...stage, site: { url: stage.town.url } });
    await boss.open('/office');
    await boss.type('ชื่อผู้ใช้', 'หัวหน้าประปา');
    await boss.page.getByLabel('รหัสผ่าน', { exact: true }).fill(password);
    await boss.press('เข้าสู่ระบบ');
    await boss.page.getByRole('navigation', { name: 'เมนูสำนักงาน' }).waitFor();
    await boss.openPage('account', 'บัญชีของฉัน');
    assert.equal(await boss.page.getByText('บัญชีของสำนักงาน').count(), 0, 'only administrators see the accounts');
  });
});
