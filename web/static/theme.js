// Light or dark: as the system says, until the button says otherwise.
import { remember, remembered } from './i18n.js';

const dark = matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set();
let chosen = ['light', 'dark'].includes(remembered('upwind.theme')) ? remembered('upwind.theme') : null;

export const theme = () => chosen ?? (dark.matches ? 'dark' : 'light');
export const onTheme = (fn) => listeners.add(fn);

function apply() {
  document.documentElement.dataset.theme = theme();
  for (const fn of listeners) fn(theme());
}

export function toggleTheme() {
  chosen = theme() === 'dark' ? 'light' : 'dark';
  remember('upwind.theme', chosen);
  apply();
}

dark.addEventListener('change', apply);
apply();
