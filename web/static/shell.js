// What the pages beside the map share: language, theme, and the mark that tells whether the page follows the server.
import { live } from './api.js';
import { $ } from './dom.js';
import { language, onLanguage, setLanguage, t, translatePage } from './i18n.js';
import { toggleTheme } from './theme.js';
import { startWho } from './who.js';

const SETTLE_MS = 300; // gathers notices that come close together
const PAUSE_FACTOR = 4; // a page spends at most a fifth of its time on reading what changed

let connected = false;

function drawLive() {
  $('live').className = connected ? 'on' : '';
  $('live').textContent = t(connected ? 'status.live' : 'status.lost');
}

// startShell wires the header. redraw is called in a new language.
export function startShell(redraw) {
  translatePage();
  drawLive();
  $('theme-button').addEventListener('click', toggleTheme);
  $('lang-button').addEventListener('click', () => setLanguage(language() === 'en' ? 'zh-CN' : 'en'));
  onLanguage(() => { drawLive(); redraw(); });
  startWho($('lang-button'));
}

// follow calls load when one of the kinds changes, never twice at a time.
export function follow(kinds, load) {
  let timer = 0, lastMS = 0, again = false;
  const soon = () => {
    again = true;
    timer ||= setTimeout(async () => {
      again = false;
      const began = performance.now();
      await load();
      lastMS = performance.now() - began;
      timer = 0;
      if (again) soon();
    }, Math.max(SETTLE_MS, PAUSE_FACTOR * lastMS));
  };
  live({
    onState: (on) => { connected = on; drawLive(); },
    onResync: soon,
    onChange: (changed) => { if (changed.has('all') || kinds.some((k) => changed.has(k))) soon(); },
  });
}

// failed says why something could not be read; a lost connection shows in the header.
export function failed(err) {
  if (err.name === 'AbortError' || err instanceof TypeError && connected === false) return;
  $('trouble').hidden = false;
  $('trouble').textContent = t('notice.failed', { text: err.message });
}

export function fine() { $('trouble').hidden = true; }
