// @ts-check
// The prompt canvas: a toolbar and a photo to click on, for the Gradio page and for Jupyter.
//
// The browser owns the prompts and sends all of them with each request, so the server has no session.
// Positions are pixels of the original photo: pixel i spans [i, i + 1).

import { Answers } from './answers.js';
import { Bar } from './bar.js';
import { clamp, h } from './dom.js';
import { Frame } from './frame.js';
import { Handles } from './handles.js';
import { History } from './history.js';
import { merged } from './kept.js';
import { Keys } from './keys.js';
import { Painter } from './painter.js';
import { maskRequestsFor, layersFor } from './parts.js';
import { covers, loadPicture } from './pictures.js';
import { Pointer } from './pointer.js';
import { Preview } from './preview.js';
import { askAbout } from './reopening.js';
import { Status } from './status.js';
import { Zoom } from './zoom.js';

/** @import { Box, Cover, Doc, Host, How, KeptMask, Layer, Mode, Photo, PhotoObject, Reply, Tone, Tool } from './types' */

/**
 * Arguments of a listener: `paint` after drawing, `pick` with ids, `answer` with Python's reply, `leave` before
 * another photo takes the place of this one.
 * @typedef {(what: 'paint' | 'pick' | 'answer' | 'leave', detail?: any) => void} Listener
 */

export class Stage {
  /** @param {HTMLElement} parent @param {Host} host */
  constructor(parent, host) {
    this.host = host;
    this.texts = host.texts;
    /** @type {Photo | null} */
    this.photo = null;
    /** @type {HTMLImageElement | null} the photo as it is shown, perhaps smaller */
    this.picture = null;
    /** @type {Tool} */
    this.tool = 'point';
    /** @type {Mode} */
    this.mode = { name: '', prompts: true };
    /** @type {How} what a click or box does */
    this.how = 'correct';
    /** of brush and eraser, in pixels of the photo */
    this.radius = 12;
    this.understandsBackground = true;
    /** whether the model looks again by its own rule */
    this.looksAgain = false;
    this.opacity = host.opacity ?? 0.5;
    /** @type {number | null} index of the candidate that is tried by hovering it */
    this.tried = null;
    this.frameAsked = false;
    /** @type {Cover | null} what is drawn in place of the objects, see versus.js */
    this.cover = null;
    /** @type {[number, number]} columns and rows of photos; the frame is in the first cell */
    this.grid = [1, 1];
    /** @type {Listener[]} */
    this.listeners = [];
    this.history = new History({ title: this.texts.object, palette: host.palette, changed: () => this.changed() });
    this.answers = new Answers();
    this.maskRequests = maskRequestsFor(this);
    this.pictures = layersFor(this);

    this.gone = new AbortController();
    this.bar = new Bar(this);
    this.status = new Status(this);
    this.handles = new Handles(this);
    this.preview = new Preview(this);
    this.painter = new Painter(this);
    this.frame = new Frame();
    this.overlay = this.frame.overlay;
    this.marks = this.frame.marks;
    this.pointer = new Pointer(this, this.gone.signal);
    this.empty = h('div', { class: 'es-empty' });
    /** for screen readers: what is seen on the photo otherwise */
    this.said = h('div', { class: 'es-said', role: 'status' });
    this.el = h('div', { class: 'es-stage', tabindex: '0', role: 'application', 'aria-label': this.texts.stage },
      this.frame.el, this.empty, this.status.el, this.handles.el, this.pointer.tip, this.said);
    this.zoom = new Zoom(this, host.keys || this.el, this.gone.signal);
    this.el.append(this.zoom.el);
    // The data attribute keeps JupyterLab from taking single keys as commands.
    this.root = h('div', { class: 'es-canvas', 'data-lm-suppress-shortcuts': 'true' }, this.bar.el, this.el);
    this.keys = new Keys(this, host.keys || this.root, this.gone.signal);
    this.resize = new ResizeObserver(() => this.fit());
    this.resize.observe(this.el);
    parent.append(this.root);
    this.render();
  }

  destroy() {
    this.gone.abort();
    this.resize.disconnect();
    this.root.remove();
  }

  /** @param {Listener} listener */
  on(listener) { this.listeners.push(listener); }

  /** @type {Listener} */
  emit(what, detail) { for (const listener of this.listeners) listener(what, detail); }

  // ---- state ----

