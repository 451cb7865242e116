// @ts-check
// Several answers to one prompt on the stage: two under a divider, or up to four beside each other.

import { gridFor, iouWith, letterOf } from './cells.js';
import { Comparison } from './compare.js';
import { Divider } from './divider.js';
import { h } from './dom.js';
import { loadPicture } from './pictures.js';
import { Twins } from './twins.js';
import { VersusPanel } from './versus_panel.js';

/** @import { Sheet } from './painter.js' */
/** @import { Stage } from './stage.js' */
/** @import { AnswerChoice, ComparedAnswer } from './types' */

const LEAST_WIDTH = 480;  // of the stage in CSS pixels: on a narrower one there is no room for two photos

export class Versus {
  /** @param {Stage} stage */
  constructor(stage) {
    this.stage = stage;
    /** @type {AnswerChoice[]} */
    this.choices = [];
    this.most = 4;
    this.side = false;
    /** @type {[number, number]} which answers are left and right of the divider */
    this.pair = [0, 1];
    this.comparison = new Comparison({
      photo: () => stage.photo, object: () => stage.active, ask: (kind, payload) => stage.ask(kind, payload),
      reopen: () => stage.reopen(), read: readAnswers, changed: () => stage.render(),
    });
    this.divider = new Divider(stage);
    this.twins = new Twins(stage);
    this.captions = [h('div', { class: 'es-caption' }), h('div', { class: 'es-caption es-caption-right' })];
    this.badge = h('div', { class: 'es-badge', hidden: true });
    stage.el.append(this.divider.el, ...this.captions, this.badge);
    this.panel = new VersusPanel(this);
    this.el = this.panel.el;
  }

  /** @param {boolean} open whether the comparison takes the stage */
  async show(open) {
    const { stage, comparison } = this;
    comparison.open = open;
    stage.cover = open ? this : null;
    this.el.hidden = !open;
    stage.render();
    if (!open) return;
    if (stage.message.tone === 'note') stage.showMessage('');  // it was about what is covered now
    const reply = await stage.ask('choices', {});
    if (reply.error) { stage.showMessage(reply.error, 'error'); return; }
    this.choices = reply.choices;
    this.most = reply.most;
    const known = new Set(this.choices.map(({ key }) => key));
    if (comparison.keys.length < 2 || !comparison.keys.every(key => known.has(key))) comparison.keys = reply.first;
    stage.render();
  }

  /** @param {string[]} keys */
  choose(keys) {
    this.comparison.keys = keys;
    if (Math.max(...this.pair) >= keys.length) this.pair = [0, 1];
    this.stage.render();
  }

  /** Show an answer left (0) or right (1); if it is on the other side, both change sides. @param {number} at @param {number} i */
  divide(at, i) {
    const [left, right] = this.pair, other = at ? left : right;
    const now = i === other ? [right, left] : at ? [left, i] : [i, right];
    this.pair = /** @type {[number, number]} */ (now);
    this.stage.render();
  }

  /** @param {boolean} side */
  setSide(side) {
    this.side = side;
    this.stage.render();
  }

  /** Save the comparison as a picture. */
  async save() {
    const { stage, comparison } = this, { photo } = stage;
    if (!photo || !comparison.wanted) return;
    stage.showMessage(stage.texts.exporting, 'busy');
    const reply = await comparison.picture((comparison.result?.answers || []).map(({ click_ms }) => click_ms ?? null));
    stage.showMessage(reply.error || '', reply.error ? 'error' : 'hint');
    if (!reply.error) h('a', { href: reply.file, download: reply.name }).click();
  }

  /** Whether there is room for one photo only. */
  get narrow() { return this.stage.el.clientWidth < LEAST_WIDTH; }

  /** Whether the answers lie beside each other. */
  get apart() { return this.side && !this.narrow; }

  /** The numbers of the answers that are seen, the first of them in the stage's own frame. */
  get seen() { return this.apart ? this.comparison.keys.map((_, i) => i) : this.pair; }

