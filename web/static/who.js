// Who is signed in, in the header of every page, and the way out.
import { me, post } from './api.js';
import { el, icon } from './dom.js';
import { onLanguage, t } from './i18n.js';

const PAGES = [['ledger', '/ledger', 'nav.ledger'], ['administer', '/accounts', 'nav.accounts']]; // for who may
const LEAVE = 'M14 4h5v16h-5M4 12h11m-4-4 4 4-4 4';

// startWho puts the button that signs out before a node.
export async function startWho(before) {
  const who = await me();
  if (!who.signed_in) return;
  const button = el('button', { type: 'button', id: 'signout-button', onclick: leave }, icon(LEAVE));
  const label = () => {
    button.title = `${t('signin.as', who)} · ${t('signin.out')}`;
    button.setAttribute('aria-label', button.title);
  };
  label();
  onLanguage(label);
  before.before(button);
  for (const [action, path, name] of PAGES) {
    if (!who.actions.includes(action)) continue;
    const link = el('a', { href: path, 'data-i18n': name, 'aria-current': location.pathname === path ? 'page' : null }, t(name));
    document.querySelector('.pages').append(link);
  }
}

async function leave() {
  await post('/api/signout', {});
  location.assign('/signin');
}
