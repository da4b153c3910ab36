// The bill at the door: saved without signal, shown with its code, printed on a thermal printer over Bluetooth, sent as a
// picture, paid by a slip and in cash; and the same bill as a page at the office. Every code on every paper, the square one
// and the bars, is read by readers that are not ours (papers.mjs).
//
//   node --test tests/browser/bill.test.mjs
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { until } from './harness.mjs';
import { bars, cashiers, dots, generate, payment, readPng, transfer } from './papers.mjs';
import { enrolledPhone, look, metersToRead, newDesk, setStage } from './stage.mjs';

const { PNG } = createRequire(import.meta.url)('pngjs');

const BILLER = '099999999999990';
// Of a municipality without a bank's contract.
const TAX_ID = '0994000617721';

// A printer that keeps what it is sent.
function printer() {
  window.printed = [];
  const characteristic = {
    properties: { write: true, writeWithoutResponse: true },
    writeValueWithoutResponse: async (part) => { window.printed.push(...new Uint8Array(part.buffer ?? part)); },
  };
  const service = { getCharacteristics: async () => [characteristic] };
  const server = { getPrimaryService: async (uuid) => { if (uuid.startsWith('0000ff00')) return service; throw new DOMException('none', 'NotFoundError'); } };
  const device = { gatt: { connect: async () => server } };
  Object.defineProperty(navigator, 'bluetooth', { value: { requestDevice: async () => device } });
  window.shared = [];
  navigator.canShare = ({ files }) => files?.length === 1;
  navigator.share = async ({ files: [file] }) => { window.shared.push({ name: file.name, type: file.type, bytes: [...new Uint8Array(await file.arrayBuffer())] }); };
}

// The code on a payer's slip, as the library writes it.
const slip = (sendingBank, transRef) => generate.slipVerify({ sendingBank, transRef });

