// Forms: every kind of question filled on a phone and read in the record; one question at a time; a saved visit
// corrected; and a form's way from a clerk's spreadsheet to that phone, tried, compared and published.
//
//   node --test tests/browser/forms.test.mjs
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { film } from './qr.mjs';
import { enrolledPhone, look, newDesk, setStage, TODAY, usual } from './stage.mjs';

// One row of each kind of question that a municipality's spreadsheet may hold.
const SURVEY = `type,name,label::ไทย (th),label::English (en),hint::ไทย (th),required,appearance,parameters,repeat_count,default
note,welcome,"# เริ่มตรวจ
อ่าน **ให้ครบ** แล้วตอบ
- ข้อหนึ่ง
- <b>ข้อสอง</b> <script>window.hacked = 1</script> [คู่มือ](https://example.go.th)",Welcome,,,,,,
begin_group,words,ตัวอักษรและตัวเลข,Words and numbers,ตอบตามที่เห็นจริง,,field-list,,,
text,place,จุดที่ตรวจ,Place,,yes,,,,
text,phone_no,เบอร์โทร,Phone,,,numbers,,,
text,story,เล่าสิ่งที่เห็น,Story,,,multiline,,,
integer,people,จำนวนคน,People,,yes,,,,
decimal,height,ความสูง (เมตร),Height,,,,,,
end_group,,,,,,,,,
select_one level,level,ระดับความเร่งด่วน,Urgency,,yes,quick,,,
select_one village,village,หมู่บ้าน,Village,,yes,,,,
select_multiple tool,tools,เครื่องมือที่ใช้,Tools,,,columns,,,
rank tool,liked,เรียงตามที่ถนัด,In order,,,,,,
begin_group,days,วันและเวลา,Days and times,,,field-list,,,
date,seen_on,วันที่เห็น,Seen on,,yes,buddhist,,,
date,built_in,ปีที่สร้าง,Built in,,,buddhist year,,,
date,paid_for,งวดเดือน,Month,,,buddhist month-year,,,
time,at_time,เวลา,Time,,,,,,
dateTime,met_at,นัดพบ,Meeting,,,buddhist,,,
end_group,,,,,,,,,
geopoint,spot,พิกัด,Position,,yes,,capture-accuracy=7,,
image,picture,รูปถ่าย,Photo,,,,max-pixels=640,,
image,signed,ลายเซ็นผู้ตรวจ,Signature,,yes,signature,,,
barcode,serial,เลขเครื่อง,Serial,,,,,,
begin_group,scales,ให้คะแนน,Scores,,,field-list,,,
range,stars,ความพอใจ,Stars,,,,start=1 end=5 step=1,,
range,bright,ความสว่าง (%),Brightness,,,,start=0 end=100 step=5,,
acknowledge,agreed,อ่านข้อตกลงแล้ว,Agreed,,yes,,,,
end_group,,,,,,,,,
begin_repeat,lamp,โคม,Lamp,,,field-list,,,
decimal,watts,กำลังไฟ (วัตต์),Watts,,yes,,,,
end_repeat,,,,,,,,,
begin_repeat,side,ด้านของเสา,Side,,,field-list,,2,
text,seen,เห็นอะไร,Seen,,,,,,
end_repeat,,,,,,,,,
`;
const villages = Array.from({ length: 80 }, (_, at) => `village,v${at + 1},หมู่ ${at + 1} บ้านทดสอบ,Village ${at + 1}`);
const CHOICES = ['list_name,name,label::ไทย (th),label::English (en)', 'level,low,ไม่ด่วน,Low', 'level,high,ด่วน,High',
  'tool,ladder,บันได,Ladder', 'tool,meter,มิเตอร์,Meter', 'tool,rope,เชือก,Rope', ...villages, ''].join('\n');
const SETTINGS = 'form_title,form_id,version,default_language\nตรวจทุกแบบ,lights_inspect,9,ไทย (th)\n';