  /** Draw the answers into the stage's own frame, in place of the objects. @param {Sheet} sheet */
  paintOn(sheet) {
    const { width, height } = sheet.g.canvas, { seen } = this;
    if (this.apart) { this.ink(sheet, seen[0]); return; }
    const split = Math.round(width * this.divider.share);
    this.clipped(sheet, 0, split, height, seen[0]);
    this.clipped(sheet, split, width, height, seen[1]);
  }

  /** @param {Sheet} sheet @param {number} from @param {number} to in pixels of the canvas @param {number} height @param {number} i */
  clipped(sheet, from, to, height, i) {
    const { g, left, top } = sheet;
    g.save();
    g.beginPath();
    g.rect(from - left, -top, to - from, height);
    g.clip();
    this.ink(sheet, i);
    g.restore();
  }

  /** @param {Sheet} sheet @param {number} i */
  ink(sheet, i) {
    const picture = this.comparison.result?.answers[i]?.picture;
    if (picture) this.stage.painter.ink(sheet, picture, this.colourOf(i), 1);
  }

  /** @param {number} i */
  colourOf(i) {
    const { palette } = this.stage.host;
    return palette[i % palette.length];
  }

  paint() {
    const { stage, comparison } = this, open = comparison.open && Boolean(stage.photo);
    this.layOut(open);
    if (open) comparison.next();
    const { result } = comparison;
    stage.el.classList.toggle('es-stale', open && comparison.stale);
    const state = comparison.busy ? stage.texts.comparing : stage.texts.out_of_date;
    this.badge.hidden = !open || !(comparison.stale || (comparison.busy && !result));
    this.badge.textContent = comparison.stale && comparison.busy ? `${stage.texts.out_of_date}. ${state}` : state;
    this.divider.paint(open && !this.apart && Boolean(result), this.pair.map(i => result?.answers[i]?.label || ''));
    this.captions.forEach((el, at) => this.caption(el, this.seen[at], open && Boolean(result) && (at === 0 || !this.apart)));
    if (this.comparison.open) this.panel.paint();
  }

  /** Give the stage a grid of cells, and draw all but the first. @param {boolean} open */
  layOut(open) {
    const { stage } = this, { seen } = this, { photo, view } = { photo: stage.photo, view: stage.frame.view };
    const apart = open && this.apart, room = /** @type {[number, number]} */ ([stage.el.clientWidth, stage.el.clientHeight]);
    const grid = apart && photo ? gridFor(seen.length, room, view.photo) : /** @type {[number, number]} */ ([1, 1]);
    if (grid.join() !== stage.grid.join()) {
      stage.grid = grid;
      stage.fit();
    }
    this.twins.show(apart ? seen.length - 1 : 0, grid);
    this.twins.all.slice(0, Math.max(0, seen.length - 1)).forEach(({ frame, caption }, at) => {
      const i = seen[at + 1];
      this.ink(stage.painter.sheet(frame.overlay), i);
      stage.painter.paintMarks(frame.marks);
      this.caption(caption, i, Boolean(this.comparison.result));
    });
  }

  /** Tell which answer is seen, and its numbers. @param {HTMLElement} el @param {number} i @param {boolean} visible */
  caption(el, i, visible) {
    const answer = visible ? this.comparison.result?.answers[i] : null;
    el.hidden = !answer;
    if (!answer) return;
    el.style.setProperty('--es-colour', this.colourOf(i));
    el.replaceChildren(h('b', {}, `${letterOf(i)}  ${answer.label}`), h('span', {}, this.numbersOf(answer, i)));
  }

  /** @param {ComparedAnswer} answer @param {number} i */
  numbersOf(answer, i) {
    const { texts } = this.stage;
    if (answer.error) return [answer.error, answer.command].filter(Boolean).join(' ');
    const other = i ? [`IoU ${letterOf(0)} ${iouWith(answer, 0)}`] : [];
    const score = `${texts.predicted_iou} ${answer.predicted_iou?.toFixed(2)}`;
    return [score, ...other, `${Math.round(answer.click_ms || 0)} ms`].join(' · ');
  }
}

/** @param {any[]} answers as sent @returns {Promise<ComparedAnswer[]>} */
const readAnswers = answers => Promise.all(answers.map(async answer => (
  answer.png ? { ...answer, picture: await loadPicture(answer.png) } : answer)));
