/** Rules of this house that no type checker sees. */

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import * as words from '../cards/words.js';
import { catalogue, file } from './support.js';

const FOLDERS = ['background', 'cards', 'lib', 'options', 'panel', 'popup', 'sites'];
const sources = FOLDERS.flatMap((folder) =>
  readdirSync(new URL(`../${folder}`, import.meta.url)).map((name) => `${folder}/${name}`),
);
const scripts = sources.filter((path) => path.endsWith('.js'));
const code = new Map(scripts.map((path) => [path, withoutComments(file(path))]));
const pages = sources.filter((path) => path.endsWith('.html')).map(file);

/** @param {string} text */
function withoutComments(text) {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}

describe('the catalogues', () => {
  const en = catalogue('en');
  const zh = catalogue('zh_CN');
  const all = [...code.values(), ...pages, file('manifest.json')].join('\n');

  it('say the same things', () => assert.deepEqual(Object.keys(zh).sort(), Object.keys(en).sort()));

  for (const [key, entry] of Object.entries(en)) {
    it(`${key}: nothing missing`, () => {
      const other = zh[key];
      assert.ok(entry.message.trim() && other?.message.trim());
      assert.deepEqual(other?.placeholders, entry.placeholders);
      const named = (/** @type {string} */ message) => [...message.matchAll(/\$(\w+)\$/g)].map(([, name]) => name?.toLowerCase()).sort();
      assert.deepEqual(named(entry.message), Object.keys(entry.placeholders ?? {}).sort());
      assert.deepEqual(named(String(other?.message)), named(entry.message));
    });
    it(`${key}: used`, () => assert.match(all, new RegExp(`['"]${key}['"]|__MSG_${key}__`)));
  }

  it('hold every key that is asked for', () => {
    const asked = [
      ...all.matchAll(/\bsay\(\s*'(\w+)'/g),
      ...all.matchAll(/data-say(?:-\w+)?="(\w+)"/g),
      ...all.matchAll(/__MSG_(\w+)__/g),
      ...all.matchAll(/(?:one|other): '(\w+)'/g),
    ].map(([, key]) => String(key));
    const tables = Object.values(words).flatMap((table) => (typeof table === 'object' ? Object.values(table) : []));
    assert.ok(asked.length > 30);
    for (const key of [...asked, ...tables]) assert.ok(Object.hasOwn(en, key), key);
  });
});

describe('the code', () => {
  it('speaks to browser and network in lib only', () => {
    for (const [path, text] of code) {
      if (path.startsWith('lib/')) continue;
      assert.doesNotMatch(text, /\bchrome\.|\bbrowser\.runtime|\bfetch\(|XMLHttpRequest|WebSocket|sendBeacon|EventSource/, path);
    }
  });

  it('asks the network in two places: the server, and its own files', () => {
    const callers = [...code].filter(([, text]) => /\bfetch\(/.test(text)).map(([path]) => path);
    assert.deepEqual(callers.sort(), ['lib/api.js', 'lib/browser.js']);
  });

  it('sets text as text, and runs nothing it was sent', () => {
    for (const [path, text] of code) {
      assert.doesNotMatch(text, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc/, path);
    }
  });

  it('keeps pages free of inline script and style', () => {
    for (const page of pages) {
      assert.doesNotMatch(page, /<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/);
    }
  });
});

describe('the manifest', () => {
  const manifest = JSON.parse(file('manifest.json'));

  it('shows pages nothing by which they could recognise the extension', () => {
    assert.equal(manifest.web_accessible_resources, undefined);
    assert.equal(manifest.externally_connectable, undefined);
  });

  it('asks for no more than it needs', () => {
    assert.deepEqual(manifest.permissions, ['storage', 'unlimitedStorage', 'alarms', 'sidePanel']);
    assert.deepEqual(manifest.host_permissions, ['http://127.0.0.1/*', 'http://localhost/*']);
  });

  it('names files that are there', () => {
    const named = [
      ...manifest.content_scripts[0].js,
      manifest.background.service_worker,
      ...manifest.background.scripts,
      manifest.action.default_popup,
      manifest.options_ui.page,
      manifest.side_panel.default_path,
      manifest.sidebar_action.default_panel,
      ...Object.values(manifest.icons),
    ];
    for (const path of named) assert.ok(file(path).length, path);
  });
});
