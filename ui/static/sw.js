// The service worker: keeps one whole version of the app on the device, so that it opens with no signal and no server.
//
// One cache per version, filled completely before it is used: a half-downloaded version can never be shown. A new version is
// stored beside the old one and takes over when no tab uses the old one, or when the screens ask ('skip-waiting').
// It holds the app, never data: requests to the server's doors pass untouched.
// {{version}} and {{files}} are put in by ui/build.mjs.

const PREFIX = 'sanam-app-';
const CACHE = `${PREFIX}{{version}}`;
const FILES = {{files}};
const KEPT = new Set(FILES);
// Stickers hold /Q/ in capitals, which keeps their QR code small.
const SERVER_DOORS = /^\/(v1|api|q|Q)(\/|$)|^\/health$/;

// Files under /assets/ are named by their content: one that an older version holds need not be fetched again,
// which matters to someone who pays for each megabyte.
async function store(cache, url) {
  if (url.startsWith('/assets/')) {
    const held = await caches.match(url);
    if (held) return cache.put(url, held);
  }
  const response = await fetch(url, { cache: url.startsWith('/assets/') ? 'default' : 'reload' });
  if (!response.ok || response.redirected) throw new Error(`${url}: ${response.status}`);
  return cache.put(url, response);
}

self.addEventListener('install', (event) => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open(CACHE);
      await Promise.all(FILES.map((url) => store(cache, url)));
    })(),
  );
});

self.addEventListener('activate', (event) => {
  event.waitUntil(
    (async () => {
      const names = await caches.keys();
      await Promise.all(names.filter((name) => name.startsWith(PREFIX) && name !== CACHE).map((name) => caches.delete(name)));
      // The tab that installed us is served by us from now on; without this the first reload would still need the server.
      await self.clients.claim();
    })(),
  );
});

self.addEventListener('message', (event) => {
  if (event.data === 'skip-waiting') self.skipWaiting();
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin || SERVER_DOORS.test(url.pathname)) return;
  // Every screen is the same page; the address is read by the screens.
  const key = request.mode === 'navigate' ? '/' : url.pathname;
  if (!KEPT.has(key)) return;
  event.respondWith(
    (async () => {
      const cache = await caches.open(CACHE);
      return (await cache.match(key, { ignoreVary: true })) ?? fetch(request);
    })(),
  );
});