  get doc() { return this.history.doc; }
  get active() { return this.history.active; }
  get busy() { return this.maskRequests.busy; }
  get message() { return this.status.message; }
  get layers() { return this.pictures.shown; }
  get picked() { return this.pictures.picked; }
  get hover() { return this.pictures.hover; }
  wanted() { return this.answers.wanted(this.doc); }
  /** @param {PhotoObject} object */
  answerOf(object) { return this.answers.of(object); }
  /** @param {PhotoObject} object */
  maskOf(object) { return this.answers.maskOf(object); }
  /** The mask to draw: for the selected object, a candidate that is tried. @param {PhotoObject} object */
  drawnMaskOf(object) {
    const tried = object.id === this.doc.active && this.tried !== null && this.answerOf(object)?.candidates[this.tried];
    return tried ? tried.picture : this.maskOf(object);
  }

  /** Show a candidate without choosing it. @param {number | null} index */
  tryCandidate(index) {
    if (index === this.tried) return;
    this.tried = index;
    this.render();
  }

  /** @param {PhotoObject} object */
  hasMask(object) { return Boolean(this.maskOf(object)); }
  /** @param {Layer['kind']} kind */
  visibleLayers(kind) { return this.pictures.visible(kind); }

  // ---- requests ----

  /** Send a request to Python; errors are returned as replies. @param {string} kind @param {object} payload @returns {Promise<Reply>} */
  async ask(kind, payload) {
    try {
      return await this.host.ask(kind, payload);
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error) };
    }
  }

  /** Send a request about the photo, which is sent again if the server has dropped it. @param {string} kind @param {object} payload */
  askAbout(kind, payload) {
    return askAbout({ photo: () => this.photo, ask: (...what) => this.ask(...what), reopen: () => this.reopen() }, kind, payload);
  }

  /** Send the photo again after the server has dropped it (on a restart, or with many visitors). */
  async reopen() {
    const renewed = await this.host.reopen?.();
    if (!renewed || !this.photo) return false;
    this.photo = { ...renewed, url: this.photo.url };
    return true;
  }

  /** @param {Reply} reply */
  answered(reply) {
    if (reply.error) { this.showMessage(reply.error, 'error'); return; }
    this.showMessage(reply.note || '', 'note');
    this.say();
    this.emit('answer', reply);
  }

  /** Announce the mask of the selected object. */
  say() {
    const { texts, active } = this, answer = this.answerOf(active), chosen = answer?.candidates[active.choice];
    const score = chosen ? `${texts.score} ${chosen.predicted_iou.toFixed(2)}` : '';
    this.said.textContent = chosen ? `${active.name}: ${texts.candidate} ${active.choice + 1} / ${answer.candidates.length}, ${score}` : '';
  }

  /** The document has changed: draw it, and request the missing masks. */
  changed() {
    this.answers.retry();
    if (this.message.tone === 'error') this.showMessage('');
    this.render();
    this.maskRequests.next();
  }

  // ---- photo, model, mode, layers ----

  /**
   * Show a photo, with earlier work or new prompts and objects.
   * @param {Photo} photo
   * @param {{doc: Doc, past: Doc[], future: Doc[], ids: number} | null} [work]
   */
  async setPhoto(photo, work = null) {
    const picture = await loadPicture(photo.url);
    this.emit('leave');
    this.picture = picture;
    this.photo = photo;
    this.frame.show(photo);
    this.answers.clear();
    this.pictures.clear();
    this.pointer.tip.hidden = true;
    this.preview.clear();
    this.keys.cursor = null;
    this.showMessage('');
    if (work) this.history.restore(work); else this.history.restart();
    this.fit();
  }

  /** @param {string} name @param {boolean} understandsBackground @param {boolean} looksAgain */
  setModel(name, understandsBackground, looksAgain) {
    this.understandsBackground = understandsBackground;
    this.looksAgain = looksAgain;
    if (name === this.history.model) this.render(); else this.history.setModel(name);
  }

  /** @param {Mode} mode */
  setMode(mode) {
    this.mode = mode;
    this.preview.clear();
    this.pictures.unpick();
    this.pointer.tip.hidden = true;
    this.render();
  }

  /** @param {Tool} tool */
  setTool(tool) {
    this.tool = tool;
    this.render();
  }

  /** @param {How} how */
  setHow(how) {
    this.how = how;
    this.render();
  }

  /** @param {number} factor */
  resizeBrush(factor) {
    this.radius = clamp(Math.round(factor > 1 ? Math.ceil(this.radius * factor) : this.radius * factor), 1, 100);
    this.render();
  }

  /** Whether the tool paints or erases. */
  get paints() { return this.tool === 'brush' || this.tool === 'eraser'; }

  /** What a click does now: without a mask, adding begins one, and there is nothing to cut from. @returns {How | null} */
  get howNow() {
    if (this.how === 'correct' || !this.history.isClear) return this.how;
    return this.how === 'add' ? 'correct' : null;
  }

  /** Add a click of the current kind. @param {number} x @param {number} y @param {number} label */
  click(x, y, label) {
    const how = this.howNow;
    if (how) this.history.addPoint(x, y, label, how); else this.showMessage(this.texts.nothing_to_change, 'note');
  }

  /** Add a box of the current kind. @param {Box} box */
  box(box) {
    const how = this.howNow;
    if (how) this.history.setBox(box, how); else this.showMessage(this.texts.nothing_to_change, 'note');
  }

  /** Show layers by name; null removes one. @param {Record<string, Layer | null>} layers */
  async setLayers(layers) {
    await this.pictures.set(layers, () => this.photo);
    if (!this.hover) this.pointer.tip.hidden = true;
  }

  // ---- objects ----

  addObject() {
    if (this.hasMask(this.active)) this.history.addObject(); else this.showMessage(this.texts.nothing_to_keep, 'note');
  }

  /**
   * The object whose mask is at a place, in fractions of the photo, if a click there selects it.
   * An object without a mask takes the click itself, and so do the ways to add and subtract.
   * @param {number} u @param {number} v
   */
  otherAt(u, v) {
    const own = this.maskOf(this.active);
    if (this.cover || !own || this.how !== 'correct' || covers(own, u, v)) return null;
    return [...this.doc.objects].reverse().find(object => {
      const mask = !object.hidden && this.maskOf(object);
      return mask && covers(mask, u, v);
    }) || null;
  }

  /** Select the object at a place; false if there is no other one. @param {number} u @param {number} v */
  selectAt(u, v) {
    const found = this.otherAt(u, v);
    if (!found) return false;
    this.history.select(found.id);
    this.showMessage(`${this.texts.selected} ${found.name}`, 'note');
    return true;
  }

  /** @param {KeptMask[]} masks */
  addMasks(masks) { this.history.addMasks(masks, object => this.hasMask(object)); }

  /** Add the picked masks of the label map as objects, or merged as one. */
  async keepPicked(asOne = false) {
    await this.keepMasks([...this.picked], asOne);
  }

  /** Make objects of all masks of the label map; one undo takes them away. */
  async keepAll() {
    await this.keepMasks(this.pictures.ids);
  }

  /** @param {number[]} ids of the label map @param {boolean} [asOne] */
  async keepMasks(ids, asOne = false) {
    const { texts } = this;
    this.showMessage(texts.keeping, 'busy');
    const masks = await this.pictures.masksOf(ids);
    if (this.message.tone === 'busy') this.showMessage('');
    if (!masks?.length) return;
    this.picked.clear();
    this.addMasks(asOne ? [merged(masks)] : masks);
    this.showMessage(asOne || masks.length === 1 ? texts.kept_one : texts.kept.replace('{count}', String(masks.length)), 'note');
    this.emit('pick', []);
  }

  // ---- drawing ----

  /** Show a message over the photo until the next one. @param {string} text @param {Tone} [tone] */
  showMessage(text, tone = 'hint') {
    this.status.message = { text, tone };
    this.render();
  }

  /** Use the room there is; at first the photo is as large as possible. */
  fit() {
    if (this.photo) this.frame.fit(this.el, this.grid);
    this.render();
  }

  /** Draw in the next frame, once for all changes until then. */
  render() {
    if (this.frameAsked) return;
    this.frameAsked = true;
    requestAnimationFrame(() => { this.frameAsked = false; this.paint(); });
  }

  paint() {
    this.bar.paint();
    this.status.paint();
    this.zoom.paint();
    this.handles.paint();
    this.el.classList.toggle('es-has-photo', Boolean(this.photo));
    if (this.photo) this.painter.paint();
    this.emit('paint');
  }
}
