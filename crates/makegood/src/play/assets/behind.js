// What stands behind: the bank's dial, the proof, the forged byte, and the wallet's process.

import { ask, call, pause } from './api.js';
import { at, element, hidden, text } from './show.js';
import { count, money, word } from './words.js';

const LOOK_EVERY_MS = 1500;
// How often the books are asked for, which is for about a minute.
const BOOKS_TRIES_MAX = 40;

/** What was last seen of the bank and of the wallet's process. */
export const seen = { stage: null, bank: null };

let proof = null;
let forged = null;
let starting = false;

/** Looks at the stage for as long as the page is open. */
export async function keepLooking(changed) {
  for (;;) {
    await look();
    changed();
    await pause(LOOK_EVERY_MS);
  }
}

export async function look() {
  const [stage, banks] = await Promise.all([ask('/play/api/stage'), ask('/v1/banks')]);
  if (stage?.ok) seen.stage = stage.body;
  seen.bank = banks?.ok ? banks.body.data[0] : null;
}

/** Why nothing came of it, for the notice. */
const refusal = (answer) => answer?.body ?? { title: word('silent.title'), detail: word('silent.detail') };

/** Turns the bank's dial. Returns why it was refused, if it was. */
export async function turn(profile) {
  const answer = await ask('/play/api/bank', { body: { profile } });
  if (!answer?.ok) return refusal(answer);
  seen.stage.bank = answer.body;
  return null;
}

export async function prove() {
  proof = 'working';
  show();
  const answer = await call('/play/api/prove', { body: {}, triesMax: BOOKS_TRIES_MAX });
  proof = answer?.ok ? answer.body : null;
  show();
  return answer?.ok ? answer.body.clean : refusal(answer);
}

export async function forge() {
  forged = 'working';
  show();
  const answer = await call('/play/api/forge', { body: {}, triesMax: BOOKS_TRIES_MAX });
  forged = answer?.ok ? answer.body : null;
  show();
  return answer?.ok ? answer.body.named === true : refusal(answer);
}

/** Kills the wallet's process, or starts it. Returns why it was refused, if it was. */
export async function run(isToRun) {
  starting = isToRun;
  show();
  const answer = await ask('/play/api/wallet', { body: { run: isToRun } });
  starting = false;
  if (answer?.ok) seen.stage.wallet = answer.body;
  show();
  return answer?.ok ? null : refusal(answer);
}

function figures(rows) {
  return element('dl', 'figures', ...rows.map(([name, value]) =>
    element('div', '', element('dt', '', name), element('dd', '', value))));
}

function showProof() {
  const place = at('proof');
  at('prove').disabled = proof === 'working';
  if (proof === 'working') return place.replaceChildren(word('prove.working'));
  if (!proof) return place.replaceChildren();
  const verdict = element('p', proof.clean ? 'good' : 'bad', word(proof.clean ? 'prove.clean' : 'prove.broken'));
  const rows = [
    [word('count.transactions'), count(proof.transactions)],
    [word('count.legs'), count(proof.legs)],
    ...proof.compared.map((one) => [word(`count.${one.what.replace(' ', '-')}`), count(one.count)]),
    [word('prove.took'), count(proof.took_ms)],
  ];
  const root = element('p', 'root', element('span', '', word('prove.root', { count: count(proof.root_over) })),
    element('code', '', proof.root));
  const differences = element('ul', 'differences', ...proof.differences.map((one) => element('li', 'mono', one)));
  place.replaceChildren(verdict, figures(rows), root, ...(proof.clean ? [] : [differences]));
}

/** What the verifier says instead of a value, where that is a sentence. */
const SAID = [
  [/^(?<id>\S+) was posted with another row$/, 'forge.other'],
  [/^account (?<id>\S+) has (?<has>-?\d+) minor units available, (?<needed>\d+) are needed$/, 'forge.short'],
  [/^only (?<left>\d+) minor units can still be returned$/, 'forge.returned'],
  [/^(?<said>.* .*)$/, 'forge.refused'],
];

/** What a row holds, as the verifier says it: a value, a word of its own, or a sentence. */
function held(value) {
  if (['there', 'absent', 'posted'].includes(value)) return word(`forge.row.${value}`);
  const said = SAID.map(([form, key]) => [form.exec(value), key]).find(([found]) => found);
  return said ? word(said[1], said[0].groups) : value;
}

const hex = (byte) => byte.toString(16).padStart(2, '0');

function showForged() {
  const place = at('forged');
  at('forge').disabled = forged === 'working';
  if (forged === 'working') return place.replaceChildren(word('forge.working'));
  if (!forged) return place.replaceChildren();
  if (forged.outcome !== 'done') return place.replaceChildren(element('p', '', word(`forge.${forged.outcome}`)));
  const byte = word('forge.byte', {
    offset: count(forged.offset),
    size: count(forged.file_bytes),
    was: hex(forged.was),
    is: hex(forged.is),
    key: forged.key,
    forged: money(forged.amount_is),
    true: money(forged.amount_was),
  });
  const verdict = element('p', forged.named ? 'good' : 'bad', word(forged.named ? 'forge.named' : 'forge.missed'));
  const row = ({ table, key, column, stored, replayed }) => element('li', '',
    element('code', 'row-name', `${table} ${key} · ${column}`),
    element('span', 'value', word('forge.stored', { value: held(stored) })),
    element('span', 'value', word('forge.replayed', { value: held(replayed) })));
  const list = element('ul', 'differences', ...forged.differences.slice(0, 3).map(row));
  const more = element('p', 'small', word('forge.more', { count: count(forged.differences_found) }));
  place.replaceChildren(element('p', '', byte), verdict, list, more);
}

function showBank() {
  const bank = seen.stage?.bank ?? null;
  for (const radio of at('dial').elements.profile) {
    radio.disabled = !bank;
    radio.checked = bank?.profile === radio.value;
  }
  at('dial').dataset.profile = bank?.profile ?? 'none';
  text('bank-says', seen.stage ? says(bank) : '');
  const { state, answered_per_cent: percent } = seen.bank ?? {};
  const isNew = state === 'up' && percent === null;
  text('bank-seen', state ? word(isNew ? 'bank.seen.new' : `bank.seen.${state}`, { percent }) : '');
}

function says(bank) {
  if (!bank) return word('bank.says.elsewhere');
  if (!['calm', 'peak', 'outage'].includes(bank.profile)) return word('bank.says.other', { name: bank.profile });
  const seconds = count(Math.round(bank.latency_p50_ms / 100) / 10);
  return word(`bank.says.${bank.profile}`, { seconds, count: count(bank.per_minute ?? 0) });
}

function showProcess() {
  const wallet = seen.stage?.wallet ?? null;
  if (!seen.stage) return;
  text('kill-what', word(wallet ? 'kill.what' : 'kill.elsewhere'));
  hidden('kill-command', Boolean(wallet));
  hidden('kill-buttons', !wallet);
  if (!wallet) return text('process', '');
  at('kill').disabled = !wallet.up;
  at('start').disabled = wallet.up || starting;
  const running = wallet.kills > 0 ? 'kill.up.again' : 'kill.up';
  const down = wallet.was_killed ? 'kill.down' : 'kill.ended';
  const key = wallet.up ? running : starting ? 'kill.starting' : down;
  text('process', word(key, { process: wallet.process, count: wallet.kills }));
  at('process').dataset.up = String(wallet.up);
}

/** Shows all of it; the two long ones only where something is another. */
export function show({ anew = true } = {}) {
  showBank();
  showProcess();
  if (!anew) return;
  showProof();
  showForged();
}
