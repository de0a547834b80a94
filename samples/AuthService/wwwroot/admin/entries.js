// Looks keys up and removes them; runs a cleanup.
import { bytes, count, duration } from './format.js';
import * as live from './live.js';

const element = (id) => document.getElementById(id);
const entryOf = (key) => `/admin/cache/entry?key=${encodeURIComponent(key)}`;

export function connect(session) {
  const attempt = (result, work) => async (event) => {
    event.preventDefault();
    const button = event.submitter ?? event.currentTarget;
    // A disabled one would lose the focus, and who has only a keyboard would begin at the top.
    if (button.ariaDisabled) return;
    button.ariaDisabled = 'true';
    try {
      await work();
    } catch (error) {
      if (!session.isOver) result.replaceChildren(text('p', error.message, 'notice'));
    } finally {
      button.ariaDisabled = null;
    }
  };

  const lookup = element('lookup-result');
  element('lookup-form').addEventListener('submit', attempt(lookup, async () => {
    const key = element('key').value;
    const entry = await session.call('GET', entryOf(key));
    lookup.replaceChildren(...(entry ? describe(entry, remove(key)) : [text('p', 'There is no entry under this key.', 'result')]));
  }));

  const remove = (key) => attempt(lookup, async () => {
    if (!await confirmed(`Remove the entry “${key}”?`)) return;
    await session.call('DELETE', entryOf(key));
    lookup.replaceChildren(text('p', 'The entry was removed.', 'result'));
    element('key').focus();
    live.refresh(session);
  });

  const prefixResult = element('prefix-result');
  element('prefix-form').addEventListener('submit', attempt(prefixResult, async () => {
    const prefix = element('prefix').value;
    prefixResult.textContent = '';
    if (!await confirmed(`Remove every entry whose key starts with “${prefix}”? The cache fills again by itself; until then the database works harder.`)) return;
    const { removed_count: removed } = await session.call('DELETE', `/admin/cache/entries?prefix=${encodeURIComponent(prefix)}`);
    prefixResult.textContent = removed === 1 ? '1 entry was removed.' : `${count(removed)} entries were removed.`;
    live.refresh(session);
  }));

  const cleanupResult = element('cleanup-result');
  element('cleanup').addEventListener('click', attempt(cleanupResult, async () => {
    const { deleted_count: deleted } = await session.call('POST', '/admin/cache/cleanup');
    cleanupResult.textContent = deleted === 1 ? '1 expired entry was removed.' : `${count(deleted)} expired entries were removed.`;
    live.refresh(session);
  }));
}

function describe(entry, onRemove) {
  const list = document.createElement('dl');
  list.className = 'entry';
  list.append(text('dt', 'Key'), text('dd', entry.key || '(the empty key)'), text('dt', 'Lives'), text('dd', duration(entry.time_to_live_seconds)),
    text('dt', 'Size'), text('dd', bytes(entry.size_bytes)));
  const button = text('button', 'Remove …', 'danger');
  button.type = 'button';
  button.addEventListener('click', onRemove);
  return [list, button];
}

function text(name, content, className = '') {
  const made = document.createElement(name);
  made.textContent = content;
  if (className) made.className = className;
  return made;
}

function confirmed(question) {
  const dialog = element('confirm');
  element('confirm-text').textContent = question;
  dialog.returnValue = 'cancel';
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener('close', () => resolve(dialog.returnValue === 'ok'), { once: true }));
}
