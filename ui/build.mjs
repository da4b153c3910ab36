// Builds the browser app into ui/dist: three wasm crates (the screens, the store's worker, the code reader's), their glue, style, fonts,
// icons, the service worker, and a .br and a .gz copy beside every text and wasm file.
//
//   node ui/build.mjs          release: small, slow to build
//   node ui/build.mjs --dev    quick to build, large
//
// There is no bundler, because there is nothing to bundle: wasm-bindgen writes one JavaScript module per crate, and the map's
// libraries come as modules.
// Every file under /assets/ carries a hash of its content in its name and never changes; the rest is small and asked for anew.
// Slow steps (wasm-bindgen, wasm-opt, brotli 11) are remembered by the hash of what went in, so a build that changes
// nothing takes seconds.

import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const UI = join(ROOT, 'ui');
const DIST = join(UI, 'dist');
const NEXT = join(ROOT, 'target/web/dist.next');
const MEMORY = join(ROOT, 'target/web/build-memory');

const unknown = process.argv.slice(2).filter((word) => word !== '--dev');
if (unknown.length > 0) fail(`unknown option ${unknown.join(' ')}; the only one is --dev`);
const DEV = process.argv.includes('--dev');
const PROFILE = DEV ? 'web-dev' : 'web';

// What the browsers we support have had since 2023, and what LLVM already uses in its output.
const WASM_FEATURES = ['bulk-memory', 'nontrapping-float-to-int', 'sign-ext', 'mutable-globals', 'reference-types', 'multivalue'];
// Not until nothing changes any more (--converge): that takes twice as long for half a thousandth of the bytes.
const WASM_OPT = ['-Oz', '--strip-debug', '--strip-producers', ...WASM_FEATURES.map((feature) => `--enable-${feature}`)];

const FONT_WEIGHTS = [400, 700];
const FONT_SUBSETS = {
  thai: 'U+02D7,U+0303,U+0331,U+0E01-0E5B,U+200C-200D,U+25CC',
  latin: 'U+0000-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+0304,U+0308,U+0329,U+2000-206F,U+20AC,U+2122,U+2191,U+2193,U+2212,U+2215,U+FEFF,U+FFFD',
};

const COMPRESSED = new Set(['.html', '.js', '.css', '.wasm', '.json', '.webmanifest', '.svg', '.txt']);

function fail(reason) {
  console.error(`build: ${reason}`);
  process.exit(1);
}

function hash(...parts) {
  const sum = createHash('sha256');
  for (const part of parts) sum.update(part).update('\0');
  return sum.digest('hex');
}

// Runs a command with its output on our terminal, and stops the build when it fails.
async function run(command, args, env) {
  const child = spawn(command, args, { cwd: ROOT, env, stdio: 'inherit' });
  const status = await new Promise((ended) => {
    child.on('close', ended).on('error', (error) => fail(`${command}: ${error.message}`));
  });
  if (status !== 0) fail(`${basename(command)} ${args[0]} failed`);
}

// Gives the folder that `make(folder)` fills, made only when nothing is remembered under `key`.
async function remembered(key, make) {
  const folder = join(MEMORY, key);
  if (!existsSync(folder)) {
    mkdirSync(MEMORY, { recursive: true });
    const unfinished = mkdtempSync(join(MEMORY, 'unfinished-'));
    await make(unfinished);
    try {
      renameSync(unfinished, folder);
    } catch {
      rmSync(unfinished, { recursive: true }); // another build was quicker
    }
  }
  return folder;
}

function filesUnder(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)))
    .sort();
}

