// @ts-check
// The panel's section on a comparison: which answers, how they are seen, and a table of their numbers.

import { iouWith, letterOf } from './cells.js';
import { withChoice } from './compare.js';
import { button, h, icon } from './dom.js';

/** @import { ComparedAnswer } from './types' */
/** @import { Versus } from './versus.js' */

export class VersusPanel {
  /** @param {Versus} versus */
  constructor(versus) {
    this.versus = versus;
    this.texts = versus.stage.texts;
    const { texts } = this;
    this.rows = h('div', { class: 'es-answers' });
    this.add = button({ class: 'es-button', icon: 'add', onclick: () => this.addAnswer() }, texts.add_answer);
    this.views = [texts.view_slider, texts.view_side].map((label, i) => h('button', {
      type: 'button', class: 'es-tool', onclick: () => versus.setSide(Boolean(i)),
    }, label));
    this.view = h('div', { class: 'es-segment es-views', role: 'group', 'aria-label': texts.compare_view }, ...this.views);
    this.sides = [texts.left, texts.right].map((label, at) => h('select', {
      class: 'es-select', 'aria-label': label, onchange: (/** @type {Event} */ event) => (
        versus.divide(at, Number(/** @type {HTMLSelectElement} */ (event.target).value))),
    }));
    this.pair = h('div', { class: 'es-sides' },
      ...this.sides.map((select, at) => h('label', {}, h('span', {}, [texts.left, texts.right][at]), select)));
    this.line = h('p', { class: 'es-line', role: 'status', 'aria-live': 'polite' });
    this.table = h('div', { class: 'es-scores' });
    this.run = button({ class: 'es-button', onclick: () => this.runs() }, texts.compare_again);
    this.save = button({ class: 'es-button', icon: 'download', onclick: () => versus.save() }, texts.save_comparison);
    this.el = h('section', { class: 'es-section es-versus', hidden: true },
      h('div', { class: 'es-row' }, h('h2', {}, texts.answers), this.view),
      this.rows, this.add, this.pair, this.line, this.table, h('div', { class: 'es-sides' }, this.run, this.save));
    /** @type {unknown[]} */
    this.drawn = [];
  }

  /** Compare again, or stop what is running. */
  runs() {
    const { comparison, stage } = this.versus;
    if (comparison.busy) stage.ask('stop', { token: stage.photo?.token }); else comparison.again();
  }

  addAnswer() {
    const { comparison, choices } = this.versus, { keys } = comparison;
    const next = choices.find(({ key, present }) => present && !keys.includes(key));
    if (next) this.versus.choose([...keys, next.key]);
  }

  paint() {
    const { versus, texts } = this, { comparison, stage } = versus, { keys, result, stale, busy, error } = comparison;
    const wide = !versus.narrow, now = [
      versus.choices, keys.join('\n'), versus.pair.join(), versus.apart, wide, result, stale, busy, error, comparison.wanted,
    ];
    if (this.drawn.length && now.every((part, i) => part === this.drawn[i])) return;
    const [choices, chosen] = this.drawn;
    if (choices !== versus.choices || chosen !== now[1]) this.paintRows();
    this.drawn = now;
    this.view.hidden = !wide;
    this.views.forEach((each, i) => each.setAttribute('aria-pressed', String(Boolean(i) === versus.side)));
    this.add.hidden = keys.length >= versus.most;
    this.paintPair();
    this.paintTable(result?.answers || [], stale);
    const text = error || (busy ? texts.comparing : stale ? texts.out_of_date : result ? this.summary(result.answers) : texts.point_first);
    if (this.line.textContent !== text) this.line.textContent = text;
    this.line.classList.toggle('es-error', Boolean(error));
    this.run.disabled = !comparison.wanted;
    this.run.replaceChildren(h('span', {}, busy ? stage.texts.cancel : texts.compare_again));
    this.save.disabled = !result || stale || busy || !result.answers.some(({ picture }) => picture);
  }

  /** One menu for each answer. */
  paintRows() {
    const { versus, texts } = this, { keys } = versus.comparison;
    const at = [...this.rows.children].findIndex(row => row.contains(document.activeElement));
    this.rows.replaceChildren(...keys.map((key, i) => h('div', { class: 'es-answer' },
      this.letter(i), this.menu(key, i), keys.length > 2 ? h('button', {
        type: 'button', class: 'es-small', 'aria-label': `${texts.remove_answer} ${letterOf(i)}`,
        onclick: () => versus.choose(keys.filter((_, j) => j !== i)),
      }, icon('clear')) : '')));
    if (at >= 0) this.rows.children[Math.min(at, keys.length - 1)].querySelector('select')?.focus();
  }

