// The installed app in a real window: it starts, is enrolled through its screens against a real server, saves a reading,
// and the office receives it. Needs `.ci/setup.sh window`, the built screens and the server's command.
//
//   node --test tests/window/window.test.mjs
//
// SANAM_WINDOW names a built app; without it, one is built here. SANAM_BIN names the server's command.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ROOT, startTown, until } from '../browser/harness.mjs';
import { openWindow, startDriver } from './driver.mjs';

const TARGET = process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target');
const SCREENS = join(ROOT, 'target/screens');
const TODAY = new Date(Date.now() + 7 * 3600e3).toISOString().slice(0, 10);

const has = (command) => spawnSync('which', [command]).status === 0;
const missing =
  ['tauri-driver', 'WebKitWebDriver', 'xvfb-run', 'dbus-run-session'].find((command) => !has(command)) ??
  (existsSync(process.env.SANAM_BIN ?? join(ROOT, 'target/debug/sanam')) ? undefined : 'target/debug/sanam (cargo build -p cli)') ??
  (existsSync(join(ROOT, 'ui/dist/index.html')) ? undefined : 'ui/dist (node ui/build.mjs)');

describe('the installed app', { skip: missing ? `missing: ${missing}` : false }, () => {
  let town;
  let driver;
  let folder;
  let application = process.env.SANAM_WINDOW;

  before(async () => {
    if (!application) {
      // Unless whoever started this says that everything is built (.ci/test.sh: with other features than this one builds).
      if (!process.env.SANAM_TOOLS_BUILT) execFileSync('cargo', ['build', '-q', '-p', 'sanam-app', '--features', 'custom-protocol'], { cwd: ROOT, env: { ...process.env, CARGO_TARGET_DIR: TARGET }, stdio: 'inherit' });
      application = join(TARGET, 'debug/sanam-app');
    }
    folder = mkdtempSync(join(tmpdir(), 'sanam-app-'));
    town = await startTown();
    driver = await startDriver({ SANAM_DIR: join(folder, 'store') }, join(ROOT, 'target/window-driver.log'));
  }, { timeout: 1_800_000 });

  after(async () => {
    await driver?.stop();
    await town?.end();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  const is = (answer) => {
    assert.ok(answer.ok, JSON.stringify(answer.problem));
    return answer.ok.is;
  };

  test('it is enrolled, saves without a server, starts again, and the office receives it', { timeout: 300_000 }, async () => {
    let window = await openWindow(driver, application);
    await window.shown('h1 "เริ่มใช้งานสนาม"');
    await window.picture(join(SCREENS, 'window-enrol.png'));

    await window.run("window.heard = []; window.__TAURI__.event.listen('sanam', ({ payload }) => window.heard.push(payload.event))");

    // Through the screens, as a person would.
    const code = town.links.reader.split('/').at(-1);
    await window.run("location.hash = '#/enrol/' + arguments[0]", code);
    await window.shown('button "ลงทะเบียนเครื่อง"');
    await window.type('input[inputmode=url]', town.url);
    await window.type('input[inputmode=text]', 'เครื่องทดสอบ');
    await window.press('button "ลงทะเบียนเครื่อง"');
    await until(async () => (await window.ask('status')).ok?.is.enrolled, 'the enrolment');
    const round = await until(async () => {
      const rows = is(await window.ask('round', { programme: 'water', zone: null, standing: [], today: TODAY, offset: 0, limit: 200 })).rows;
      return rows.length > 0 && rows;
    }, 'the meters');
    await until(async () => (await window.run('return document.body.innerText')).includes('ประปา'), 'the home screen');
    await window.picture(join(SCREENS, 'window-home.png'));
    const heard = await window.run('return window.heard');
    for (const event of ['status', 'progress', 'changed']) assert.ok(heard.includes(event), `${event} in ${heard}`);

    // No server: the save is durable all the same, and the app says so.
    await town.stop();
    const saved = is(await window.ask('save_visit', {
      programme: 'water', form: 'reading', subject: round[0].id, zone: null, code: null, outcome: 'done',
      answers: { reading: 9876 }, photos: [], place: null, supersedes: null, offset_minutes: 420,
    }));
    assert.deepEqual([saved.counts.saved, saved.counts.received], [1, 0]);
    assert.equal((await window.ask('sync')).problem.code, 'offline');

    // It is closed, and started again.
    await window.close();
    window = await openWindow(driver, application);
    const card = is(await window.ask('card', { subject: round[0].id, today: TODAY }));
    assert.equal(card.visits[0].values.reading, 9876);

    // The server is back: nobody presses anything, the screens or the errand boy see to it.
    await town.restart();
    await window.run("window.dispatchEvent(new Event('online'))");
    await until(async () => is(await window.ask('status')).counts.received === 1, 'the office to receive it');
    assert.match(town.dump(), /9876/);
    await window.picture(join(SCREENS, 'window-received.png'));
    await window.close();
  });

  test('the page can use a camera and may call nothing but the store', { timeout: 120_000 }, async () => {
    const window = await openWindow(driver, application);
    await window.shown('h1');
    assert.equal(await window.run('return typeof navigator.mediaDevices?.getUserMedia'), 'function');
    assert.match(JSON.stringify(await window.ask('fly')), /malformed/);
    const refused = await window.run("return window.__TAURI__.core.invoke('plugin:window|set_title', { label: 'main', value: 'x' }).then(() => 'allowed', (error) => String(error))");
    assert.match(refused, /not allowed/);
    await window.close();
  });
});
