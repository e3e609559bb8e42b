/**
 * The composition root. The browser stops and starts this worker as it likes: every listener is
 * registered at once and everything that must last is in the store.
 */

import * as browser from '../lib/browser.js';
import { createApi } from '../lib/api.js';
import { speak } from '../lib/i18n.js';
import { createStore } from '../lib/store.js';
import { badge } from './badge.js';
import { createCards } from './cards.js';
import { createDesk } from './desk.js';
import { createPairingDesk } from './pairing.js';
import { createSights } from './sights.js';
import { createStandings } from './standing.js';
import { createSync } from './sync.js';

const SYNC_MINUTES = 5;
const STYLES = ['cards/tokens.css', 'cards/customer.css', 'sites/mark.css'];

const now = () => Date.now();
const areas = browser.storageAreas();
const store = createStore(areas.local, areas.session);
const api = createApi();
const lookAgain = () => void browser.tellAllTabs('look-again');
const standings = createStandings({ store, now, onRevoked: lookAgain });
const sights = createSights({ store, now });
const cards = createCards({ api, store, standings, now });
const pairing = createPairingDesk({ api, store, now, device: browser.deviceName() });
const sync = createSync({
  api,
  store,
  standings,
  directoryChanged() {
    sights.directoryChanged();
    lookAgain();
  },
});

/** @type {Promise<string> | null} */
let styles = null;
async function css() {
  styles ??= Promise.all(STYLES.map(browser.ownFile)).then((parts) => parts.join('\n'));
  return styles;
}

browser.onMessage(
  createDesk({
    store,
    sights,
    cards,
    sync,
    pairing,
    speak,
    now,
    css,
    openPanel: browser.canOpenPanel() ? browser.openPanel : null,
    lookAgain,
  }),
);
const wind = browser.every('sync', SYNC_MINUTES, () => void sync.run().then(showBadge));
browser.onStart(() => void sync.run());
browser.onFirstInstall(() => void browser.openOptions());
browser.onOpenCard((tab) => void browser.tellTab(tab, 'open-card'));
browser.onTabClosed((tab) => void sights.forgetTab(tab));
browser.onKeptChange(() => void showBadge());

void browser.closeStorageToPages();
void wind();
void showBadge();

async function showBadge() {
  const say = await speak(await store.get('locale'));
  const shown = badge(await store.get('standing'), await store.get('reminders'), say, now());
  await browser.showBadge(shown.text, shown.colour, shown.title);
}