// A form that chooses another pole out of the registry, tells what is known of it, and writes to it.
const LOOKUP = `type,name,label::ไทย (th),required,appearance,calculation,save_to
text,seen,เห็นอะไร,,,,
select_one lamp,lamp,โคมแบบใด,yes,,,
select_one_from_file registry.csv,near,เสาต้นที่อยู่ใกล้,yes,,,
calculate,near_road,,,,instance('registry')/root/item[name = \${near}]/road,
note,said,เสาต้นนั้นอยู่ที่ \${near_road},,,,
text,near_utility,เลขเสาการไฟฟ้าของต้นนั้น,yes,,,utility_no
`;
const LAMPS = 'list_name,name,label::ไทย (th),image\nlamp,led,โคม LED,led.png\nlamp,tube,หลอดยาว,tube.png\n';
const ENTITIES = 'list_name,entity_id,label\nregistry,${near},\n';

const PICTURE = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAIAAAACUFjqAAAAEklEQVR4nGP4z8CAB+GTG8HSALfKY52fTcuYAAAAAElFTkSuQmCC', 'base64');

const csv = (name, text) => ({ name: `ตรวจ - ${name}.csv`, mimeType: 'text/csv', buffer: Buffer.from(text) });
const upload = (desk, ...files) => desk.page.locator('input[type=file][accept*=xlsx]').setInputFiles(files);
const every = [csv('survey', SURVEY), csv('choices', CHOICES), csv('settings', SETTINGS)];

