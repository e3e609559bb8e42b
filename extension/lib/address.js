/** The server's address as a person types it. Pure: nothing is asked here. */

import { Trouble } from './trouble.js';

/** Browsers disagree on what else may stand in a host name; a server needs no more than this. */
const HOST = /^(?:[a-z0-9-]+\.)*[a-z0-9-]+$|^\[[0-9a-f:.]+\]$/;

const LOOPBACK = new Set(['127.0.0.1', 'localhost']);

/**
 * `genjin.example.com/` → `https://genjin.example.com`. Without TLS only this computer is spoken to.
 * @param {string} typed
 * @returns {string} no trailing slash
 */
export function serverAddress(typed) {
  const raw = typed.trim();
  const named = /^[a-z][a-z0-9+.-]*:\/\//i.test(raw);
  const guess = /^(?:localhost|127\.0\.0\.1)(?:[:/]|$)/i.test(raw) ? 'http' : 'https';
  const full = named ? raw : `${guess}://${raw}`;
  if (!URL.canParse(full)) throw new Trouble('address_invalid');
  const url = new URL(full);
  if (url.protocol === 'http:' && !LOOPBACK.has(url.hostname)) throw new Trouble('address_not_https');
  const plain = HOST.test(url.hostname) && !url.username && !url.password;
  if (!/^https?:$/.test(url.protocol) || !plain) {
    throw new Trouble('address_invalid');
  }
  return url.origin + url.pathname.replace(/\/+$/, '');
}

/**
 * The match pattern by which the browser is asked for leave to speak to this server.
 * @param {string} server
 */
export function originPattern(server) {
  const url = new URL(server);
  return `${url.protocol}//${url.hostname}/*`;
}
