/** Pairing with a server, who is paired, and the sites on which the person wants no mark. */

import { askWorker, onKeptChange, requestOrigin } from '../lib/browser.js';
import { originPattern, serverAddress } from '../lib/address.js';
import { localise, speak } from '../lib/i18n.js';
import { Trouble } from '../lib/trouble.js';
import { ROLES, TROUBLES, word } from '../cards/words.js';

/** @import { Say } from '../lib/i18n.js' */
/** @import { Status } from '../background/desk.js' */
/** @import { TroubleCode } from '../lib/trouble.js' */

/** @param {string} id */
const part = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
/** @param {string} id */
const field = (id) => /** @type {HTMLInputElement} */ (document.getElementById(id));

part('form').addEventListener('submit', (event) => {
  event.preventDefault();
  void pair();
});
part('unpair').addEventListener('click', () => void askWorker({ type: 'unpair' }).then(draw));
onKeptChange(() => void draw());
/** @type {Say} */
let say;
await draw();

async function draw() {
  /** @type {Status} */
  const { standing, paired, customers, hiddenSites, locale } = await askWorker({ type: 'status' });
  say = await speak(locale);
  localise(document, say);
  part('form').hidden = paired !== null;
  part('paired').hidden = paired === null;
  part('notice').hidden = standing.code === null;
  part('notice').textContent = standing.code ? word(say, TROUBLES, standing.code) : '';
  if (paired) {
    part('user').textContent = paired.user;
    part('role').textContent = word(say, ROLES, paired.role);
    part('email').textContent = paired.email;
    part('address').textContent = paired.server;
    part('customers').textContent = String(customers);
  } else if (!field('server').value) {
    field('server').value = standing.server;
  }
  part('hidden-sites').hidden = hiddenSites.length === 0;
  part('sites').replaceChildren(...hiddenSites.map(hiddenSite));
}

async function pair() {
  const submit = field('submit');
  submit.disabled = true;
  part('trouble').textContent = '';
  const trouble = await attempt(field('server').value, field('code').value);
  part('trouble').textContent = trouble ? word(say, TROUBLES, trouble) : '';
  if (!trouble) field('code').value = '';
  submit.disabled = false;
  await draw();
}

/**
 * @param {string} typed
 * @param {string} code
 * @returns {Promise<TroubleCode | null>}
 */
async function attempt(typed, code) {
  try {
    // Asked from within the click: later the browser would refuse to ask.
    const allowed = await requestOrigin(originPattern(serverAddress(typed)));
    if (!allowed) return 'permission_denied';
  } catch (error) {
    if (error instanceof Trouble) return error.code;
    throw error;
  }
  return (await askWorker({ type: 'pair', server: typed, code })).trouble;
}

/** @param {string} host */
function hiddenSite(host) {
  const line = document.createElement('li');
  const name = document.createElement('span');
  name.textContent = host;
  const show = document.createElement('button');
  show.type = 'button';
  show.className = 'secondary';
  show.textContent = say('options_show');
  show.addEventListener('click', () => void askWorker({ type: 'show-site', host }));
  line.append(name, show);
  return line;
}
