/**
 * The browser, as far as it is used: the only file beside `page.js` that says `chrome`. Chrome, Edge and Firefox differ only in here.
 */

/** @import { Area } from './store.js' */

/** @typedef {{ fromPage: boolean, tab: number | null, host: string, origin: string }} Caller */

/** @returns {{ local: Area, session: Area }} */
export function storageAreas() {
  return { local: area(chrome.storage.local), session: area(chrome.storage.session) };
}

/** The token and the customers are none of a content script's business. */
export async function closeStorageToPages() {
  await chrome.storage.local.setAccessLevel?.({ accessLevel: 'TRUSTED_CONTEXTS' });
}

/**
 * Messages from our own content scripts (top frame only) and pages. `answer` gets what was said and
 * who said it, as the browser knows it; what it returns is sent back, and null says "not understood".
 * @param {(message: unknown, caller: Caller) => Promise<unknown> | null} answer
 */
export function onMessage(answer) {
  chrome.runtime.onMessage.addListener((message, sender, reply) => {
    const caller = identify(sender);
    const pending = caller && answer(message, caller);
    if (!pending) return false;
    pending.then(reply, () => reply(null));
    return true;
  });
}

/**
 * @param {chrome.runtime.MessageSender} sender
 * @returns {Caller | null} null for anybody who is not this extension, or speaks from a frame
 */
function identify(sender) {
  if (sender.id !== chrome.runtime.id || !sender.url) return null;
  const { host, hostname, origin, protocol } = new URL(sender.url);
  const own = sender.url.startsWith(chrome.runtime.getURL(''));
  if (own) return { fromPage: false, tab: null, host: '', origin: `${protocol}//${host}` };
  if (!sender.tab?.id || sender.frameId !== 0) return null;
  return { fromPage: true, tab: sender.tab.id, host: hostname, origin };
}

/**
 * From one of our own pages to the worker.
 * @param {import('../background/messages.js').OwnPageMessage} message
 * @returns {Promise<any>}
 */
export const askWorker = (message) => chrome.runtime.sendMessage(message);

/**
 * To the content script of a tab; a tab without one is no error.
 * @param {number} tab
 * @param {'open-card' | 'look-again'} type
 */
export async function tellTab(tab, type) {
  await chrome.tabs.sendMessage(tab, { type }, { frameId: 0 }).catch(() => undefined);
}

/** @param {'look-again'} type */
export async function tellAllTabs(type) {
  const tabs = await chrome.tabs.query({});
  await Promise.all(tabs.map((tab) => (tab.id ? tellTab(tab.id, type) : undefined)));
}

/** @returns {Promise<number | null>} */
export async function activeTab() {
  const [tab] = await chrome.tabs.query({ active: true, lastFocusedWindow: true });
  return tab?.id ?? null;
}

/** @param {() => void} changed the person looks at another tab, or a tab holds something else now */
export function onTabChange(changed) {
  chrome.tabs.onActivated.addListener(changed);
  chrome.storage.session.onChanged.addListener(changed);
}

/** @param {(tab: number) => void} closed */
export function onTabClosed(closed) {
  chrome.tabs.onRemoved.addListener((tab) => closed(tab));
}

/** @param {() => void} changed what is kept for good has changed */
export function onKeptChange(changed) {
  chrome.storage.local.onChanged.addListener(changed);
}

/**
 * @param {string} name
 * @param {number} minutes
 * @param {() => void} ring
 */
export function every(name, minutes, ring) {
  chrome.alarms.onAlarm.addListener((alarm) => {
    if (alarm.name === name) ring();
  });
  return async () => {
    if (!(await chrome.alarms.get(name))) {
      await chrome.alarms.create(name, { periodInMinutes: minutes });
    }
  };
}

/** @param {() => void} started the browser started, or the extension was installed or renewed */
export function onStart(started) {
  chrome.runtime.onStartup.addListener(started);
  chrome.runtime.onInstalled.addListener(started);
}

/** @param {() => void} installed for the first time */
export function onFirstInstall(installed) {
  chrome.runtime.onInstalled.addListener(({ reason }) => {
    if (reason === 'install') installed();
  });
}

/** @param {(tab: number) => void} pressed the person pressed the key of this command */
export function onOpenCard(pressed) {
  chrome.commands.onCommand.addListener((command, tab) => {
    if (command !== 'open-card') return;
    if (tab?.id) pressed(tab.id);
    else void activeTab().then((id) => id !== null && pressed(id));
  });
}

/**
 * @param {string} text at most three characters; empty for none
 * @param {string} colour
 * @param {string} title
 */
export async function showBadge(text, colour, title) {
  await chrome.action.setBadgeBackgroundColor({ color: colour });
  await chrome.action.setBadgeTextColor?.({ color: '#ffffff' });
  await chrome.action.setBadgeText({ text });
  await chrome.action.setTitle({ title });
}

export const openOptions = () => chrome.runtime.openOptionsPage();

/** Firefox opens its sidebar for nobody but the person, by its own button. */
export const canOpenPanel = () => Boolean(globalThis.chrome?.sidePanel);

/**
 * Must follow a click at once: the browser allows it only then.
 * @param {number} tab
 */
export const openPanel = (tab) => chrome.sidePanel.open({ tabId: tab });

/**
 * Leave to speak to one server; asks the person, so it must follow a click.
 * @param {string} pattern
 */
export const requestOrigin = (pattern) => chrome.permissions.request({ origins: [pattern] });

/** BCP 47 of the browser's own menus. */
export const uiLanguage = () => chrome.i18n.getUILanguage();

/** A file of our own. @param {string} path */
export async function ownFile(path) {
  const response = await fetch(chrome.runtime.getURL(path));
  return response.text();
}

/** As this browser calls itself in the list of paired devices: `Edge · Windows`. */
export function deviceName() {
  const agent = navigator.userAgent;
  const browser = /Firefox/.test(agent) ? 'Firefox' : /Edg\//.test(agent) ? 'Edge' : 'Chrome';
  const system = /Windows|Mac OS X|Linux|CrOS/.exec(agent)?.[0] ?? '';
  return [browser, system.replace('Mac OS X', 'macOS')].filter(Boolean).join(' · ');
}

/**
 * @param {chrome.storage.StorageArea} storage
 * @returns {Area}
 */
function area(storage) {
  return {
    get: (key) => storage.get(key),
    set: (items) => storage.set(items),
    remove: (keys) => storage.remove(keys),
  };
}
