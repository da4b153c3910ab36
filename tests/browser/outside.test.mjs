// The world outside, from the office's desk: a way out is set up and tried with a receiver of this test, a case that another
// system opens over Open311 reaches that receiver, stands on the map, and leads to its pole.
//
//   node --test tests/browser/outside.test.mjs
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { look, newDesk, setStage, TODAY, until } from './stage.mjs';

describe('the world outside', () => {
  let stage;
  let receiver;
  const got = [];
  before(async () => {
    receiver = createServer(async (incoming, outgoing) => {
      let body = '';
      for await (const piece of incoming) body += piece;
      got.push({ headers: incoming.headers, body });
      outgoing.writeHead(204).end();
    });
    await new Promise((ready) => receiver.listen(0, '127.0.0.1', ready));
    stage = await setStage({ serving: ['--may-reach', '127.0.0.1'] });
  }, { timeout: 300_000 });
  after(async () => {
    receiver?.close();
    await stage?.end();
  });

  const open311 = (path, form) => fetch(`${stage.town.url}/open311/${path}`, form && { method: 'POST', body: new URLSearchParams(form) }).then((answer) => answer.json());

  test('a webhook is set up and tried, and a case from outside reaches it, the map and its pole', { timeout: 180_000 }, async (t) => {
    const wrong = [];
    const desk = await newDesk(t, stage);
    await desk.login();
    await desk.openPage('notify', 'การแจ้งเตือน');
    await desk.press('เพิ่มระบบอื่น (webhook)');
    await desk.type(/เรียกว่า/, 'ศูนย์เมือง');
    await desk.type(/ที่อยู่ \(URL\)/, `http://127.0.0.1:${receiver.address().port}/hook`);
    await desk.choose('ไฟสาธารณะ', 'เรื่องใหม่');
    await desk.press('บันทึก', { exact: true });
    const key = await desk.page.locator('#new-key').innerText();
    await desk.press('เก็บแล้ว ปิดได้');
    await desk.press('ส่งข้อความทดสอบ');
    await desk.sees('ส่งสำเร็จ ปลายทางรับข้อความแล้ว');
    const signed = ({ headers, body }) => {
      const own = createHmac('sha256', key).update(`${headers['x-sanam-timestamp']}.${body}`).digest('hex');
      assert.equal(headers['x-sanam-signature'], `v1=${own}`);
      return JSON.parse(body);
    };
    assert.match(signed(got[0]).title, /ข้อความทดสอบ/);
    wrong.push(...await look(desk, 'office-notify'));

    await desk.type('ออกให้ใคร', 'ศูนย์เมือง');
    await desk.press('ออกกุญแจ');
    const apiKey = await desk.page.locator('#new-outside-key').innerText();
    await desk.page.setViewportSize({ width: 360, height: 740 });
    wrong.push(...await look(desk, 'office-notify-phone'));
    await desk.page.setViewportSize({ width: 1280, height: 800 });

    // Another system opens a case at a pole that is in order.
    const seen = await stage.office.ask('overview', { programme: 'lights', today: TODAY });
    const pole = seen.points.find((point) => point.condition === 'good');
    const [opened] = await open311('v2/requests.json', { api_key: apiKey, service_code: 'lights.off', address_id: pole.heading, description: 'โทร 0812345678' });
    assert.ok(opened.service_request_id, JSON.stringify(opened));
    await until(() => got.length > 1, 'the message about the case');
    const told = signed(got[1]);
    assert.equal(told.event, 'opened');
    assert.ok(told.title.includes(pole.heading) && !got[1].body.includes('0812345678'), got[1].body);
    const [listed] = await open311(`v2/requests/${opened.service_request_id}.json`);
    assert.deepEqual([listed.status, listed.address_id], ['open', pole.heading]);

    await desk.page.getByRole('link', { name: 'แผนที่และภาพรวม' }).click();
    await desk.heading('แผนที่และภาพรวม');
    await desk.page.locator('select').selectOption({ label: 'ไฟสาธารณะ' });
    await desk.page.locator('sanam-map[data-drawn=yes]').waitFor();
    await desk.sees('แยกตามถนน');
    await desk.sees('เรื่องที่ยังไม่เสร็จ');
    wrong.push(...await look(desk, 'office-map'));
    // The same point in the list, and on the map itself.
    await desk.shows(desk.page.locator('.outside-open').getByText(pole.heading, { exact: true }));
    const map = await desk.page.locator('sanam-map').boundingBox();
    const at = await desk.page.evaluate((id) => { const { x, y } = document.querySelector('sanam-map').where(id); return { x, y }; }, pole.id);
    await desk.page.mouse.click(map.x + at.x, map.y + at.y);
    await desk.page.waitForFunction(() => location.hash.startsWith('#/office/registry/') || location.hash.startsWith('#/office/orders/'));

    await desk.page.goBack();
    await desk.page.locator('select').selectOption({ label: 'สัตว์เลี้ยง' });
    await desk.sees('แยกตามหมู่');
    await desk.sees('เป้า 80%');
    await desk.page.setViewportSize({ width: 360, height: 740 });
    await desk.page.locator('sanam-map[data-drawn=yes]').waitFor();
    wrong.push(...await look(desk, 'office-map-phone'));
    assert.deepEqual(wrong, []);
    // Nothing but this server was asked for anything.
    const foreign = await desk.page.evaluate(() => performance.getEntriesByType('resource').map((one) => new URL(one.name)).filter((url) => url.origin !== location.origin && url.protocol.startsWith('http')).map(String));
    assert.deepEqual(foreign, []);
  });
});
