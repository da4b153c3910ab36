// What goes wrong in the field: locked gates, words typed as people type them, hostile codes, a full disk, an ended
// right, a second tab, a Wi-Fi that lies, a server that dies in the middle. Each is a Thai sentence, and nothing is lost.
//
//   node --test tests/browser/trouble.test.mjs
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { enrolledPhone, newPhone, picture, setStage, until } from './stage.mjs';

const THAI_DIGITS = (text) => text.replace(/\d/g, (digit) => '๐๑๒๓๔๕๖๗๘๙'[digit]);

describe('trouble', () => {
  let stage;
  let meters;
  before(async () => {
    stage = await setStage();
    meters = [];
    for (const row of (await stage.office.round('water', 40)).filter((row) => row.standing !== 'done')) {
      const card = await stage.office.card(row.id);
      meters.push({ id: row.id, heading: row.heading, house: card.values.house_no, last: Number(card.visits[0]?.values.reading ?? 0), code: card.codes.find((one) => /^[0-9A-Z]{10}$/.test(one)) });
    }
    assert.ok(meters.length >= 10);
  }, { timeout: 300_000 });
  after(() => stage?.end());

  async function couldNot(phone, meter, why) {
    await phone.press('ทำไม่ได้ / ไม่พบ');
    await phone.heading('ทำไม่ได้ / ไม่พบ');
    // The name comes after the rest and moves it down.
    await phone.heading(meter.heading);
    await phone.page.getByRole('radio', { name: why }).check();
  }

  // The quickest visit there is: the house was closed.
  async function closedHouse(phone, meter) {
    await phone.openCard(meter.id);
    await couldNot(phone, meter, 'บ้านปิด / มาตรอยู่ภายใน');
    await phone.press('บันทึก', { exact: true });
  }

  test('a fierce dog is a result; one that needs a word asks for it', { timeout: 120_000 }, async (t) => {
    const phone = await enrolledPhone(t, stage);
    const [meter] = meters;
    await phone.openCard(meter.id);
    await phone.press('ทำไม่ได้ / ไม่พบ');
    const save = phone.button('บันทึก', { exact: true });
    assert.equal(await save.isDisabled(), true);
    await phone.page.getByText('อื่น ๆ', { exact: true }).click();
    assert.equal(await save.isDisabled(), true);
    await phone.type('หมายเหตุ (ต้องใส่)', 'หมาดุสองตัวหน้าบ้าน');
    await picture(phone.page, 'outcome');
    await save.click();
    await phone.heading('บันทึกแล้ว');
    await phone.sync();
    await phone.openCard(meter.id);
    await phone.sees(/ครั้งล่าสุดทำไม่ได้: อื่น ๆ/);
    const [visit] = (await stage.office.card(meter.id)).visits;
    assert.deepEqual([visit.outcome, visit.values.note], ['99', 'หมาดุสองตัวหน้าบ้าน']);
  });

  test('what cannot be sent can be kept as a file, for the office to bring back', { timeout: 120_000 }, async (t) => {
    const phone = await enrolledPhone(t, stage, { programmes: ['water'] });
    stage.gate.closed = true;
    t.after(() => { stage.gate.closed = false; });
    await closedHouse(phone, meters[2]);
    await phone.heading('บันทึกแล้ว');
    await phone.page.evaluate(() => { location.hash = '#/settings'; });
    await phone.sees('สำเนาข้อมูลที่ยังไม่ได้ส่ง');
    const [file] = await Promise.all([phone.page.waitForEvent('download'), phone.press('บันทึกสำเนาเป็นไฟล์')]);
    assert.match(file.suggestedFilename(), /^sanam-unsent-\d+\.jsonl$/);
    const lines = readFileSync(await file.path(), 'utf8').trim().split('\n').map((line) => JSON.parse(line));
    assert.deepEqual(lines.map((line) => line.waiting), [true]);
    await phone.sees('บันทึกสำเนา 1 ไฟล์แล้ว นำไปให้สำนักงาน');
    await picture(phone.page, 'copy');
    stage.gate.closed = false;
    await phone.sync();
    await phone.page.evaluate(() => { location.hash = '#/settings'; });
    await phone.press('บันทึกสำเนาเป็นไฟล์');
    await phone.sees('ไม่มีอะไรค้างส่ง ทุกอย่างอยู่ที่สำนักงานแล้ว');
  });

  test('search forgives Thai digits, missing tone marks, spaces and titles', { timeout: 120_000 }, async (t) => {
    const phone = await enrolledPhone(t, stage, { programmes: ['water'] });
    await phone.page.evaluate(() => { location.hash = '#/search'; });
    const marked = meters.find((meter) => /[่-๋]/.test(meter.heading.split(' ')[1] ?? '') || /[่-๋]/.test(meter.heading)) ?? meters[1];
    const bare = marked.heading.replace(/^(นางสาว|นาง|นาย|น\.ส\.)\s*/, '');
    const typed = [
      [THAI_DIGITS(marked.house), marked],
      [bare.replace(/[่-๋]/g, ''), marked],
      [bare.replaceAll(' ', ''), marked],
      [`นาย ${bare}`, marked],
      [marked.code, marked],
    ];
    for (const [text, meter] of typed) {
      await phone.type('ค้นหาชื่อ บ้านเลขที่ หรือรหัส', text);
      await phone.shows(phone.page.locator('.row', { hasText: meter.heading }));
    }
    await phone.type('ค้นหาชื่อ บ้านเลขที่ หรือรหัส', marked.heading.slice(0, 6));
    await phone.shows(phone.page.locator('.row'));
    await picture(phone.page, 'search');
    await phone.type('ค้นหาชื่อ บ้านเลขที่ หรือรหัส', 'ไม่มีใครชื่อนี้');
    await phone.sees('ไม่พบ ลองพิมพ์ชื่อ');
  });

  test('a hostile code is shown as inert text and never followed', { timeout: 120_000 }, async (t) => {
    const phone = await enrolledPhone(t, stage);
    const address = phone.page.url();
    await phone.scan('javascript:alert(document.cookie)//');
    await phone.sees('ป้ายนี้ไม่ใช่ป้ายของเรา ไม่ต้องเปิดลิงก์ในป้าย');
    await phone.sees('javascript:alert(document.cookie)//');
    assert.equal(await phone.page.locator('main a').count(), 0);
    await picture(phone.page, 'hostile');
    await phone.scan('https://evil.example/<img src=x onerror=alert(1)>');
    await phone.sees('ป้ายนี้ไม่ใช่ป้ายของเรา');
    await phone.sees('<img src=x onerror=alert(1)>');
    await phone.typeCode('ก'.repeat(7000));
    await phone.sees('ป้ายนี้ไม่ใช่ป้ายของเรา');
    assert.ok((await phone.page.locator('.inert').first().innerText()).length < 200);
    await phone.typeCode('มิเตอร์\u202e8850\u0007');
    await phone.sees('ป้ายนี้ไม่ใช่ป้ายของเรา');
    // A neighbour's sticker, a mistyped one, and a bar code nobody knows.
    await phone.scan(`HTTPS://SANAM.OTHER.GO.TH/Q/${stage.blankCode()}`);
    await phone.sees('ป้ายนี้เป็นของหน่วยงานอื่น');
    await phone.typeCode('8850999320014');
    await phone.sees('ไม่พบรหัสนี้ในเครื่อง');
    await phone.button('ติดป้ายนี้กับมาตรน้ำที่มีอยู่แล้ว').waitFor();
    assert.equal(new URL(phone.page.url()).origin, new URL(address).origin);
  });

  test('a full disk is said in Thai, the form stays, and saving goes on once there is room', { timeout: 180_000 }, async (t) => {
    const phone = await enrolledPhone(t, stage);
    await phone.kept();
    await phone.offline();
    await closedHouse(phone, meters[1]);
    await phone.heading('บันทึกแล้ว');
    const protocol = await phone.context.newCDPSession(phone.page);
    const origin = stage.site.url;
    const { usage } = await protocol.send('Storage.getUsageAndQuota', { origin });
    await protocol.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: usage });
    // What room the files have left is used up by visits; each is saved or refused, never half.
    let saved = 1;
    for (let i = 0; ; i++) {
      assert.ok(i < 300, 'the disk never became full');
      const meter = meters[2 + (i % 6)];
      await phone.openCard(meter.id);
      await couldNot(phone, meter, 'อื่น ๆ');
      await phone.type('หมายเหตุ (ต้องใส่)', `หมาดุ ${i} `.repeat(4000));
      await phone.press('บันทึก', { exact: true });
      const full = phone.page.getByText('ที่เก็บข้อมูลเต็ม ยังบันทึกไม่ได้');
      const done = phone.page.getByRole('heading', { name: 'บันทึกแล้ว' });
      await phone.shows(full.or(done));
      if (await full.count()) break;
      saved += 1;
    }
    await picture(phone.page, 'disk-full');
    // The note is still there; with room again the same press saves it.
    assert.match(await phone.box('หมายเหตุ (ต้องใส่)').inputValue(), /หมาดุ/);
    await protocol.send('Storage.overrideQuotaForOrigin', { origin });
    await phone.press('บันทึก', { exact: true });
    await phone.heading('บันทึกแล้ว');
    await phone.hasNumbers(saved + 1, 0, 0);
    await phone.page.reload();
    await phone.offline(false);
    await phone.sync();
    await phone.hasNumbers(saved + 1, saved + 1, 0);
  });

  test('an ended right is said in Thai, and what was not sent is still there', { timeout: 120_000 }, async (t) => {
    const phone = await enrolledPhone(t, stage, { person: 'คนที่จะย้าย' });
    await phone.offline();
    await closedHouse(phone, meters[2]);
    await phone.heading('บันทึกแล้ว');
    const device = (await stage.office.ask('devices')).find((row) => row.grant.person === 'คนที่จะย้าย');
    await stage.office.ask('revoke', { device: device.device });
    await phone.offline(false);
    await phone.goHome();
    await phone.press('ส่งข้อมูลตอนนี้');
    await phone.sees('สำนักงานยกเลิกสิทธิ์ของเครื่องนี้แล้ว ข้อมูลที่ยังไม่ส่งยังอยู่ในเครื่อง');
    await picture(phone.page, 'revoked');
    await phone.hasNumbers(1, 0, 0);
    await phone.page.reload();
    // What it holds is shown to nobody any more; enrolled again, it goes on.
    await phone.page.getByRole('button', { name: 'ลงทะเบียนเครื่องนี้ใหม่' }).waitFor();
    await phone.hasNumbers(1, 0, 0);
    assert.equal(await phone.page.getByRole('button', { name: 'สแกน', exact: true }).count(), 0);
    await phone.page.goto(`${stage.site.url}/#/card/${meters[2].id}`);
    await phone.sees('สำนักงานยกเลิกสิทธิ์ของเครื่องนี้แล้ว');
  });

  test('a second tab says politely that the app is open elsewhere', { timeout: 120_000 }, async (t) => {
    const phone = await enrolledPhone(t, stage);
    const second = await phone.context.newPage();
    await second.goto(stage.site.url);
    await second.getByRole('heading', { name: 'สนามเปิดอยู่ที่อื่น' }).waitFor();
    await second.getByText('แอปเปิดอยู่ในหน้าต่างอื่นแล้ว').waitFor();
    await picture(second, 'second-tab');
    // The first goes on; once it is closed, the second may begin.
    await closedHouse(phone, meters[3]);
    await phone.heading('บันทึกแล้ว');
    await phone.page.close();
    await second.getByRole('button', { name: 'ลองอีกครั้ง' }).click();
    await second.getByRole('button', { name: 'สแกน', exact: true }).waitFor();
  });

  test('a Wi-Fi sign-in page is not taken for the office', { timeout: 120_000 }, async (t) => {
    const phone = await enrolledPhone(t, stage);
    await phone.kept();
    await phone.offline();
    await closedHouse(phone, meters[4]);
    await phone.heading('บันทึกแล้ว');
    stage.gate.answer = (_, outgoing) => outgoing.writeHead(200, { 'content-type': 'text/html' }).end('<html><h1>Welcome to Free WiFi</h1></html>');
    t.after(() => { stage.gate.answer = undefined; });
    await phone.offline(false);
    await phone.goHome();
    await phone.press('ส่งข้อมูลตอนนี้');
    await phone.sees('เครือข่ายนี้ตอบแทนสำนักงาน อาจต้องเข้าสู่ระบบ Wi-Fi ก่อน');
    await phone.hasNumbers(1, 0, 0);
    // The app itself opens from the phone, not from the portal.
    await phone.page.reload();
    await phone.atHome();
    stage.gate.answer = undefined;
    await phone.sync();
    await phone.hasNumbers(1, 1, 0);
  });

  test('the server killed in the middle of an exchange: nothing missing, nothing twice', { timeout: 240_000 }, async (t) => {
    const phone = await enrolledPhone(t, stage, { person: 'คนจดกลางพายุ' });
    const mine = meters.slice(5, 10);
    t.after(() => stage.town.restart());
    for (const [at, meter] of mine.entries()) {
      await phone.offline();
      await closedHouse(phone, meter);
      await phone.heading('บันทึกแล้ว');
      // It dies as the push arrives; on even turns before it reads a byte, on odd ones after it has answered.
      let died;
      stage.gate.hold = async (path) => {
        if (path !== '/v1/push' || died) return;
        died = at % 2 === 0 ? stage.town.kill() : new Promise((done) => setImmediate(() => stage.town.kill().then(done)));
        if (at % 2 === 0) await died;
      };
      await phone.offline(false);
      await phone.goHome();
      await phone.press('ส่งข้อมูลตอนนี้');
      await until(() => died !== undefined, 'the push');
      await died;
      stage.gate.hold = undefined;
      await stage.town.restart();
    }
    await phone.sync();
    await phone.hasNumbers(mine.length, mine.length, 0);
    for (const meter of mine) {
      const visits = (await stage.office.card(meter.id)).visits.filter((visit) => visit.by.includes('คนจดกลางพายุ'));
      assert.equal(visits.length, 1, meter.heading);
    }
  });
});