describe('forms', () => {
  let stage;
  let poles;
  let shipped;
  const lights = async () => (await stage.office.ask('programmes')).find((one) => one.id === 'lights').version;
  const wrong = [];
  before(async () => {
    stage = await setStage();
    poles = await stage.office.round('lights', 6);
    shipped = await lights();
    assert.ok(poles.length >= 4);
  }, { timeout: 300_000 });
  after(() => stage?.end());

  const technician = (t, options) => enrolledPhone(t, stage, { person: 'ช่างแดง ทดสอบ', programmes: ['lights'] }, options);

  async function openUpload(desk) {
    await desk.openPage('forms', 'แบบฟอร์ม');
    await desk.page.locator('.office-form-row', { hasText: 'ตรวจสภาพ' }).getByRole('button', { name: 'อัปโหลดรุ่นใหม่' }).click();
    await desk.heading('รุ่นใหม่ของ “ตรวจสภาพ”');
  }

  test('a workbook with mistakes says where they are, and the form in use stays', { timeout: 120_000 }, async (t) => {
    const desk = await newDesk(t, stage);
    await desk.login();
    await desk.openPage('forms', 'แบบฟอร์ม');
    await desk.sees('จดมาตร');
    wrong.push(...await look(desk, 'office-forms'));
    const [file] = await Promise.all([
      desk.page.waitForEvent('download'),
      desk.page.locator('.office-form-row', { hasText: 'จดมาตร' }).getByRole('button', { name: 'ดาวน์โหลด Excel' }).click(),
    ]);
    assert.match(file.suggestedFilename(), /^water-reading-.*\.xlsx$/);
    assert.equal(readFileSync(await file.path()).subarray(0, 2).toString(), 'PK');
    await openUpload(desk);
    await upload(desk, csv('survey', 'type,name,label\ninteger,reading,เลข\ntext,other,${raeding}\nselect_one nowhere,x,เลือก\n'));
    await desk.heading(/ต้องแก้ \d แห่งก่อนเผยแพร่/);
    const said = await desk.page.locator('.office-mistakes').innerText();
    assert.match(said, /แผ่น survey · แถว 3 · ช่อง label/);
    assert.match(said, /raeding/);
    assert.match(said, /แผ่น survey · แถว 4/);
    assert.match(said, /nowhere/);
    assert.equal(await desk.button('เผยแพร่รุ่นนี้').count(), 0);
    wrong.push(...await look(desk, 'office-form-mistakes'));
    await upload(desk, { name: 'แบบฟอร์ม.xlsx', mimeType: 'application/octet-stream', buffer: Buffer.from('สวัสดี') });
    await desk.sees(/ไม่ใช่ไฟล์ Excel/);
    assert.equal(await lights(), shipped, 'nothing was published');
  });

  test('uploaded, compared, tried and published, it reaches the phone; a draft stays on its version; every answer is in the record', { timeout: 420_000 }, async (t) => {
    const [begun, fresh] = poles;
    const phone = await technician(t);
    // A form that is begun before the new version comes.
    await phone.openCard(begun.id);
    await phone.press('ตรวจสภาพ');
    await phone.choose(/ไฟเป็นอย่างไร/, 'ติดปกติ');
    await phone.page.goBack();
    await phone.sees('ทำค้างไว้ ทำต่อได้');

    const desk = await newDesk(t, stage);
    await desk.login();
    await openUpload(desk);
    await upload(desk, ...every);
    await desk.heading('เทียบกับรุ่นที่ใช้อยู่');
    const changes = await desk.page.locator('.office-compare').innerText();
    assert.match(changes, /เพิ่ม \d+ · ตัดออก \d+ · แก้ไข \d+/);
    assert.match(changes, /จุดที่ตรวจ/);
    assert.match(changes, /ไฟเป็นอย่างไร[\s\S]*คำตอบเดิมยังอยู่และอ่านได้/);
    // Tried at the size of a phone, to the first thing that is missing.
    const small = desk.page.locator('.office-phone');
    assert.deepEqual(await small.evaluate((one) => [one.clientWidth, one.clientHeight]), [360, 740]);
    await small.getByRole('button', { name: 'ต่อไป' }).click();
    await small.getByRole('textbox', { name: /จุดที่ตรวจ/ }).fill('หน้าวัด');
    await small.getByRole('button', { name: 'ต่อไป' }).click();
    await small.getByText(/ยังตอบไม่ครบ/).waitFor();
    wrong.push(...await look(desk, 'office-form-compare'));
    assert.deepEqual(await stage.office.ask('drafts'), [], 'a trial keeps nothing');
    await desk.press('เผยแพร่รุ่นนี้');
    await desk.sees('งานที่ทำค้างไว้ทำต่อด้วยรุ่นเดิมจนบันทึก');
    await desk.press('เผยแพร่', { exact: true });
    await desk.sees('เผยแพร่แล้ว รุ่น 9');
    await desk.shows(desk.page.locator('.office-form-row', { hasText: 'ปรับโดยหน่วยงาน' }));

    await phone.sync();
    await phone.openCard(begun.id);
    await phone.press(/ตรวจสภาพ/);
    await phone.sees('ไฟเป็นอย่างไร');
    await phone.page.goBack();

    await phone.openCard(fresh.id);
    await phone.press(/ตรวจสภาพ/);
    await phone.shows(phone.page.locator('.question-box.note b', { hasText: 'ให้ครบ' }));
    assert.equal(await phone.page.locator('.question-box.note li').count(), 2);
    assert.equal(await phone.page.locator('.question-box.note a').getAttribute('href'), 'https://example.go.th');
    assert.equal(await phone.page.evaluate(() => window.hacked), undefined);
    wrong.push(...await look(phone, 'form-note'));
    const next = () => phone.press('ต่อไป');
    await next();

    await phone.sees('ตอบตามที่เห็นจริง');
    await phone.type(/จุดที่ตรวจ/, 'หน้าวัดทดสอบ');
    await phone.type(/เบอร์โทร/, '๐๘๑๒๓๔๕๖๗๘');
    await phone.type(/เล่าสิ่งที่เห็น/, 'ไฟดับ\nสองดวง');
    await phone.type(/จำนวนคน/, '๑,๒๐๐');
    await phone.type(/ความสูง/, '๗.๕');
    wrong.push(...await look(phone, 'form-words'));
    await next();

    // A choice that ends its screen goes on by itself.
    await phone.choose(/ระดับความเร่งด่วน/, 'ด่วน');
    await phone.sees('หมู่บ้าน');
    const village = phone.page.getByRole('group', { name: /หมู่บ้าน/ });
    await village.getByText('แสดง 60 รายการแรก').waitFor();
    await village.getByRole('searchbox').fill('หมู่ 77');
    await village.getByText('หมู่ 77 บ้านทดสอบ').click();
    wrong.push(...await look(phone, 'form-long-list'));
    await next();
    await phone.choose(/เครื่องมือที่ใช้/, 'บันได');
    await phone.choose(/เครื่องมือที่ใช้/, 'เชือก');
    wrong.push(...await look(phone, 'form-several'));
    await next();
    await phone.press('เลื่อนขึ้น เชือก');
    wrong.push(...await look(phone, 'form-rank'));
    await next();

    const day = (name) => phone.page.getByRole('group', { name });
    await day(/วันที่เห็น/).getByLabel('วันที่', { exact: true }).fill('๒๑');
    await day(/วันที่เห็น/).getByLabel('เดือน').selectOption('พฤศจิกายน');
    // The longest month is not cut: it fits beside the padding and the list's arrow.
    const room = await day(/วันที่เห็น/).getByLabel('เดือน').evaluate((list) => {
      const style = getComputedStyle(list);
      const pen = document.createElement('canvas').getContext('2d');
      pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
      return list.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) - 20 - pen.measureText('พฤศจิกายน').width;
    });
    assert.ok(room >= 0, `${room} pixels are missing`);
    await day(/วันที่เห็น/).getByLabel('ปี พ.ศ.').fill('๒๕๖๙');
    await day(/งวดเดือน/).getByLabel('เดือน').selectOption('มกราคม');
    await day(/งวดเดือน/).getByLabel('ปี พ.ศ.').fill('2569');
    // A year of two figures is none: it is not thrown away, and the page does not turn over it.
    await day(/ปีที่สร้าง/).getByLabel('ปี พ.ศ.').fill('40');
    await next();
    await phone.sees('ไม่มีวันที่นี้ในปฏิทิน');
    assert.equal(await day(/ปีที่สร้าง/).getByLabel('ปี พ.ศ.').inputValue(), '40');
    await day(/ปีที่สร้าง/).getByLabel('ปี พ.ศ.').fill('2540');
    await phone.page.locator('input[type=time]').first().fill('08:30');
    await day(/นัดพบ/).getByRole('button', { name: 'เดี๋ยวนี้' }).click();
    wrong.push(...await look(phone, 'form-days'));
    await next();

    await phone.press('จับตำแหน่งที่นี่');
    await phone.press('ใช้ตำแหน่งนี้');
    await phone.sees('คลาดเคลื่อนราว 6 เมตร');
    wrong.push(...await look(phone, 'form-place'));
    await next();
    await phone.page.locator('input[capture]').setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer: PICTURE });
    await phone.shows(phone.page.locator('img.photo'));
    await next();
    await phone.press('เซ็นชื่อ');
    const pad = phone.page.locator('canvas.pad');
    const box = await pad.boundingBox();
    for (const [from, to] of [[0.2, 0.5], [0.5, 0.8]]) {
      await phone.page.mouse.move(box.x + box.width * from, box.y + box.height * 0.3);
      await phone.page.mouse.down();
      await phone.page.mouse.move(box.x + box.width * to, box.y + box.height * 0.7, { steps: 5 });
      await phone.page.mouse.up();
    }
    wrong.push(...await look(phone, 'form-signature'));
    await phone.press('ใช้ลายเซ็นนี้');
    await phone.shows(phone.page.locator('img.photo'));
    await next();
    // A label of ours in front of the camera: the bare code is the answer, and not the link that proves who stood there.
    const sticker = stage.blankCode();
    film(stage.lens, `${stage.site.url.toUpperCase()}/Q/${sticker}AB12CD`);
    await phone.page.locator('.question-box').getByRole('button', { name: 'สแกน', exact: true }).click();
    await phone.page.waitForFunction((code) => [...document.querySelectorAll('.question-box input')].some((input) => input.value === code), sticker);
    await phone.type(/เลขเครื่อง/, 'SN-๔๒');
    await next();

    const scale = (name) => phone.page.getByRole('group', { name });
    await scale(/ความพอใจ/).getByRole('button', { name: '4' }).click();
    await scale(/ความสว่าง/).getByRole('slider').fill('60');
    await scale(/ความสว่าง/).getByRole('button', { name: 'เพิ่ม' }).click();
    await scale(/อ่านข้อตกลงแล้ว/).getByRole('checkbox').check();
    wrong.push(...await look(phone, 'form-scales'));
    await next();

    await phone.type(/กำลังไฟ/, '36');
    await next();
    // Whether there is another one is asked after the last.
    await phone.press('เพิ่มอีกหนึ่ง');
    await phone.heading('โคม (2)');
    await phone.type(/กำลังไฟ/, '18.5');
    await next();
    wrong.push(...await look(phone, 'form-repeat'));
    await next();
    await phone.type(/เห็นอะไร/, 'สายห้อย');
    await next();
    await phone.heading('ด้านของเสา (2)');
    await phone.press('บันทึก', { exact: true });
    await phone.heading('บันทึกแล้ว');

    await phone.openCard(fresh.id);
    await phone.page.locator('.visit summary').first().click();
    await phone.sees('หน้าวัดทดสอบ');
    const shown = await phone.page.locator('.visit').first().innerText();
    for (const words of ['หน้าวัดทดสอบ', 'ด่วน', 'หมู่ 77 บ้านทดสอบ', 'บันได, เชือก', '21 พ.ย. 2569', '2540', 'ม.ค. 2569']) assert.ok(shown.includes(words), `${words} in ${shown}`);
    wrong.push(...await look(phone, 'form-record'));
    await phone.sync();

    const [visit] = (await stage.office.card(fresh.id)).visits;
    const { met_at: met, spot, picture: photo, signed, ...values } = visit.values;
    assert.match(met, new RegExp(`^${TODAY}T`));
    assert.deepEqual([spot.lat, spot.lon, spot.acc], [13.7563, 100.5018, 6]);
    assert.deepEqual([...visit.photos].sort(), [photo, signed].sort());
    delete values.zone;
    assert.deepEqual(values, {
      place: 'หน้าวัดทดสอบ', phone_no: '0812345678', story: 'ไฟดับ\nสองดวง', people: 1200, height: 7.5, level: 'high', village: 'v77',
      tools: ['ladder', 'rope'], liked: ['ladder', 'rope', 'meter'], seen_on: '2026-11-21', built_in: '1997-01-01', paid_for: '2026-01-01',
      at_time: '08:30:00.000+07:00', serial: 'SN-42', stars: 4, bright: 65, agreed: true,
      lamp: [{ watts: 36 }, { watts: 18.5 }], side: [{ seen: 'สายห้อย' }, {}], side_count: 2,
    });
    const signature = await stage.office.ask('photo', { hash: signed });
    assert.ok(signature.base64.length > 1000, 'the signature reached the office');
  });

  test('a form looks another pole up in the registry of the phone, without signal, and writes to it', { timeout: 120_000 }, async (t) => {
    const desk = await newDesk(t, stage);
    await desk.login();
    await openUpload(desk);
    const led = { name: 'LED.png', mimeType: 'image/png', buffer: PICTURE };
    await upload(desk, led, csv('survey', LOOKUP), csv('choices', LAMPS), csv('entities', ENTITIES), csv('settings', SETTINGS.replace(',9,', ',10,')));
    await desk.heading('เทียบกับรุ่นที่ใช้อยู่');
    await desk.sees(/ไม่มีไฟล์รูป tube.png/);
    await desk.press('เผยแพร่รุ่นนี้');
    await desk.press('เผยแพร่', { exact: true });
    await desk.sees('เผยแพร่แล้ว รุ่น 10');
    // What was replaced can still be had.
    const row = desk.page.locator('.office-form-row', { hasText: 'ตรวจสภาพ' });
    await row.getByText('รุ่นก่อนหน้า').click();
    await row.getByText(/รุ่น 9 · ใช้ตั้งแต่/).waitFor();
    wrong.push(...await look(desk, 'office-form-versions'));
    const [file] = await Promise.all([
      desk.page.waitForEvent('download'),
      row.locator('.office-versions li').first().getByRole('button', { name: 'ดาวน์โหลด Excel' }).click(),
    ]);
    assert.equal(file.suggestedFilename(), 'lights-inspect-9.xlsx');

    const phone = await technician(t);
    await phone.sync();
    const [here, other] = [poles[2], poles[3]];
    const { values } = await stage.office.card(other.id);
    await phone.context.setOffline(true);
    await phone.openCard(here.id);
    await phone.press(/ตรวจสภาพ/);
    await phone.press('ต่อไป');
    const lamp = phone.page.getByRole('group', { name: /โคมแบบใด/ });
    assert.equal(await lamp.locator('img').count(), 1, 'the picture that was chosen with the sheet');
    await phone.page.waitForFunction(() => document.querySelector('.option-picture')?.naturalWidth > 0);
    wrong.push(...await look(phone, 'form-pictures'));
    await phone.choose(/โคมแบบใด/, 'โคม LED');
    await phone.press('ต่อไป');
    const near = phone.page.getByRole('group', { name: /เสาต้นที่อยู่ใกล้/ });
    // Rows come from the store's own thread, so a moment later; a small round needs no line to search in.
    await near.getByText(other.heading, { exact: true }).click();
    wrong.push(...await look(phone, 'form-lookup'));
    await phone.press('ต่อไป');
    await phone.sees(`เสาต้นนั้นอยู่ที่ ${values.road}`);
    await phone.press('ต่อไป');
    await phone.type(/เลขเสาการไฟฟ้าของต้นนั้น/, 'PEA-77');
    await phone.press('บันทึก', { exact: true });
    await phone.heading('บันทึกแล้ว');
    await phone.context.setOffline(false);
    await phone.sync();
    assert.equal((await stage.office.card(other.id)).values.utility_no, 'PEA-77');
    assert.notEqual((await stage.office.card(here.id)).values.utility_no, 'PEA-77', 'its own subject is left alone');
  });

  test('large, one question at a time: Enter goes on, Back goes back, and a draft opens where it was left', { timeout: 180_000 }, async (t) => {
    const phone = await enrolledPhone(t, stage, { person: 'ป้าแดง ทดสอบ' });
    const [meter] = (await stage.office.round('water', 20)).filter((row) => row.standing !== 'done');
    await phone.page.evaluate(() => { location.hash = '#/settings'; });
    await phone.press('ตัวใหญ่ ทีละข้อ');
    await phone.openCard(meter.id);
    await phone.press('จดมาตร');
    await phone.sees(/ข้อ 1 จาก \d+/);
    const reading = phone.box(/เลขหน้ามาตร/);
    await reading.waitFor();
    await phone.page.waitForFunction(() => document.activeElement?.matches('input.number'));
    wrong.push(...await look(phone, 'form-one-by-one'));
    // A number near the last one, so that nothing else is asked.
    const card = await stage.office.card(meter.id);
    const last = card.visits.find((visit) => visit.values.reading !== undefined);
    await reading.fill(String(Number(last?.values.reading ?? card.values.initial_reading ?? 0) + 3));
    await reading.press('Enter');
    await phone.sees(/ข้อ 2 จาก \d+/);
    await phone.sees('สภาพมาตร');
    assert.equal(await phone.page.locator('.question-box:not(.note)').count(), 1);
    wrong.push(...await look(phone, 'form-one-by-one-choice'));
    // The way back is a question back, and keeps what was said.
    await phone.press('กลับ');
    await phone.sees(/ข้อ 1 จาก \d+/);
    assert.match(await reading.inputValue(), /^\d+$/);
    await phone.press('ต่อไป');
    await phone.sees(/ข้อ 2 จาก \d+/);
    await phone.goHome();
    await phone.press('ทำค้างไว้ 1 รายการ');
    await phone.press(new RegExp(meter.heading.slice(0, 8)));
    await phone.sees(/ข้อ 2 จาก \d+/);
    await phone.sees('สภาพมาตร');
  });

  test('a saved reading is corrected on the phone, and the office sees both', { timeout: 180_000 }, async (t) => {
    const phone = await enrolledPhone(t, stage, { person: 'สมศรี แก้ไข' });
    const meters = (await stage.office.round('water', 30)).filter((row) => row.standing !== 'done');
    let meter;
    for (const row of meters) {
      const card = await stage.office.card(row.id);
      const last = card.visits.find((visit) => visit.values.usage > 3);
      if (last && last === card.visits[0] && Number(last.values.reading) < 9000) { meter = { id: row.id, previous: Number(last.values.reading), usage: usual(card) }; break; }
    }
    assert.ok(meter, 'a meter with a past');
    await phone.openCard(meter.id);
    await phone.press('จดมาตร');
    const wrongly = meter.previous + meter.usage + 1;
    await phone.type(/เลขหน้ามาตร/, String(wrongly));
    await phone.press('ต่อไป');
    await phone.press('บันทึก', { exact: true });
    await phone.heading('บันทึกแล้ว');
    // At once after saving, and from the card later on.
    await phone.press('แก้ไขรายการนี้');
    await phone.sees('กำลังแก้สิ่งที่บันทึกไปแล้ว');
    await phone.page.waitForFunction((value) => document.querySelector('input.number')?.value === value, String(wrongly));
    await phone.openCard(meter.id);
    await phone.page.locator('.visit summary').first().click();
    await phone.press('แก้ไขรายการนี้');
    await phone.sees('กำลังแก้สิ่งที่บันทึกไปแล้ว');
    await phone.page.waitForFunction((value) => document.querySelector('input.number')?.value === value, String(wrongly));
    wrong.push(...await look(phone, 'form-correction'));
    const page = (reading) => phone.page.locator('.overview-page', { hasText: String(reading) });
    await page(wrongly).click();
    // Back leads to all of it, not out of the form.
    await phone.page.locator('.bar button').first().click();
    await page(wrongly).click();
    await phone.type(/เลขหน้ามาตร/, String(meter.previous + meter.usage));
    await phone.press('ดูทั้งหมดแล้วบันทึก');
    await phone.shows(page(meter.previous + meter.usage));
    await phone.press('บันทึก', { exact: true });
    await phone.shows(phone.page.locator('.correction-reason.wrong').getByRole('alert').filter({ hasText: 'เขียนเหตุผลก่อน' }));
    await phone.page.waitForFunction(() => document.activeElement?.matches('.correction-reason input'));
    await phone.type(/ทำไมจึงแก้/, 'พิมพ์เลขเกินไปหนึ่ง');
    wrong.push(...await look(phone, 'form-correction-reason'));
    await phone.press('บันทึก', { exact: true });
    await phone.heading('บันทึกแล้ว');
    await phone.openCard(meter.id);
    await phone.shows(phone.page.locator('.visit.corrected', { hasText: 'แก้ไขแล้ว' }));
    wrong.push(...await look(phone, 'card-corrected'));
    await phone.sync();
    const visits = (await stage.office.card(meter.id)).visits.slice(0, 2);
    assert.deepEqual(visits.map((visit) => [visit.values.reading, visit.corrected, visit.at]), [
      [meter.previous + meter.usage, false, visits[1].at],
      [wrongly, true, visits[1].at],
    ]);
    assert.equal((await stage.office.ask('questions', { settled: false })).filter((row) => row.question.subject === meter.id).length, 0);
  });

  test('these screens keep to the rules for everybody', () => assert.deepEqual(wrong, []));
});
