// Words by key. The page is Chinese first; what a key has no word for is shown as it is.
import zh from './words/zh-CN.js';
import en from './words/en.js';

const books = { 'zh-CN': zh, en };
const listeners = new Set();
let lang = remembered('upwind.lang') in books ? remembered('upwind.lang') : 'zh-CN';

export function remembered(key) {
  try { return localStorage.getItem(key); } catch { return null; }
}

export function remember(key, value) {
  try { localStorage.setItem(key, value); } catch { /* private window: forgotten at its end */ }
}

export const language = () => lang;

export function t(key, values = {}) {
  const word = books[lang][key] ?? key;
  return word.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');
}

// word looks up `<family>.<name>` and falls back to the bare name, for names the program may gain later.
export function word(family, name) {
  if (!name) return '';
  return books[lang][`${family}.${name}`] ?? name;
}

export function setLanguage(next) {
  if (!(next in books)) return;
  lang = next;
  remember('upwind.lang', next);
  translatePage();
  for (const fn of listeners) fn();
}

export const onLanguage = (fn) => listeners.add(fn);

export function translatePage() {
  document.documentElement.lang = lang;
  document.title = t(document.documentElement.dataset.i18nTitle ?? 'app.title');
  for (const el of document.querySelectorAll('[data-i18n]')) el.textContent = t(el.dataset.i18n);
  for (const el of document.querySelectorAll('[data-i18n-label]')) {
    el.setAttribute('aria-label', t(el.dataset.i18nLabel));
    if (el.tagName === 'BUTTON') el.title = t(el.dataset.i18nLabel);
  }
  for (const el of document.querySelectorAll('[data-i18n-placeholder]')) el.placeholder = t(el.dataset.i18nPlaceholder);
}
