// Signing in; with the link that the server printed, the first administrator.
import { me, post } from './api.js';
import { $ } from './dom.js';
import { language, setLanguage, t, translatePage } from './i18n.js';
import { toggleTheme } from './theme.js';

const token = location.hash.slice(1);

// next is a path of this server; anything else, as //elsewhere, leads to the map.
function next() {
  const asked = new URLSearchParams(location.search).get('next') ?? '/';
  const url = new URL(asked, location.origin);
  return url.origin === location.origin && asked.startsWith('/') ? url.pathname + url.hash : '/';
}

async function submit(e) {
  e.preventDefault();
  $('go').disabled = true;
  $('trouble').hidden = true;
  const doc = { login: $('login').value, password: $('password').value };
  try {
    if (token) await post('/api/first', { ...doc, token, name: $('name').value });
    else await post('/api/signin', doc);
    location.replace(token ? '/' : next());
  } catch (err) {
    $('trouble').hidden = false;
    $('trouble').textContent = t('signin.failed', { text: err.message });
    $('password').select();
  } finally {
    $('go').disabled = false;
  }
}

async function start() {
  if (token) {
    for (const id of ['first-note', 'name-row']) $(id).hidden = false;
    $('name').required = true;
    $('title').dataset.i18n = 'signin.first';
    $('go').dataset.i18n = 'signin.make';
    $('password').autocomplete = 'new-password';
    $('password').minLength = 10;
  }
  translatePage();
  $('form').addEventListener('submit', submit);
  $('theme-button').addEventListener('click', toggleTheme);
  $('lang-button').addEventListener('click', () => setLanguage(language() === 'en' ? 'zh-CN' : 'en'));
  if (!token && (await me()).signed_in) location.replace(next());
  (token ? $('name') : $('login')).focus();
  document.body.dataset.ready = 'yes';
}

start();