// Writes one file of the next dist, named by its content when it is an asset, and gives its URL.
function put(name, content) {
  const path = join(NEXT, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return `/${name}`;
}
function putAsset(name, content) {
  const extension = extname(name);
  return put(`assets/${name.slice(0, -extension.length)}-${hash(content).slice(0, 12)}${extension}`, content);
}

// Replaces {{name}} marks; a mark without a value is a mistake.
function fill(template, values) {
  return template.replace(/\{\{(\w+)\}\}/g, (mark, name) => values[name] ?? fail(`nothing to put in ${mark}`));
}

function readStatic(name) {
  return readFileSync(join(UI, 'static', name), 'utf8');
}

async function compileCrates() {
  const listing = execFileSync(join(ROOT, '.ci/web.sh'), ['--env'], { maxBuffer: 1 << 24 }).toString();
  const env = Object.fromEntries(listing.split('\0').filter(Boolean).map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
  await run(env.WEB_CARGO, ['build', '-p', 'ui', '-p', 'ui-worker', '-p', 'ui-scan-worker', '--target', 'wasm32-unknown-unknown', '--profile', PROFILE], env);
  return env;
}

// Turns one compiled crate into a hashed JavaScript module and a hashed wasm file; gives their URLs and the sizes.
async function bindCrate(env, artifact, name) {
  const compiled = join(env.CARGO_TARGET_DIR, 'wasm32-unknown-unknown', PROFILE, `${artifact}.wasm`);
  const source = readFileSync(compiled);
  const version = execFileSync(env.WASM_BINDGEN, ['--version']).toString();
  const key = hash(source, version, name, DEV ? 'dev' : WASM_OPT.join(' '));
  const folder = await remembered(key, async (out) => {
    await run(env.WASM_BINDGEN, [compiled, '--target', 'web', '--no-typescript', '--out-dir', out, '--out-name', name], env);
    if (DEV) return;
    const wasm = join(out, `${name}_bg.wasm`);
    await run(join(ROOT, 'node_modules/.bin/wasm-opt'), [wasm, '-o', wasm, ...WASM_OPT], env);
  });
  for (const file of filesUnder(folder).filter((file) => file.startsWith('snippets/'))) {
    put(`assets/${file}`, readFileSync(join(folder, file))); // their folder names carry a hash already
  }
  const wasm = putAsset(`${name}.wasm`, readFileSync(join(folder, `${name}_bg.wasm`)));
  const glue = readFileSync(join(folder, `${name}.js`), 'utf8');
  if (!glue.includes(`${name}_bg.wasm`)) fail(`${name}.js no longer names its wasm file`);
  return { wasm, js: putAsset(`${name}.js`, glue.replaceAll(`${name}_bg.wasm`, basename(wasm))) };
}

// The @font-face rules are made here because the file names are known only here.
function buildFonts() {
  const files = join(ROOT, 'node_modules/@fontsource/sarabun');
  if (!existsSync(files)) fail('the npm packages are missing: run .ci/setup.sh web');
  const rules = [];
  const urls = {};
  for (const [subset, range] of Object.entries(FONT_SUBSETS)) {
    for (const weight of FONT_WEIGHTS) {
      const url = putAsset(`sarabun-${subset}-${weight}.woff2`, readFileSync(join(files, `files/sarabun-${subset}-${weight}-normal.woff2`)));
      urls[`${subset}${weight}`] = url;
      rules.push(`@font-face{font-family:Sarabun;font-style:normal;font-weight:${weight};font-display:swap;src:url(${url}) format("woff2");unicode-range:${range}}`);
    }
  }
  put('assets/sarabun-OFL.txt', readFileSync(join(files, 'LICENSE')));
  return { rules: rules.join('\n'), urls };
}

function buildStyle(fontRules) {
  const folder = join(UI, 'style');
  const sheets = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.css')).sort() : [];
  return putAsset('sanam.css', [fontRules, ...sheets.map((name) => readFileSync(join(folder, name), 'utf8'))].join('\n'));
}

// The map: MapLibre with its worker and style, the reader of PMTiles, and our element around them. In a folder of their own,
// because no phone needs them: they are fetched on the one screen of the office that shows a map.
function buildMap() {
  const module = (name) => readFileSync(join(ROOT, 'node_modules', name), 'utf8').replace(/\n\/\/# sourceMappingURL=\S+\s*$/, '\n');
  if (!existsSync(join(ROOT, 'node_modules/maplibre-gl'))) fail('the npm packages are missing: run .ci/setup.sh web');
  const fflate = putAsset('map/fflate.js', module('fflate/esm/browser.js'));
  const reader = module('pmtiles/dist/esm/index.js');
  if (!reader.includes('from"fflate"')) fail('pmtiles no longer imports fflate as it did');
  const values = {
    maplibre: `./${basename(putAsset('map/maplibre-gl.js', module('maplibre-gl/dist/maplibre-gl.mjs')))}`,
    pmtiles: `./${basename(putAsset('map/pmtiles.js', reader.replace('from"fflate"', `from"./${basename(fflate)}"`)))}`,
    worker: putAsset('map/maplibre-gl-worker.js', module('maplibre-gl/dist/maplibre-gl-worker.mjs')),
    css: putAsset('map/maplibre-gl.css', module('maplibre-gl/dist/maplibre-gl.css')),
  };
  put('assets/map/licences.txt', ['maplibre-gl/LICENSE.txt', 'pmtiles/LICENSE', 'fflate/LICENSE'].filter((name) => existsSync(join(ROOT, 'node_modules', name))).map((name) => `${name}\n\n${module(name)}`).join('\n\n'));
  return putAsset('map/map.js', fill(readStatic('map.js'), values));
}

// The service worker's version is a hash of everything it keeps, so it changes exactly when one of them does.
function buildServiceWorker() {
  const kept = filesUnder(NEXT).filter((file) => extname(file) !== '.txt' && !file.startsWith('assets/map/'));
  const version = hash(...kept.map((file) => file + hash(readFileSync(join(NEXT, file))))).slice(0, 16);
  // The page itself is kept under its address, not under its file name.
  const urls = kept.map((file) => (file === 'index.html' ? '/' : `/${file}`));
  put('sw.js', fill(readStatic('sw.js'), { version, files: JSON.stringify(urls) }));
  return { version, count: urls.length };
}

async function compress() {
  const quality = DEV ? 5 : 11;
  const sizes = {};
  for (const file of filesUnder(NEXT).filter((file) => COMPRESSED.has(extname(file)))) {
    const content = readFileSync(join(NEXT, file));
    const folder = await remembered(hash(content, `brotli ${quality}`), (out) => {
      const params = { [constants.BROTLI_PARAM_QUALITY]: quality, [constants.BROTLI_PARAM_SIZE_HINT]: content.length, [constants.BROTLI_PARAM_LGWIN]: 24 };
      writeFileSync(join(out, 'br'), brotliCompressSync(content, { params }));
    });
    cpSync(join(folder, 'br'), join(NEXT, `${file}.br`));
    // Browsers take brotli over https only; in the office's own network there is often none.
    const gzip = await remembered(hash(content, `gzip ${quality}`), (out) => writeFileSync(join(out, 'gz'), gzipSync(content, { level: DEV ? 6 : 9 })));
    cpSync(join(gzip, 'gz'), join(NEXT, `${file}.gz`));
    sizes[`/${file}`] = { raw: content.length, br: statSync(join(folder, 'br')).size };
  }
  return sizes;
}

const kilobytes = (bytes) => `${Math.round(bytes / 1024)} KB`;
const started = Date.now();

const env = await compileCrates();
rmSync(NEXT, { recursive: true, force: true });
mkdirSync(NEXT, { recursive: true });
// Beside one another: each keeps one core busy for minutes.
const [app, store, scan] = await Promise.all([
  bindCrate(env, 'ui', 'ui'),
  bindCrate(env, 'ui_worker', 'store'),
  bindCrate(env, 'ui_scan_worker', 'scan'),
]);
const worker = putAsset('worker.js', fill(readStatic('worker.js'), { glue: `./${basename(store.js)}` }));
const scanWorker = putAsset('scan-worker.js', fill(readStatic('scan-worker.js'), { glue: `./${basename(scan.js)}` }));
const boot = putAsset('boot.js', fill(readStatic('boot.js'), { glue: `./${basename(app.js)}` }));
const fonts = buildFonts();
const style = buildStyle(fonts.rules);
const map = buildMap();
cpSync(join(ROOT, 'icons'), join(NEXT, 'icons'), { recursive: true, filter: (path) => !/\.(ico|icns|sh)$|32x32|128x128|icon\.png$/.test(path) });
put('manifest.webmanifest', readStatic('manifest.webmanifest'));
put('index.html', fill(readStatic('index.html'), { style, boot, glue: app.js, wasm: app.wasm, worker, scanWorker, map, font: fonts.urls.thai400 }));
const { version, count } = buildServiceWorker();
const sizes = await compress();

rmSync(DIST, { recursive: true, force: true });
renameSync(NEXT, DIST);

for (const [what, url] of [['screens', app.wasm], ['store  ', store.wasm], ['scan   ', scan.wasm]]) {
  console.log(`build: ${what} ${kilobytes(sizes[url].raw)} of wasm, ${kilobytes(sizes[url].br)} as brotli  ${url}`);
}
console.log(`build: ui/dist, ${PROFILE}, version ${version}, ${count} files kept offline, ${Math.round((Date.now() - started) / 1000)} s`);
