// The page: sets it up, connects its buttons, and keeps count of the steps.

import { onAway } from './api.js';
import * as behind from './behind.js';
import { at, draw, element, hidden, isBack, problem, show, text, tick } from './show.js';
import * as trade from './trade.js';
import * as visit from './visit.js';
import * as words from './words.js';

const { state } = trade;
const { word } = words;
const EARLIER_EVERY_MS = 3000;

const STEPS = ['pay', 'twice', 'peak', 'cancel', 'prove', 'forge', 'kill'];
// What has been seen so far. The plug can only be pulled where somebody looks after the wallet's process.
const done = new Set();
const steps = () => (behind.seen.stage?.wallet ? STEPS : STEPS.filter((step) => step !== 'kill'));

function take(step, isTaken) {
  if (!isTaken || done.has(step)) return;
  done.add(step);
  if (state.visit) {
    state.visit.steps = [...done];
    visit.keep(state.visit);
  }
}

function countSteps() {
  const { payment, trace, taps } = state;
  take('pay', payment?.status === 'succeeded');
  const answered = taps.filter((tap) => tap.payment);
  take('twice', answered.length > 1 && answered.every((tap) => tap.payment === answered[0].payment));
  const bank = behind.seen.stage?.bank?.profile ?? 'calm';
  take('peak', bank !== 'calm' && Boolean(trace?.next));
  take('cancel', payment?.status === 'reversed' || (payment?.status === 'reversing' && isBack()));
  const wallet = behind.seen.stage?.wallet;
  take('kill', Boolean(wallet?.up) && wallet.kills > 0);
}

function showSteps() {
  const all = steps();
  const next = all.find((step) => !done.has(step)) ?? null;
  draw('steps', all.map((step) => ({ step, isDone: done.has(step), isNext: step === next })), (one) => {
    const number = element('span', 'number', one.isDone ? '✓' : String(all.indexOf(one.step) + 1));
    number.setAttribute('aria-hidden', 'true');
    const name = element('span', 'name', word(`step.${one.step}`));
    const item = element('li', '', number, name);
    if (one.isDone) item.append(element('span', 'hidden', ` (${word('step.done')})`));
    item.dataset.step = one.step;
    item.dataset.done = String(one.isDone);
    if (one.isNext) item.setAttribute('aria-current', 'step');
    return item;
  });
  text('hint-name', next ? word('step.next') : word('step.all'));
  text('hint', word(next ? `step.${next}.hint` : 'step.all.hint'));
}

function showAll() {
  countSteps();
  show();
  behind.show({ anew: false });
  showSteps();
}

let noticeEnds = 0;

/** Says what was refused, for a while. */
function notice(refused) {
  if (!refused || refused === true) return;
  text('notice', problem(refused));
  hidden('notice', false);
  clearTimeout(noticeEnds);
  noticeEnds = setTimeout(() => hidden('notice', true), 12000);
}

/** What was said of the last try says nothing of the next one. */
function clearNotice() {
  if (at('notice').dataset.away !== 'true') hidden('notice', true);
}

function showAway(isAway) {
  if (state.isAway !== isAway) {
    state.isAway = isAway;
    showAll();
  }
  if (isAway) {
    clearTimeout(noticeEnds);
    text('notice', word('notice.away'));
    hidden('notice', false);
    at('notice').dataset.away = 'true';
  } else if (at('notice').dataset.away === 'true') {
    at('notice').dataset.away = 'false';
    hidden('notice', true);
  }
}

function on(id, action) {
  at(id).addEventListener('click', async (event) => {
    event.preventDefault();
    clearNotice();
    notice(await action());
    showAll();
  });
}

const source = () => at('phone-offer').elements.source.value;

function connect() {
  for (const item of trade.ITEMS) {
    const button = element('button', 'item');
    button.type = 'button';
    button.disabled = true;
    button.dataset.item = item.id;
    button.addEventListener('click', async () => notice(await trade.ringUp(item)));
    at('items').append(button);
  }
  on('scan', trade.scan);
  at('phone-offer').addEventListener('submit', async (event) => {
    event.preventDefault();
    clearNotice();
    notice(await trade.tap(source()));
  });
  on('pay-twice', async () => {
    const [first] = await Promise.all([trade.tap(source()), trade.tap(source())]);
    return first;
  });
  on('pay-again', trade.payAgain);
  on('phone-done', trade.putAway);
  on('cancel', trade.cancel);
  on('refund', trade.refund);
  on('prove', async () => {
    const clean = await behind.prove();
    take('prove', clean === true);
    return clean;
  });
  on('forge', async () => {
    const named = await behind.forge();
    take('forge', named === true);
    return named;
  });
  on('kill', () => behind.run(false));
  on('start', () => behind.run(true));
  at('dial').addEventListener('change', async (event) => {
    notice(await behind.turn(event.target.value));
    showAll();
  });
  document.addEventListener('visibilitychange', () => {
    if (state.visit) trade.refollow();
  });
  for (const button of document.querySelectorAll('[data-language]')) {
    button.addEventListener('click', () => speak(button.dataset.language));
  }
}

function writeItems() {
  for (const button of at('items').children) {
    const item = trade.ITEMS.find(({ id }) => id === button.dataset.item);
    const price = words.money({ amount: item.amount, currency: 'CNY' });
    button.replaceChildren(element('span', 'name', word(`item.${item.id}`)), element('span', 'price', price));
  }
}

/** Goes on in another language: the page's own texts, and what the wallet says. */
function speak(language) {
  clearNotice();
  words.choose(language);
  words.write();
  writeItems();
  behind.show();
  showAll();
  if (state.visit) trade.refollow();
}

/** People first: those of this tab, or new ones. */
async function arrive() {
  for (const step of visit.stepsTaken()) done.add(step);
  const kept = await visit.resume();
  if (kept) {
    await trade.goOn(kept);
  } else {
    done.clear();
    await visit.calm();
    await trade.goOn(await visit.begin((isWaiting) => {
      state.waitsForBank = isWaiting;
      showAll();
    }));
  }
  for (const button of at('items').children) button.disabled = false;
  at('scene').setAttribute('aria-busy', 'false');
}

await words.load();
words.write();
connect();
writeItems();
trade.onChange(showAll);
onAway(showAway);
showAll();
behind.keepLooking(showAll);
setInterval(tick, 1000);
setInterval(trade.readEarlier, EARLIER_EVERY_MS);
try {
  await arrive();
} catch (error) {
  if (!(error instanceof visit.Refused)) throw error;
  notice(error.problem);
}
showAll();
