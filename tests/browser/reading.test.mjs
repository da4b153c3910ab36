// The main job: scan a meter, see it, record its reading with no signal, find it again after a reload and after the
// browser was restarted, send it, see it on a colleague's phone.
//
//   node --test tests/browser/reading.test.mjs
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { enrolledPhone, lastingPhone, metersToRead, picture, setStage } from './stage.mjs';

describe('a reading', () => {
  let stage;
  let meters;
  before(async () => {
    stage = await setStage();
    // Meters that were read before, with what they usually use.
    meters = (await metersToRead(stage.office, 30))
      .map((meter) => ({ ...meter, code: meter.card.codes.find((one) => /^[0-9A-Z]{10}$/.test(one)) }))
      .filter((meter) => meter.code);
    assert.ok(meters.length >= 4, `${meters.length} meters to read`);
  }, { timeout: 300_000 });
  after(() => stage?.end());

  const shut = (t) => {
    stage.gate.closed = true;
    t.after(() => { stage.gate.closed = false; });
  };

  async function fillReading(phone, meter) {
    await phone.press('จดมาตร');
    await phone.sees(new RegExp(`ครั้งก่อน`));
    assert.match(await phone.page.locator('.questions').innerText(), new RegExp(`ครั้งก่อน ${meter.previous} `));
    await phone.type(/เลขหน้ามาตร/, String(meter.reading));
  }

  async function saveReading(phone, meter) {
    await fillReading(phone, meter);
    await phone.press('ต่อไป');
    await phone.sees('ตรวจก่อนบันทึก');
    assert.match(await phone.page.locator('.questions').innerText(), new RegExp(`ใช้น้ำ ${meter.usage} หน่วย`));
    await phone.press('บันทึก', { exact: true });
    await phone.heading('บันทึกแล้ว');
  }

  const shown = (meter) => new RegExp(`${meter.reading.toString().replace(/\B(?=(\d{3})+$)/g, ',?')}`);

  test('scanned and saved with the server gone, it outlives a reload and a restart, and reaches the office and a colleague', { timeout: 240_000 }, async (t) => {
    const [meter] = meters;
    const colleague = await enrolledPhone(t, stage, { person: 'สมชาย จดมาตร' });
    const phone = await lastingPhone(t, stage);
    await phone.open();
    await phone.typeEnrolment((await stage.office.enrolment()).code);
    await phone.atHome();
    await phone.kept();
    await picture(phone.page, 'home');

    shut(t);
    await stage.town.stop();
    t.after(() => stage.town.restart());
    await phone.scan(`${stage.site.url.toUpperCase()}/Q/${meter.code}`);
    await phone.heading(meter.heading);
    assert.equal(await phone.page.locator('.who h2').innerText(), meter.heading);
    await picture(phone.page, 'card');
    await saveReading(phone, meter);
    await phone.hasNumbers(1, 0, 0);
    await picture(phone.page, 'saved');

    await phone.page.reload();
    await phone.goHome();
    await phone.hasNumbers(1, 0, 0);
    await phone.restart();
    await phone.open();
    await phone.atHome();
    await phone.hasNumbers(1, 0, 0);
    await phone.openCard(meter.id);
    await phone.sees(shown(meter));
    await phone.page.locator('.visit summary').first().click();
    await phone.sees('อยู่ในเครื่องนี้ ยังไม่ได้ส่ง');

    await stage.town.restart();
    stage.gate.closed = false;
    await phone.sync();
    await phone.hasNumbers(1, 1, 0);
    await phone.openCard(meter.id);
    await phone.page.locator('.visit summary').first().click();
    await phone.sees('สำนักงานได้รับแล้ว');

    await colleague.sync();
    await colleague.openCard(meter.id);
    await colleague.sees(shown(meter));
    await colleague.sees('ทำแล้ว');
    const visits = (await stage.office.card(meter.id)).visits.filter((visit) => Number(visit.values.reading) === meter.reading);
    assert.equal(visits.length, 1);
  });

  test('what was typed outlives a crash of the page and an accidental Back', { timeout: 120_000 }, async (t) => {
    const [, meter] = meters;
    const phone = await enrolledPhone(t, stage);
    await phone.openCard(meter.id);
    await fillReading(phone, meter);
    await picture(phone.page, 'form');
    await phone.page.goBack();
    await phone.page.locator('.who h2').waitFor();
    await phone.sees('ทำค้างไว้ ทำต่อได้');
    await phone.press(/จดมาตร/);
    const reading = phone.box(/เลขหน้ามาตร/);
    await reading.waitFor();
    assert.equal(await reading.inputValue(), String(meter.reading));

    // Another number, and the page dies as soon as the worker has answered that the draft is kept.
    await phone.goHome();
    await phone.context.addInitScript(() => {
      window.draftsKept = 0;
      const send = Worker.prototype.postMessage;
      Worker.prototype.postMessage = function (message, ...rest) {
        if (JSON.stringify(message)?.includes('keep_draft')) this.addEventListener('message', () => { window.draftsKept += 1; }, { once: true });
        return send.call(this, message, ...rest);
      };
    });
    await phone.page.reload();
    await phone.openCard(meter.id);
    await phone.press(/จดมาตร/);
    await phone.type(/เลขหน้ามาตร/, String(meter.reading + 1));
    await phone.page.waitForFunction(() => window.draftsKept > 0);
    const crashed = phone.page.waitForEvent('crash');
    phone.page.goto('chrome://crash').catch(() => {});
    await crashed;
    await phone.page.close();
    phone.page = await phone.context.newPage();
    phone.watch(phone.page);
    await phone.open();
    await phone.atHome();
    await phone.press('ทำค้างไว้ 1 รายการ');
    await phone.press(new RegExp(meter.heading.slice(0, 8)));
    await phone.sees('ทำต่อจากที่ค้างไว้');
    assert.equal(await phone.box(/เลขหน้ามาตร/).inputValue(), String(meter.reading + 1));
  });

  test('a number that cannot be, and one far from the usual, are asked about before they are saved', { timeout: 120_000 }, async (t) => {
    const [, , meter] = meters;
    const phone = await enrolledPhone(t, stage);
    await phone.openCard(meter.id);
    await phone.press('จดมาตร');
    // Thai digits are digits.
    await phone.type(/เลขหน้ามาตร/, '๙๙๙๙๙๙๙');
    await phone.press('ต่อไป');
    await phone.sees(/เลขนี้เป็นไปไม่ได้กับมาตร/);
    await phone.type(/เลขหน้ามาตร/, String(meter.reading).replace(/\d/g, (digit) => '๐๑๒๓๔๕๖๗๘๙'[digit]));
    await phone.press('ต่อไป');
    await phone.sees('ตรวจก่อนบันทึก');
    assert.match(await phone.page.locator('.questions').innerText(), new RegExp(`ใช้น้ำ ${meter.usage} หน่วย`));
    await phone.press('บันทึก', { exact: true });
    await phone.heading('บันทึกแล้ว');
    await phone.hasNumbers(1, 1, 0);
  });
});
