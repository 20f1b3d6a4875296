// The only place that talks to the server.
export class ApiError extends Error {
  constructor(status, text) { super(text); this.status = status; }
}

export async function get(path, signal) {
  const answer = await fetch(path, { signal, headers: { Accept: 'application/json' } });
  return read(answer);
}

async function read(answer) {
  const doc = await answer.json().catch(() => null);
  if (answer.status === 401 && location.pathname !== '/signin') location.assign(`/signin?next=${encodeURIComponent(location.pathname + location.hash)}`);
  if (!answer.ok) throw new ApiError(answer.status, doc?.error ?? `${answer.status}`);
  return doc;
}

let asked = null;

// me is who is signed in, asked once a page.
export const me = () => (asked ??= get('/api/me'));

// post changes something. The token shows that the page is the server's own.
export async function post(path, doc) {
  const { csrf } = await me();
  return read(await fetch(path, { method: 'POST', body: JSON.stringify(doc), headers: { Accept: 'application/json', 'Content-Type': 'application/json', 'X-CSRF-Token': csrf ?? '' } }));
}

// latest wraps a loader so that a newer call cancels the older one; a cancelled call gives undefined.
export function latest(loader) {
  let running = null;
  return async (...args) => {
    running?.abort();
    const mine = new AbortController();
    running = mine;
    try {
      const out = await loader(mine.signal, ...args);
      return mine.signal.aborted ? undefined : out;
    } catch (err) {
      if (mine.signal.aborted) return undefined;
      throw err;
    }
  };
}

// live follows the server's notices. The stream reconnects by itself; after a gap it says resync.
export function live({ onChange, onResync, onState }) {
  const stream = new EventSource('/api/events');
  let opened = false;
  stream.addEventListener('open', () => onState(true));
  stream.addEventListener('error', () => onState(false));
  stream.addEventListener('hello', () => {
    if (opened) onResync();
    opened = true;
  });
  stream.addEventListener('resync', onResync);
  stream.addEventListener('change', (e) => onChange(new Set(JSON.parse(e.data).kinds)));
}
