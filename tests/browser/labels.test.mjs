// Labels, from the office's screen to the phone: a clerk chooses whose and on which paper, looks at the first sheet,
// downloads the PDF; the sheet is printed (rasterised, here) and a phone reads every label on it.
//
//   node --test tests/browser/labels.test.mjs
//
// Wants `pdftoppm` (.ci/setup.sh browser).
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { film } from './qr.mjs';
import { enrolledPhone, newDesk, picture, setStage } from './stage.mjs';

describe('labels', () => {
  let stage;
  before(async () => {
    assert.ok(!spawnSync('pdftoppm', ['-v']).error, 'pdftoppm is missing: .ci/setup.sh browser');
    stage = await setStage();
  }, { timeout: 300_000 });
  after(() => stage?.end());

  async function openLabels(t) {
    const desk = await newDesk(t, stage);
    await desk.login();
    await desk.page.getByRole('link', { name: 'ป้าย QR' }).click();
    await desk.heading('ป้าย QR');
    await desk.shows(desk.page.getByAltText('ตัวอย่างป้ายแผ่นแรก'));
    return desk;
  }

  const select = (desk, label, option) => desk.page.getByRole('combobox', { name: label }).selectOption(option);

  const amount = (desk, words) => desk.shows(desk.page.locator('.office-amount').getByText(words));

  // Presses a button and gives the PDF that comes, page after page as pictures of a printer of 150 dots per inch.
  async function printed(desk, button, name) {
    const [download] = await Promise.all([desk.page.waitForEvent('download'), desk.press(button)]);
    assert.equal(download.suggestedFilename(), name);
    const pdf = join(mkdtempSync(join(stage.folder, 'printed-')), name);
    await download.saveAs(pdf);
    assert.equal(readFileSync(pdf).subarray(0, 5).toString(), '%PDF-');
    const info = execFileSync('pdfinfo', [pdf]).toString();
    const pages = Number(info.match(/Pages:\s+(\d+)/)[1]);
    const paper = (number, dots = 150) => {
      const out = `${pdf}-${number}`;
      execFileSync('pdftoppm', ['-r', String(dots), '-png', '-singlefile', '-f', String(number), '-l', String(number), pdf, out]);
      return { name: `${number}.png`, mimeType: 'image/png', buffer: readFileSync(`${out}.png`) };
    };
    return { pages, paper };
  }

  // Shows a phone a picture; gives the codes it offers.
  async function offered(phone, paper) {
    film(stage.lens);
    await phone.goHome();
    await phone.press('สแกน', { exact: true });
    await phone.page.locator('input[type=file]').setInputFiles(paper);
    await phone.heading('พบหลายรหัส เลือกหนึ่งรหัส');
    const texts = await phone.page.locator('.choices button .words').allInnerTexts();
    return texts.map((text) => text.replace(' ', '')).filter((text) => /^[0-9A-Z]{10}$/.test(text)).sort();
  }

  test('a zone is printed, and a phone reads every label on the sheet', { timeout: 240_000 }, async (t) => {
    const desk = await openLabels(t);
    await select(desk, 'งาน', { label: 'ไฟสาธารณะ' });
    const [zone] = await stage.office.ask('zones', { programme: 'lights' });
    await select(desk, 'วงจร', { label: zone.title });
    await amount(desk, `${zone.subjects} ดวง`);
    await desk.sees('สแกนได้ไกลราว');
    await desk.page.waitForFunction(() => document.querySelector('.office-sheet img')?.naturalWidth > 0);
    await picture(desk.page, 'office-labels');
    const file = await printed(desk, 'สร้างไฟล์ PDF', `labels-lights-${zone.zone}.pdf`);
    assert.equal(file.pages, Math.ceil(zone.subjects / 21));
    await desk.sees('อยู่ในโฟลเดอร์ดาวน์โหลด');

    const rows = (await stage.office.ask('round', { programme: 'lights', zone: zone.zone, standing: [], today: '2026-11-21', offset: 0, limit: 21 })).rows;
    const codes = [];
    for (const row of rows) codes.push((await stage.office.card(row.id)).codes.find((code) => /^[0-9A-Z]{10}$/.test(code)));
    const phone = await enrolledPhone(t, stage, { programmes: ['lights'] });
    const seen = await offered(phone, file.paper(1));
    assert.deepEqual(seen, [...codes].sort());
    await picture(phone.page, 'scan-sheet');
    await phone.press(`${codes[3].slice(0, 5)} ${codes[3].slice(5)}`);
    await phone.heading(rows[3].heading);
  });

  test('blank labels are printed, each is new, ours, and bound in the field', { timeout: 240_000 }, async (t) => {
    const desk = await openLabels(t);
    await desk.press('ป้ายเปล่า');
    await desk.type('กี่ดวง', '12');
    await select(desk, 'กระดาษสติกเกอร์', '50');
    await amount(desk, '12 ดวง · 1 แผ่น');
    await picture(desk.page, 'office-labels-blank');
    const first = await printed(desk, 'สร้างไฟล์ PDF', 'labels-blank.pdf');
    const second = await printed(desk, 'สร้างไฟล์ PDF', 'labels-blank.pdf');
    const phone = await enrolledPhone(t, stage);
    const seen = await offered(phone, first.paper(1));
    assert.equal(new Set(seen).size, 12);
    await phone.press(`${seen[0].slice(0, 5)} ${seen[0].slice(5)}`);
    await phone.sees('ป้ายเปล่า ยังไม่ได้ผูกกับรายการใด');
    assert.equal((await offered(phone, second.paper(1))).filter((code) => seen.includes(code)).length, 0);
  });

  test('a roll is drawn for its own printer, and metal tags for the engraver', { timeout: 180_000 }, async (t) => {
    const desk = await openLabels(t);
    await desk.press('ป้ายเปล่า');
    await desk.type('กี่ดวง', '2');
    await select(desk, 'กระดาษสติกเกอร์', 'roll-50x30');
    await amount(desk, '2 ดวง · 2 แผ่น');
    await desk.shows(desk.page.locator('p.small', { hasText: '203 จุดต่อนิ้ว' }));
    await desk.page.locator('.office-printer summary').click();
    const calibration = await printed(desk, 'แผ่นทดสอบเครื่องพิมพ์', 'calibration.pdf');
    assert.equal(calibration.pages, 1);
    const roll = await printed(desk, 'สร้างไฟล์ PDF', 'labels-blank.pdf');
    assert.equal(roll.pages, 2);
    // As the printer draws it, dot for dot.
    const phone = await enrolledPhone(t, stage);
    film(stage.lens);
    await phone.goHome();
    await phone.press('สแกน', { exact: true });
    await phone.page.locator('input[type=file]').setInputFiles(roll.paper(2, 203));
    await phone.sees('ป้ายเปล่า ยังไม่ได้ผูกกับรายการใด');

    await select(desk, 'ความละเอียดของเครื่องพิมพ์', '300');
    await desk.shows(desk.page.locator('p.small', { hasText: '300 จุดต่อนิ้ว' }));
    await select(desk, 'ชนิดไฟล์', 'engraving');
    await picture(desk.page, 'office-labels-roll');
    const [download] = await Promise.all([desk.page.waitForEvent('download'), desk.press('สร้างไฟล์ SVG')]);
    assert.equal(download.suggestedFilename(), 'labels-blank.zip');
    const zip = join(mkdtempSync(join(stage.folder, 'engraved-')), 'labels.zip');
    await download.saveAs(zip);
    assert.equal(readFileSync(zip).subarray(0, 2).toString(), 'PK');
    await desk.sees('เปิดไฟล์ zip');
  });

  test('a label is printed again from its subject, on what is left of a sheet; the printer is tried first', { timeout: 180_000 }, async (t) => {
    const [meter] = await stage.office.round('water');
    const desk = await newDesk(t, stage);
    await desk.login();
    await desk.page.evaluate((hash) => { location.hash = hash; }, `#/office/registry/${meter.id}`);
    await desk.heading(meter.heading);
    await desk.page.getByRole('link', { name: 'พิมพ์ป้าย' }).click();
    await desk.sees('พิมพ์ป้ายของ');
    await desk.sees(meter.heading);
    await desk.type('เริ่มพิมพ์ที่ดวงที่', '21');
    await amount(desk, '1 ดวง · 1 แผ่น');
    const calibration = await printed(desk, 'แผ่นทดสอบเครื่องพิมพ์', 'calibration.pdf');
    assert.equal(calibration.pages, 1);
    await picture(desk.page, 'office-labels-one');
    const { paper } = await printed(desk, 'สร้างไฟล์ PDF', 'labels.pdf');
    const phone = await enrolledPhone(t, stage);
    film(stage.lens);
    await phone.goHome();
    await phone.press('สแกน', { exact: true });
    await phone.page.locator('input[type=file]').setInputFiles(paper(1));
    await phone.heading(meter.heading);
  });

  test('what is ticked in the registry is printed, in the order of the route', { timeout: 240_000 }, async (t) => {
    const { rows } = await stage.office.ask('round', { programme: 'lights', zone: null, standing: [], today: '2026-11-21', offset: 0, limit: 4 });
    const desk = await newDesk(t, stage);
    await desk.login();
    await desk.openPage('labels/ticked', 'ป้าย QR');
    await desk.sees('ยังไม่ได้เลือกรายการ');
    await desk.openPage('registry', 'ทะเบียน');
    await select(desk, 'งาน', { label: 'ไฟสาธารณะ' });
    const box = (row) => desk.page.getByRole('checkbox', { name: `เลือก ${row.heading}` }).first();
    await desk.shows(box(rows[3]));
    for (const row of [rows[3], rows[1], rows[0]]) await box(row).check();
    await desk.shows(desk.button('พิมพ์สติกเกอร์ที่เลือก (3)'));
    await box(rows[1]).uncheck();
    await picture(desk.page, 'office-registry-ticked');
    await desk.press('พิมพ์สติกเกอร์ที่เลือก (2)');
    await desk.sees('สติกเกอร์ของ 2 รายการที่เลือกในทะเบียน');
    await amount(desk, '2 ดวง · 1 แผ่น');
    const file = await printed(desk, 'สร้างไฟล์ PDF', 'labels.pdf');
    assert.equal(file.pages, 1);
    const codes = [];
    for (const row of [rows[0], rows[3]]) codes.push((await stage.office.card(row.id)).codes.find((code) => /^[0-9A-Z]{10}$/.test(code)));
    const phone = await enrolledPhone(t, stage, { programmes: ['lights'] });
    assert.deepEqual(await offered(phone, file.paper(1)), [...codes].sort());
    // The list and the choice are still there, until it is taken back.
    await desk.openPage('registry', 'ทะเบียน');
    await desk.shows(box(rows[3]));
    assert.ok(await box(rows[3]).isChecked(), 'the row that was ticked');
    await desk.press('เลิกเลือกทั้งหมด');
    await desk.button('พิมพ์สติกเกอร์ที่เลือก').waitFor({ state: 'detached' });
  });
});