  /** @param {number} i */
  letter(i) { return h('b', { class: 'es-letter', style: `--es-colour: ${this.versus.colourOf(i)}` }, letterOf(i)); }

  /** @param {string} key @param {number} i */
  menu(key, i) {
    const { versus, texts } = this, { choices } = versus, titles = [...new Set(choices.map(({ title }) => title))];
    const groups = titles.map(title => {
      const own = choices.filter(choice => choice.title === title), away = own.some(({ present }) => !present);
      return h('optgroup', { label: away ? `${title} (${texts.absent})` : title }, ...own.map(choice => (
        h('option', { value: choice.key, selected: choice.key === key }, choice.label))));
    });
    const menu = h('select', {
      class: 'es-select', 'aria-label': `${texts.answer} ${letterOf(i)}`,
      onchange: () => versus.choose(withChoice(versus.comparison.keys, i, menu.value)),
    }, ...groups);
    return menu;
  }

  /** With more than two answers, which of them the divider compares. */
  paintPair() {
    const { versus } = this, { keys } = versus.comparison;
    this.pair.hidden = keys.length < 3 || versus.apart;
    this.sides.forEach((select, at) => select.replaceChildren(...keys.map((_, i) => (
      h('option', { value: i, selected: i === versus.pair[at] }, letterOf(i))))));
  }

  /** @param {ComparedAnswer[]} answers @param {boolean} stale */
  paintTable(answers, stale) {
    const { texts } = this, many = answers.length > 2;
    this.table.hidden = !answers.length;
    this.table.classList.toggle('es-old', stale);
    const head = ['', texts.answer, texts.predicted_iou, `IoU ${letterOf(0)}`, 'ms'];
    this.table.replaceChildren(grid(head, answers.flatMap((answer, i) => this.rowsOf(answer, i)), texts.answers));
    if (!many) return;
    const rows = answers.map((answer, i) => [letterOf(i), ...answers.map((_, j) => iouWith(answer, j))]);
    this.table.append(h('h2', {}, texts.agreement), grid(['', ...answers.map((_, i) => letterOf(i))], rows, texts.agreement));
  }

  /** The numbers of an answer, and below them where it comes from. @param {ComparedAnswer} answer @param {number} i @returns {(Node | string)[][]} */
  rowsOf(answer, i) {
    const { texts } = this, { error, command, note } = answer;
    if (error) {
      const advice = h('small', { class: 'es-error' }, error, ' ', command ? h('code', {}, command) : '');
      return [[this.letter(i), answer.label, '–', '–', '–'], ['', advice]];
    }
    const about = `${answer.weights} · ${texts.photo_ms} ${Math.round(answer.embed_ms || 0)} ms`;
    const numbers = [answer.predicted_iou?.toFixed(2) || '–', iouWith(answer, 0), String(Math.round(answer.click_ms || 0))];
    return [[this.letter(i), answer.label, ...numbers], ['', h('span', {}, h('small', {}, about), note ? h('small', {}, note) : '')]];
  }

  /** What is announced when the answers have come. @param {ComparedAnswer[]} answers */
  summary(answers) {
    const first = answers.findIndex(({ error }) => !error);
    return answers.map((answer, i) => (i === first || answer.error ? '' : `IoU ${letterOf(first)}–${letterOf(i)} ${iouWith(answer, first)}`))
      .filter(Boolean).join(', ');
  }
}

/** @param {string[]} head @param {(Node | string)[][]} rows shorter ones end in a cell that fills the row @param {string} name */
function grid(head, rows, name) {
  return h('table', { 'aria-label': name },
    h('thead', {}, h('tr', {}, ...head.map(title => h('th', { scope: 'col' }, title)))),
    h('tbody', {}, ...rows.map(row => h('tr', { class: row.length < head.length ? 'es-about-row' : null }, ...row.map((cell, i) => (
      h('td', { colspan: i === row.length - 1 && row.length < head.length ? head.length - i : null }, cell)))))));
}
