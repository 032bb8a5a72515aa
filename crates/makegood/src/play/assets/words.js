// The page's own texts, and how amounts and times are written, in the language that was chosen. What the wallet says comes
// from the API, in the same language.

const TAGS = { en: 'en', zh: 'zh-CN' };
const KEPT = 'makegood.play.language';

let texts = {};
let language = 'en';

/** Reads the texts, and finds out which language to begin with: the link's, the last one, the browser's. */
export async function load() {
  const asked = new URLSearchParams(location.search).get('lang');
  const wanted = asked ?? localStorage.getItem(KEPT) ?? navigator.language;
  language = wanted.toLowerCase().startsWith('zh') ? 'zh' : 'en';
  texts = await (await fetch('/play/words.json')).json();
}

/** `en` or `zh`. */
export function chosen() {
  return language;
}

/** The language as the API and the browser know it. */
export function tag() {
  return TAGS[language];
}

export function choose(wanted) {
  language = wanted in TAGS ? wanted : 'en';
  localStorage.setItem(KEPT, language);
}

/** A text, with its {places} filled. */
export function word(key, values = {}) {
  const text = texts[key]?.[language] ?? key;
  return text.replace(/\{(\w+)\}/g, (place, name) => (name in values ? String(values[name]) : place));
}

/** `{"amount": "38.00", "currency": "CNY"}` as people write it. */
export function money({ amount, currency }) {
  const format = { style: 'currency', currency, currencyDisplay: 'narrowSymbol' };
  return new Intl.NumberFormat(tag(), format).format(amount);
}

export function count(number) {
  return new Intl.NumberFormat(tag()).format(number);
}

/** The time of the day of an RFC 3339 time. */
export function time(text) {
  const format = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' };
  return new Intl.DateTimeFormat(tag(), format).format(new Date(text));
}

/** How long it is until then, as minutes and seconds. */
export function left(text) {
  const seconds = Math.ceil((new Date(text) - Date.now()) / 1000);
  if (!(seconds > 0)) return word('turn.over');
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const two = (number) => String(number).padStart(2, '0');
  const clock = hours > 0 ? `${hours}:${two(minutes % 60)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
  return word('turn.left', { time: clock });
}

/** Writes all texts that stand in the page itself. */
export function write() {
  document.documentElement.lang = tag();
  document.title = word('title');
  for (const element of document.querySelectorAll('[data-word]')) element.textContent = word(element.dataset.word);
  for (const element of document.querySelectorAll('[data-label]')) {
    element.setAttribute('aria-label', word(element.dataset.label));
  }
  for (const button of document.querySelectorAll('[data-language]')) {
    button.setAttribute('aria-pressed', String(button.dataset.language === language));
  }
}