describe('a bill', () => {
  let stage;
  let meters;
  before(async () => {
    stage = await setStage();
    meters = (await metersToRead(stage.office, 40))
      .filter((meter) => meter.usage >= 1)
      .map((meter) => ({ ...meter, customer: meter.card.values.customer_no }));
    assert.ok(meters.length >= 3, `${meters.length} meters to read`);
  }, { timeout: 300_000 });
  after(() => stage?.end());

  // The first page of a file as a printer would draw it.
  function rasterised(pdf, dotsAnInch) {
    execFileSync('pdftoppm', ['-r', String(dotsAnInch), '-png', '-singlefile', pdf, join(stage.folder, 'page')]);
    return readFileSync(join(stage.folder, 'page.png'));
  }

  const posted = (path, body) => fetch(`${stage.town.url}${path}`, {
    method: 'POST', headers: { 'content-type': 'application/json', 'x-sanam': '1', cookie: stage.office.cookie }, body: JSON.stringify(body),
  });

  async function read(phone, meter) {
    await phone.openCard(meter.id);
    await phone.press('จดมาตร');
    await phone.type(/เลขหน้ามาตร/, String(meter.reading));
    await phone.press('ต่อไป');
    await phone.sees('ตรวจก่อนบันทึก');
    const said = await phone.page.locator('.questions').innerText();
    await phone.press('บันทึก', { exact: true });
    await phone.heading('บันทึกแล้ว');
    return said;
  }

  test('is printed, sent and paid without signal, and its codes say what is owed', { timeout: 180_000 }, async (t) => {
    const [meter, other] = meters;
    const phone = await enrolledPhone(t, stage, { person: 'สมหญิง จดมาตร' });
    await phone.context.addInitScript(printer);
    await phone.page.reload();
    await phone.atHome();
    await phone.offline();
    const said = await read(phone, meter);
    await phone.press('ใบแจ้งและยอดค้าง');
    await phone.heading(meter.heading);
    const amount = (await phone.page.locator('.due-box .amount strong').innerText()).replaceAll(',', '');
    assert.ok(said.replaceAll(',', '').includes(`ค่าน้ำเดือนนี้ ${amount} บาท`), `${said} does not say ${amount}`);
    assert.deepEqual(await look(phone, 'bill'), []);

    // Off the screen, as a payer's phone sees it.
    const wanted = { biller: BILLER, ref1: meter.customer, amount, currency: '764', aid: 'A000000677010112' };
    const screen = payment(readPng(await phone.page.locator('.pay-code').screenshot()));
    assert.match(screen.ref2, /^[0-9A-Z]{14}$/);
    assert.deepEqual(screen, { ...wanted, ref2: screen.ref2 });
    // The library writes another order of tags; what it says is the same.
    const theirs = payment(generate.billPayment({ billerId: BILLER, amount: Number(amount), ref1: meter.customer, ref2: screen.ref2 }));
    assert.deepEqual(theirs, screen);

    // On paper of both widths. The second one is a copy.
    for (const [width, label] of [[384, '58 มม.'], [576, '80 มม.']]) {
      await phone.page.evaluate(() => { window.printed.length = 0; });
      await phone.press('พิมพ์ใบแจ้ง');
      await phone.press(label);
      await phone.press('เครื่องพิมพ์บลูทูธ');
      await phone.sees('ส่งให้เครื่องพิมพ์แล้ว');
      // The word may still be that of the first paper: this one is whole once nothing more comes.
      await phone.page.waitForFunction(() => {
        const before = window.before;
        window.before = window.printed.length;
        return before > 0 && before === window.before;
      }, null, { polling: 700 });
      const picture = dots(Uint8Array.from(await phone.page.evaluate(() => window.printed)));
      assert.equal(picture.width, width);
      const file = PNG.sync.write(picture);
      writeFileSync(join(stage.folder, `bill-${width}.png`), file);
      assert.deepEqual(payment(readPng(file)), screen, label);
      assert.deepEqual(await cashiers(file), { biller: BILLER, ref1: meter.customer, ref2: screen.ref2, amount }, label);
    }
    await phone.sees('พิมพ์หรือส่งจากเครื่องนี้แล้ว 2 ครั้ง');

    await phone.press('ส่งรูปใบแจ้ง');
    await phone.page.waitForFunction(() => window.shared.length === 1);
    const shared = await phone.page.evaluate(() => window.shared[0]);
    assert.deepEqual([shared.name, shared.type], [`${screen.ref2}.png`, 'image/png']);
    assert.deepEqual(payment(readPng(Buffer.from(shared.bytes))), screen);
    assert.deepEqual(await cashiers(Buffer.from(shared.bytes)), { biller: BILLER, ref1: meter.customer, ref2: screen.ref2, amount });

    // A part in cash, with a receipt; the rest by a slip; the same slip a second time is caught.
    await phone.press('รับเงินสด');
    const sheet = phone.page.getByRole('dialog');
    await phone.type('จำนวนเงิน (บาท)', '0');
    await phone.press('รับเงินและออกใบเสร็จ');
    await phone.shows(sheet.getByRole('alert').filter({ hasText: 'จำนวนเงินไม่ถูกต้อง' }));
    // More than what is owed is asked about, with the change; and nothing is taken by asking.
    await phone.type('จำนวนเงิน (บาท)', (Number(amount) + 100).toFixed(2));
    await phone.press('รับเงินและออกใบเสร็จ');
    await phone.shows(sheet.getByRole('button', { name: /^รับ [\d,.]+ บาท ทอน 100\.00 บาท$/ }));
    await phone.shows(sheet.getByRole('button', { name: 'รับไว้ล่วงหน้าทั้งหมด' }));
    assert.deepEqual(await look(phone, 'bill-change'), []);
    await phone.type('จำนวนเงิน (บาท)', '20');
    await phone.shows(phone.button('รับเงินและออกใบเสร็จ'));
    // Twice in a hurry is one banknote.
    await phone.page.keyboard.press('Enter');
    await phone.page.keyboard.press('Enter');
    await phone.sees(/รับเงิน 20.00 บาท ใบเสร็จเลขที่ R/);
    const rest = (Math.round(Number(amount) * 100) - 2_000) / 100;
    await phone.sees(rest.toFixed(2).replace(/\B(?=(\d{3})+\.)/g, ','));
    // The bar at the top and what was just said lie over a code at the edge.
    await phone.page.locator('.pay-code').evaluate((code) => code.scrollIntoView({ block: 'center' }));
    await until(async () => {
      const text = readPng(await phone.page.locator('.pay-code').screenshot());
      return text && payment(text).amount === rest.toFixed(2);
    }, 'a code for the rest');
    const paid = slip('002', '0002123123121200011');
    await phone.press('สแกนสลิปของผู้จ่าย');
    await phone.type('หรือพิมพ์ข้อความใน QR', 'https://example.com');
    await phone.press('ใช้รหัสนี้');
    await phone.sees(/ไม่ใช่รหัสบนสลิปธนาคาร/);
    await phone.type('หรือพิมพ์ข้อความใน QR', paid);
    await phone.press('ใช้รหัสนี้');
    await phone.sees('ชำระครบแล้ว');
    await phone.sees(/แจ้งสลิปไว้ .* รอสำนักงานตรวจกับธนาคาร/);
    assert.deepEqual(await look(phone, 'bill-paid'), []);
    await phone.press('ใบเสร็จ', { exact: true });
    await phone.page.evaluate(() => { window.printed.length = 0; });
    await phone.press('เครื่องพิมพ์บลูทูธ');
    await phone.page.waitForFunction(() => window.printed.length > 1_000);

    await read(phone, other);
    await phone.press('ใบแจ้งและยอดค้าง');
    await phone.press('สแกนสลิปของผู้จ่าย');
    await phone.type('หรือพิมพ์ข้อความใน QR', paid);
    await phone.press('ใช้รหัสนี้');
    await phone.sees(/สลิปนี้ใช้แจ้งชำระไปแล้ว/);
    await phone.press('ยกเลิก', { exact: true });
    // What was wrong there is not said over the next screen.
    await phone.openCard(other.id);
    assert.equal(await phone.page.locator('.toast.bad').count(), 0);

    // At the office: the account as the phone has it, and the open bill as a page.
    await phone.offline(false);
    await phone.sync();
    await until(async () => (await stage.office.ask('ledger', { subject: meter.id })).statement.payments.length === 2, 'both payments at the office');
    const { statement } = await stage.office.ask('ledger', { subject: meter.id });
    assert.deepEqual([statement.owed, statement.credit, statement.claimed], [0, 0, Math.round(rest * 100)]);
    const cycle = statement.charges.at(-1).cycle;

    // What is being typed stays, though a sync brings something of the same account meanwhile.
    await phone.openCard(other.id);
    await phone.press('ใบแจ้งและยอดค้าง');
    await phone.press('รับเงินสด');
    await phone.type('จำนวนเงิน (บาท)', '12');
    await phone.offline();
    await stage.office.ask('adjust_account', { subject: other.id, cycle, amount: 7_725, reason: 'ค่าประตูน้ำ' });
    await phone.offline(false);
    await phone.shows(phone.page.locator('.account .entry').filter({ hasText: '77.25' }));
    assert.equal(await phone.box('จำนวนเงิน (บาท)').inputValue(), '12');
    await phone.press('ยกเลิก', { exact: true });
    await phone.page.getByRole('dialog').waitFor({ state: 'detached' });

    const bills = () => posted('/api/bills', { programme: 'water', cycle, zone: null, unpaid: true, two_a_page: true });
    assert.equal((await bills()).status, 404, 'no route is approved');
    for (const state of ['reviewed', 'approved']) await stage.office.ask('set_cycle', { programme: 'water', zone: null, cycle, state, reason: '' });
    const answer = await bills();
    assert.equal(answer.status, 200);
    const pdf = join(stage.folder, 'bills.pdf');
    writeFileSync(pdf, Buffer.from(await answer.arrayBuffer()));
    const page = payment(readPng(rasterised(pdf, 200)));
    assert.deepEqual([page.ref1, page.biller], [other.customer, BILLER]);
    // As sharp as an office's printer at the least: the bars are finer than the square.
    assert.deepEqual(await cashiers(rasterised(pdf, 300)), { biller: BILLER, ref1: other.customer, ref2: page.ref2, amount: page.amount });
    const info = execFileSync('pdftotext', [pdf, '-']).toString();
    assert.ok(info.includes(other.customer) && !info.includes(meter.customer), 'only who has not paid');

    // And the money goes on: from the collector to the office, and the slip to whoever asks the bank.
    const desk = await newDesk(t, { ...stage, site: { url: stage.town.url } });
    await desk.login();
    await desk.openPage('money', 'เงินรับ');
    const collector = desk.page.locator('.money-collector').filter({ hasText: 'สมหญิง จดมาตร' });
    await desk.shows(collector);
    assert.deepEqual(await look(desk, 'money'), []);
    await collector.getByRole('button', { name: 'รับมอบเงินแล้ว' }).click();
    await desk.sees(/นับเงินจาก สมหญิง จดมาตร ได้ 20.00 บาท/);
    await desk.page.getByRole('dialog').getByRole('button', { name: 'รับมอบเงินแล้ว' }).click();
    await desk.shows(collector.getByRole('button', { name: 'ฝากธนาคารแล้ว' }));
    const claim = desk.page.locator('.money-slips li').filter({ hasText: meter.heading });
    await claim.getByRole('button', { name: 'เงินเข้าแล้ว' }).click();
    await claim.waitFor({ state: 'detached' });
    const account = (await stage.office.ask('ledger', { subject: meter.id })).statement;
    assert.deepEqual(account.payments.map((payment) => payment.state), ['handed_over', 'confirmed']);
    await desk.page.setViewportSize({ width: 360, height: 740 });
    assert.deepEqual(await look(desk, 'money-phone'), []);

    // At the counter: what is owed, a receipt, and its page.
    await desk.openPage(`registry/${other.id}`, 'ทะเบียน');
    // A larger note is handed over: what is owed is taken, and no credit stays behind.
    await desk.press('รับชำระที่เคาน์เตอร์');
    const asked = Number(await desk.box('จำนวนเงิน (บาท)').inputValue());
    await desk.type('จำนวนเงิน (บาท)', (asked + 100).toFixed(2));
    await desk.press('รับเงินและออกใบเสร็จ');
    await desk.press(/ทอน 100\.00 บาท/);
    await desk.sees(/ใบเสร็จเลขที่ R/);
    const receipt = desk.page.locator('.account .entry').filter({ hasText: /R\d/ });
    const [page2] = await Promise.all([
      desk.page.waitForEvent('download'), receipt.getByRole('button', { name: 'ใบนี้เป็นหน้ากระดาษ (PDF)' }).click(),
    ]);
    assert.match(page2.suggestedFilename(), /^R.*\.pdf$/);
    assert.equal(readFileSync(await page2.path()).subarray(0, 4).toString(), '%PDF');
    await desk.press('ปรับปรุงยอด');
    await desk.type('จำนวนเงิน (บาท)', '35');
    await desk.type('เหตุผล', 'ค่าเปลี่ยนวาล์ว');
    await desk.press('เรียกเก็บเพิ่ม');
    await until(async () => (await stage.office.ask('ledger', { subject: other.id })).statement.owed === 3_500, 'the charge');
  });

  // Tag 29: the bank names no bill, so there is nothing for a cashier to read.
  test('of a municipality without a contract is paid to its tax id', { timeout: 180_000 }, async () => {
    const { town, office } = stage;
    const meter = meters[2];
    const billing = (...words) => execFileSync(town.bin, ['billing', words[0], '--db', town.dir, 'water', ...words.slice(1)]).toString();
    await town.stop();
    const own = JSON.parse(billing('show'));
    Object.assign(own.payee, { biller_id: '', promptpay_id: TAX_ID });
    const file = join(stage.folder, 'billing.json');
    writeFileSync(file, JSON.stringify(own));
    billing('set', file);
    await town.restart();

    await office.ask('save_visit', {
      programme: 'water', form: 'reading', subject: meter.id, zone: null, code: null, outcome: 'done', photos: [], place: null,
      answers: { reading: meter.reading, usage: meter.usage }, offset_minutes: 420,
    });
    const { statement } = await office.ask('ledger', { subject: meter.id });
    const bill = await office.ask('show_bill', { of: { entry: statement.charges.at(-1).id } });
    const amount = (bill.open / 100).toFixed(2);
    const wanted = { aid: 'A000000677010111', taxId: TAX_ID, amount, currency: '764' };
    assert.deepEqual(transfer(bill.code), wanted);
    assert.deepEqual(transfer(generate.anyId({ type: 'NATID', target: TAX_ID, amount: bill.open / 100 })), wanted);

    const answer = await posted('/api/paper', { entry: bill.entry });
    assert.equal(answer.status, 200);
    const pdf = join(stage.folder, 'transfer.pdf');
    writeFileSync(pdf, Buffer.from(await answer.arrayBuffer()));
    assert.equal(readPng(rasterised(pdf, 200)), bill.code);
    assert.deepEqual(await bars(rasterised(pdf, 300)), []);
  });
});
