// Starts the screens, and keeps the offline copy of the app up to date. The page's only script: no inline code is allowed.
//
// Events on `window`, for the screens:
//   sanam:update-ready   a newer version is stored and waits; nothing changes until someone asks
//   sanam:update-now     (sent by the screens) switch to it and reload; another open tab hears update-ready, since only the
//                        person in front of it knows whether something half-typed would be lost
import init from '{{glue}}';

// Inside the installed app (Tauri) the files are local already, and a service worker would only keep old ones.
const installedApp = '__TAURI_INTERNALS__' in window;

async function keepOffline() {
  if (installedApp || !('serviceWorker' in navigator)) return;
  const registration = await navigator.serviceWorker.register('/sw.js');

  const announce = () => window.dispatchEvent(new CustomEvent('sanam:update-ready'));
  const watch = (incoming) => {
    incoming?.addEventListener('statechange', () => {
      // Without a controller this is the first installation, which replaces nothing.
      if (incoming.state === 'installed' && navigator.serviceWorker.controller) announce();
    });
  };
  if (registration.waiting && navigator.serviceWorker.controller) announce();
  watch(registration.installing);
  registration.addEventListener('updatefound', () => watch(registration.installing));

  let asked = false;
  window.addEventListener('sanam:update-now', () => {
    asked = true;
    if (registration.waiting) registration.waiting.postMessage('skip-waiting');
    else location.reload(); // another tab has switched already
  });
  let replaces = navigator.serviceWorker.controller !== null;
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    // The first service worker takes over a page that already runs the same files.
    if (asked) location.reload();
    else if (replaces) announce();
    replaces = true;
  });

  // A phone keeps the app open for days; ask again when someone comes back to it.
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') registration.update().catch(() => {});
  });
}

try {
  await init();
  document.getElementById('starting')?.remove();
} catch (error) {
  console.error(error);
  const notice = document.getElementById('starting') ?? document.body.appendChild(document.createElement('p'));
  notice.textContent = 'เปิดสนามไม่ได้ในเบราว์เซอร์นี้ โปรดปรับรุ่น Chrome หรือ Safari แล้วเปิดใหม่ ข้อมูลที่บันทึกไว้ยังอยู่ในเครื่อง (Sanam cannot start in this browser.)';
  notice.setAttribute('role', 'alert');
}

// After the screens, so that the first visit does not fetch everything twice at once on a slow line.
keepOffline().catch((error) => console.warn('offline copy:', error));
