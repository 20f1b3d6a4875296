// Who may sign in: accounts with roles and areas.
import { get, post } from './api.js';
import { $, el } from './dom.js';
import { onLanguage, t, word } from './i18n.js';
import { failed, fine, startShell } from './shell.js';

const ROLES = ['operator', 'analyst', 'inspector', 'administrator', 'wall'];
let accounts = [], editing = null; // the account in the form; null for a new one

async function load() {
  try {
    accounts = (await get('/api/accounts')).accounts;
    fine();
    draw();
  } catch (err) {
    failed(err);
  }
}

function draw() {
  $('rows').replaceChildren(...accounts.map((a) => el('tr', { class: a.disabled ? 'closed' : '' },
    el('td', {}, el('a', { href: `#${encodeURIComponent(a.login)}`, onclick: (e) => { e.preventDefault(); edit(a); } }, a.name), a.disabled ? el('small', {}, t('accounts.disabled')) : null),
    el('td', {}, a.login), el('td', {}, a.roles.map((r) => word('role', r)).join(' · ')),
    el('td', {}, a.areas.map((c) => (c === '*' ? t('accounts.whole') : c)).join(' ')), el('td', {}, a.officer_id))));
  const checked = new Set([...document.querySelectorAll('#roles input:checked')].map((n) => n.value));
  $('roles').replaceChildren(...ROLES.map((r) => el('label', {}, el('input', { type: 'checkbox', value: r, checked: checked.has(r) }), word('role', r))));
}

function edit(a) {
  editing = a;
  $('saved').hidden = true;
  $('form').hidden = false;
  $('login').value = a?.login ?? '';
  $('login').disabled = Boolean(a);
  $('name').value = a?.name ?? '';
  $('areas').value = (a?.areas ?? []).join(' ');
  $('officer').value = a?.officer_id ?? '';
  $('password').value = '';
  $('password').required = !a;
  $('disabled').checked = a?.disabled ?? false;
  for (const n of document.querySelectorAll('#roles input')) n.checked = a?.roles.includes(n.value) ?? false;
  (a ? $('name') : $('login')).focus();
}

function close() { $('form').hidden = true; }

async function save(e) {
  e.preventDefault();
  const login = $('login').value.trim().toLowerCase();
  const roles = [...document.querySelectorAll('#roles input:checked')].map((n) => n.value);
  try {
    await post(`/api/accounts/${encodeURIComponent(login)}`, { name: $('name').value.trim(), roles, areas: $('areas').value.split(/[\s,，]+/).filter(Boolean), officer_id: $('officer').value.trim(),
      password: $('password').value, disabled: $('disabled').checked, revision: editing?.revision ?? 0 });
    close();
    await load();
    $('saved').hidden = false;
    $('saved').textContent = t('accounts.saved', { login });
  } catch (err) {
    failed(err);
  }
}

async function start() {
  startShell(draw);
  onLanguage(() => { $('saved').hidden = true; });
  $('live').hidden = true; // nothing here changes by itself
  $('new').addEventListener('click', () => edit(null));
  $('cancel').addEventListener('click', close);
  $('form').addEventListener('submit', save);
  await load();
  document.body.dataset.ready = 'yes';
}

start();
