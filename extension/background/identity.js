/**
 * What makes two things the same: addresses, domains, numbers, company names.
 *
 * The agent and the server hold the same rules in Python; `tests/contract/identity.json` is read
 * by both sides.
 */

import { PUBLIC_DOMAINS } from './public-domains.js';

const EMAIL = /[^\s@<>()[\],;:"\\]+@[^\s@<>()[\],;:"'\\]+/u;
const DOMAIN = /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9-]{2,63}$/;
const LEGAL_FORM =
  /(股份有限公司|有限责任公司|有限公司|集团公司|集团|公司|(?:(?<![\p{L}\p{N}_])|[,.\s]+)(?:inc|incorporated|ltd|limited|llc|gmbh|corp|corporation|co|plc|ag|sa|bv|pty|pte)(?![\p{L}\p{N}_])\.?)+\s*$/u;
const SPACE_AND_DOTS = /[\s·・\-_.,()（）'"]+/gu;

/**
 * ` Li.Lei@Example.COM ` → `li.lei@example.com`; null when it is no address.
 * @param {string} raw
 * @returns {string | null}
 */
export function normalizeEmail(raw) {
  const found = EMAIL.exec(raw.normalize('NFKC').trim());
  if (!found) return null;
  const address = found[0].replace(/^[.']+|[.']+$/g, '').toLowerCase();
  const at = address.lastIndexOf('@');
  const local = address.slice(0, at);
  const domain = asciiDomain(address.slice(at + 1));
  if (!local || local.length > 64 || !DOMAIN.test(domain)) return null;
  return `${local}@${domain}`;
}

/**
 * The part behind the @ of a normalised address, empty when there is none.
 * @param {string} email
 */
export function domainOf(email) {
  return email.includes('@') ? email.slice(email.lastIndexOf('@') + 1) : '';
}

/**
 * A domain where anybody can have an address: it says nothing about the company.
 * @param {string} domain
 */
export function isPublicDomain(domain) {
  return PUBLIC_DOMAINS.has(domain.toLowerCase());
}

/**
 * A company name without legal form, spaces, dots and case: for comparing, not for showing.
 * @param {string} name
 */
export function normalizeCompany(name) {
  const folded = name.normalize('NFKC').toLowerCase().trim();
  const bare = folded.replace(LEGAL_FORM, '').trim();
  return (bare || folded).replace(SPACE_AND_DOTS, '');
}

/** @param {string} domain */
function asciiDomain(domain) {
  if (/^[\x21-\x7e]*$/.test(domain)) return domain;
  try {
    return new URL(`http://${domain}`).hostname;
  } catch {
    return '';
  }
}
