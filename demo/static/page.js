// The page around the canvas: header, panel, strip of photos, tabs; and the way to Gradio.
// Needs canvas.js before it. Text from people and from Python is only ever set as text.

const ASK_SECONDS = 150;  // a first answer may have to wait for a model that is still loading
const POLL_MS = 700;      // how often a loading model or a download is looked at

/** Talk to Python through one gr.HTML: an event `kind` goes out, the prop `kind_reply` comes back. */
function gradioHost({ element, props, trigger, watch }) {
  const waiting = new Map(), tails = new Map();
  let seq = 0;
  const settle = kind => {
    const reply = props[`${kind}_reply`], wait = waiting.get(kind);
    if (!wait || !reply || (reply.seq != null && reply.seq !== wait.seq)) return;
    waiting.delete(kind);
    clearTimeout(wait.timer);
    wait.resolve(JSON.parse(JSON.stringify(reply)));  // a plain copy: props are live proxies
  };
  const expect = (kind, start) => new Promise((resolve, reject) => {
    seq += 1;
    const timer = setTimeout(() => { waiting.delete(kind); reject(new Error(props.texts.no_answer)); }, ASK_SECONDS * 1000);
    waiting.set(kind, { seq, resolve, reject, timer });
    start(seq);
  });
  // One question of a kind at a time: a prop holds one answer.
  const ask = (kind, payload) => {
    const turn = () => expect(kind, number => trigger(kind, { ...payload, seq: number }));
    const answer = (tails.get(kind) || Promise.resolve()).then(turn, turn);
    tails.set(kind, answer.catch(() => null));
    return answer;
  };
  // Files enter through Gradio's own upload button, which checks their size and where they lie.
  const upload = file => expect('upload', () => {
    const input = document.querySelector('#es-door input[type=file]'), files = new DataTransfer();
    files.items.add(file);
    input.files = files.files;
    input.dispatchEvent(new Event('change', { bubbles: true }));
  });
  // Gradio tells nobody when the line is full or the server is gone: its requests are overheard.
  const refuse = (body, message) => {
    const asked = (body && body.event_data && body.event_data.seq) || null;
    for (const [kind, wait] of waiting) {
      if (asked ? wait.seq !== asked : kind !== 'upload') continue;
      waiting.delete(kind);
      clearTimeout(wait.timer);
      wait.reject(new Error(message));
    }
  };
  overhear((body, status) => refuse(body, status === 503 ? props.texts.line_full : props.texts.no_answer));
  for (const kind of props.kinds) watch(`${kind}_reply`, () => settle(kind));
  return { ask, upload, tell: trigger, element, texts: props.texts, keys: document };
}

/** Call `refused(body, status)` when a question to Gradio's queue is not let in; 0 is no connection. */
function overhear(refused) {
  const send = window.fetch;
  window.fetch = async (url, options) => {
    if (!String(url && url.url ? url.url : url).includes('/queue/join')) return send(url, options);
    const tell = status => { try { refused(JSON.parse(options.body), status); } catch { refused(null, status); } };
    try {
      const answer = await send(url, options);
      if (!answer.ok) tell(answer.status);
      return answer;
    } catch (error) { tell(0); throw error; }
  };
}

class Page {
  constructor(root, host, props) {
    Object.assign(this, { root, host, props, texts: host.texts, models: [], model: null, source: null, times: {}, scope: 'active' });
    this.build();
    this.canvas = mount(this.main, { ...host, reopen: () => this.reopen() });
    this.canvas.empty.append(...this.invitation());
    this.canvas.on((what, detail) => this.heard(what, detail));
    this.buildTabs();
    this.listen();
    this.paintPanel();
    this.poll();
  }

  // ---- building ----

  build() {
    const T = this.texts;
    this.chip = h('button', { type: 'button', class: 'es-chip', 'aria-haspopup': 'true', 'aria-expanded': 'false', onclick: () => this.openMenu() });
    this.menu = h('div', { class: 'es-menu', hidden: true, role: 'dialog', 'aria-label': T.choose_model });
    this.main = h('section', { class: 'es-main', 'aria-label': T.stage });
    this.panel = h('aside', { class: 'es-panel', 'aria-label': T.panel });
    this.strip = h('nav', { class: 'es-strip', 'aria-label': T.photos });
    this.file = h('input', { type: 'file', accept: 'image/*', hidden: true, onchange: () => { const [file] = this.file.files; this.file.value = ''; if (file) this.openFile(file); } });
    this.root.append(
      h('header', { class: 'es-head' }, h('h1', { class: 'es-brand' }, T.title), h('div', { class: 'es-chipbox' }, this.chip, this.menu)),
      h('div', { class: 'es-work' }, this.main, this.panel), this.strip, this.file);
    this.buildPanel();
    this.buildStrip();
  }

  section(title, ...children) {
    return h('section', { class: 'es-section' }, h('h2', {}, title), ...children);
  }

  buildPanel() {
    const T = this.texts;
    this.candidates = h('div', { class: 'es-candidates', role: 'radiogroup', 'aria-label': T.candidates });
    this.objects = h('ul', { class: 'es-objects', 'aria-label': T.objects });
    this.addButton = h('button', { type: 'button', class: 'es-button', onclick: () => this.addObject() }, icon('add'), h('span', {}, T.add_object));
    this.mergeButton = h('button', { type: 'button', class: 'es-button', hidden: true, title: T.merge_help, onclick: () => this.canvas.keepPicked(true) }, T.merge_picked);
    this.scopeSelect = h('select', { class: 'es-select', 'aria-label': T.scope, onchange: () => { this.scope = this.scopeSelect.value; } },
      h('option', { value: 'active' }, T.scope_active), h('option', { value: 'visible' }, T.scope_visible));
    this.exportButtons = this.props.exports.map(([kind, label]) => h('button', { type: 'button', class: 'es-button', 'data-export': kind, onclick: () => this.download(kind) }, icon('download'), label));
    this.note = h('p', { class: 'es-note', hidden: true });
    this.candidateSection = this.section(T.candidates, this.candidates);
    this.points = h('div', { class: 'es-points' },
      this.candidateSection,
      h('section', { class: 'es-section es-grow' }, h('div', { class: 'es-row' }, h('h2', {}, T.objects), h('div', { class: 'es-group' }, this.mergeButton, this.addButton)), this.objects),
      this.section(T.export, this.scopeSelect, h('div', { class: 'es-exports' }, ...this.exportButtons)));
    this.modeSlot = h('div', { class: 'es-mode', hidden: true });
    this.panel.append(this.modeSlot, this.points, this.note);
  }

  buildStrip() {
    const T = this.texts;
    const tile = (name, label, act) => h('button', { type: 'button', class: `es-tile es-tile-${name}`, onclick: act }, icon(name), h('span', {}, label));
    const camera = navigator.mediaDevices && navigator.mediaDevices.getUserMedia ? tile('camera', T.camera, () => this.openCamera()) : null;
    this.tiles = this.props.gallery.map(photo => h('button', { type: 'button', class: 'es-thumb', title: photo.alt, 'aria-label': photo.alt, 'data-photo': photo.id, onclick: () => this.openExample(photo) },
      h('img', { src: photo.thumb, alt: '', draggable: 'false' })));
    this.strip.append(tile('upload', T.upload, () => this.file.click()), ...[camera].filter(Boolean), ...this.tiles);
  }

  invitation() {
    const T = this.texts;
    return [icon('photo'), h('p', { class: 'es-invite' }, T.invite), h('p', { class: 'es-invite-more' }, T.invite_more),
      h('button', { type: 'button', class: 'es-button es-primary', onclick: () => this.file.click() }, icon('upload'), T.upload_photo)];
  }

  /** Tabs over one photo. A mode's Gradio panel waits in #es-mode-<name> and moves in beside the stage. */
  buildTabs() {
    const { modes } = this.props;
    if (modes.length < 2) return;
    this.tabs = modes.map(mode => h('button', { type: 'button', role: 'tab', class: 'es-tab', 'data-mode': mode.name, onclick: () => this.setMode(mode) }, mode.title));
    this.canvas.bar.prepend(h('div', { class: 'es-group es-tabs', role: 'tablist', 'aria-label': this.texts.modes }, ...this.tabs));
    this.setMode(modes[0]);
  }

  setMode(mode) {
    for (const tab of this.tabs) tab.setAttribute('aria-selected', String(tab.dataset.mode === mode.name));
    for (const other of this.props.modes) {
      const panel = document.querySelector(`#es-mode-${other.name}`);
      if (!panel) continue;
      if (panel.parentElement !== this.modeSlot) this.modeSlot.append(panel);
      panel.style.display = other.name === mode.name ? '' : 'none';
    }
    // Objects and export belong to every mode; candidates only where clicks are prompts.
    this.modeSlot.hidden = mode.name === 'points';
    this.candidateSection.hidden = !mode.prompts;
    this.canvas.setMode(mode);
    this.root.dataset.mode = mode.name;
    this.publish();
  }

  /** The component's value: what the handlers of other modes read when they take the canvas as input. */
  publish() {
    const { canvas } = this, { photo, mode } = canvas;
    this.published = canvas.active.prompt;
    this.props.value = { mode: mode.name, token: photo ? photo.token : null, model: this.model, picked: [...canvas.picked], prompt: canvas.active.prompt };
    const { token, model } = this.props.value, last = this.entered || {};
    if (token === last.token && model === last.model) return;
    this.entered = { token, model };
    this.host.tell('entered', { token, model, left: last.token === token ? null : last.token, fresh: last.token !== token });
  }

  listen() {
    document.addEventListener('paste', event => {
      const file = [...(event.clipboardData ? event.clipboardData.files : [])].find(item => item.type.startsWith('image/'));
      if (file) { event.preventDefault(); this.openFile(file); }
    });
    document.addEventListener('dragover', event => { if ([...event.dataTransfer.types].includes('Files')) { event.preventDefault(); this.root.classList.add('es-dropping'); } });
    document.addEventListener('dragleave', event => { if (!event.relatedTarget) this.root.classList.remove('es-dropping'); });
    document.addEventListener('drop', event => {
      this.root.classList.remove('es-dropping');
      const [file] = event.dataTransfer.files;
      if (file) { event.preventDefault(); this.openFile(file); }
    });
    document.addEventListener('pointerdown', event => { if (!this.chip.parentElement.contains(event.target)) this.closeMenu(); });
    this.root.addEventListener('keydown', event => { if (event.key === 'Escape' && !this.menu.hidden) { event.preventDefault(); event.stopPropagation(); this.closeMenu(); this.chip.focus(); } }, true);
  }

  // ---- photos ----

  openExample(photo) { return this.open({ example: photo.id, name: photo.alt }, () => this.host.ask('example', { id: photo.id })); }

  openFile(file) {
    if (file.size > this.props.max_bytes) {
      this.canvas.say(this.texts.file_too_large, 'error');
      return null;
    }
    return this.open({ file, name: file.name }, () => this.host.upload(file));
  }

  async open(source, fetchPhoto) {
    this.opening = source;
    this.canvas.say(this.texts.opening, 'busy');
    const reply = await this.fetched(fetchPhoto);
    if (this.opening !== source) return;  // another photo was chosen meanwhile
    if (reply.error) { this.canvas.say(reply.error, 'error'); return; }
    this.source = source;
    this.again = fetchPhoto;
    this.markTile(source.example);
    await this.canvas.setPhoto({ ...reply, name: source.name });
    this.publish();
    this.embed();
  }

  markTile(id) {
    for (const tile of this.tiles) tile.setAttribute('aria-current', String(tile.dataset.photo === id));
    const tile = this.tiles.find(each => each.dataset.photo === id), { strip } = this;
    if (!tile) return;
    const at = tile.offsetLeft - strip.offsetLeft, hidden = at < strip.scrollLeft || at + tile.offsetWidth > strip.scrollLeft + strip.clientWidth;
    if (hidden) strip.scrollLeft = at - (strip.clientWidth - tile.offsetWidth) / 2;
  }

  async fetched(fetchPhoto) {
    try { return await fetchPhoto(); } catch (error) { return { error: error.message }; }
  }

  async reopen() {
    const reply = this.again ? await this.fetched(this.again) : { error: true };
    if (reply.error) return null;
    const photo = { ...reply, name: this.source.name };
    setTimeout(() => this.publish());
    return photo;
  }

  /** Let the server read the photo now, so that the first click is quick. */
  async embed() {
    const { photo } = this.canvas;
    if (!photo || !this.model) return;
    this.canvas.say(this.texts.reading, 'busy');
    const reply = await this.fetched(() => this.host.ask('embed', { token: photo.token, model: this.model }));
    if (photo !== this.canvas.photo) return;
    const error = reply.code === 'photo_gone' ? '' : reply.error;  // the first click sends it again
    if (this.canvas.said.tone === 'busy') this.canvas.say(error || '', error ? 'error' : 'hint');
    if (!reply.error) this.spoke(reply);
  }

  async openCamera() {
    const T = this.texts, video = h('video', { autoplay: true, playsinline: true, muted: true });
    let stream;
    try { stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } }); } catch { this.canvas.say(T.no_camera, 'error'); return; }
    video.srcObject = stream;
    const dialog = h('dialog', { class: 'es-dialog', 'aria-label': T.camera }, video, h('div', { class: 'es-exports' },
      h('button', { type: 'button', class: 'es-button', onclick: () => dialog.close() }, T.cancel),
      h('button', { type: 'button', class: 'es-button es-primary', disabled: true, onclick: () => shoot() }, icon('camera'), T.take_photo)));
    video.addEventListener('loadeddata', () => { dialog.querySelector('.es-primary').disabled = false; });  // before, it is 0 pixels wide
    const shoot = () => {
      const shot = newCanvas(video.videoWidth, video.videoHeight);
      shot.getContext('2d').drawImage(video, 0, 0);
      shot.toBlob(blob => { this.openFile(new File([blob], 'camera.png', { type: 'image/png' })); dialog.close(); });
    };
    dialog.addEventListener('close', () => { for (const track of stream.getTracks()) track.stop(); dialog.remove(); });
    this.root.append(dialog);
    dialog.showModal();
  }

  // ---- models ----

  async poll() {
    const reply = await this.fetched(() => this.host.ask('status', {}));
    this.state = reply.state || 'error';
    this.error = reply.error || '';
    this.models = reply.models || this.models;
    const fresh = !this.model && reply.default;
    if (fresh) this.useModel(reply.default);
    this.paintChip();
    if (!this.menu.hidden) this.paintMenu();
    this.paintNote();
    if (this.state === 'loading' || this.models.some(model => model.downloading)) setTimeout(() => this.poll(), POLL_MS);
  }

  info(name = this.model) { return this.models.find(model => model.name === name); }

  useModel(name) {
    this.model = name;
    this.times = {};
    const info = this.info();
    this.canvas.setModel(name, !info || info.understands_background);
    this.paintChip();
    this.paintNote();
    this.publish();
    this.embed();
  }

  spoke(reply) {
    this.times = { ...this.times, ...reply.times };
    if (reply.model_info) {
      this.models = this.models.map(model => (model.name === reply.model_info.name ? { ...model, ...reply.model_info } : model));
      if (reply.model_info.name === this.model) this.canvas.setModel(this.model, reply.model_info.understands_background);
    }
    this.paintChip();
  }

  paintChip() {
    const T = this.texts, info = this.info();
    const parts = [];
    if (!info) parts.push(h('span', { class: 'es-chip-name' }, this.state === 'error' ? T.no_model : T.model_loading));
    else {
      parts.push(h('span', { class: 'es-chip-name' }, info.title));
      if (info.device) parts.push(h('span', {}, `${info.device} · ${info.precision}`));
      else if (this.state === 'loading') parts.push(h('span', {}, T.loading));
      const { embed_ms, decode_ms } = this.times;
      if (embed_ms != null) parts.push(h('span', { class: 'es-ms' }, `${T.photo_ms} ${Math.round(embed_ms)} ms`));
      if (decode_ms != null) parts.push(h('span', { class: 'es-ms' }, `${T.click_ms} ${Math.round(decode_ms)} ms`));
    }
    this.chip.replaceChildren(h('i', { class: 'es-dot', 'data-state': this.state || 'loading' }), ...parts, icon('down'));
    this.chip.title = this.error || (info && info.provenance) || '';
  }

  openMenu() {
    if (!this.menu.hidden) { this.closeMenu(); return; }
    this.menu.hidden = false;
    this.chip.setAttribute('aria-expanded', 'true');
    this.paintMenu();
    this.poll();
  }

  closeMenu() { this.menu.hidden = true; this.chip.setAttribute('aria-expanded', 'false'); }

  paintMenu() {
    this.menu.replaceChildren(...this.models.map(model => this.modelRow(model)), ...(this.error ? [h('p', { class: 'es-error' }, this.error)] : []));
  }

  modelRow(model) {
    const T = this.texts, about = h('span', { class: 'es-about' }, model.about);
    if (model.present) {
      return h('button', { type: 'button', class: 'es-model', 'aria-pressed': String(model.name === this.model), onclick: () => { this.closeMenu(); this.useModel(model.name); } },
        h('b', {}, model.title), about, model.provenance ? h('span', { class: 'es-about' }, model.provenance) : null);
    }
    const doing = model.downloading ? h('progress', { max: 1, value: model.downloading, 'aria-label': T.downloading })
      : h('button', { type: 'button', class: 'es-button', onclick: () => this.fetchModel(model) }, icon('download'), model.download_label);
    return h('div', { class: 'es-model es-absent' }, h('b', {}, model.title), about, h('code', {}, model.command), doing,
      model.download_error ? h('p', { class: 'es-error' }, model.download_error) : null);
  }

  async fetchModel(model) {
    await this.fetched(() => this.host.ask('fetch', { model: model.name }));
    this.poll();
  }

  /** One calm line while the small bundled model answers: who speaks, and how to get EfficientSAM. */
  paintNote() {
    const info = this.info(), text = this.state === 'error' ? this.error : info && info.note;
    this.note.hidden = !text;
    if (!text) return;
    this.note.replaceChildren(text, ...(info && info.note && this.state !== 'error' ? [' ', h('code', {}, info.note_command)] : []));
  }

  // ---- the panel of the points mode ----

  heard(what, detail) {
    if (what === 'answer') this.spoke(detail);
    if (what === 'paint') this.paintPanel();
    if (what === 'pick') this.publish();
    if (what === 'paint' && this.canvas.active.prompt !== this.published) this.publish();
  }

  paintPanel() {
    const { canvas } = this, { doc } = canvas;
    const answer = canvas.answerOf(canvas.active);
    const drawn = [doc, answer, canvas.picture, canvas.picked.size];
    if (this.drawn && drawn.every((part, i) => part === this.drawn[i])) return;
    this.drawn = drawn;
    this.paintCandidates(answer);
    this.paintObjects(doc);
    const any = doc.objects.some(object => canvas.hasMask(object));
    const picked = canvas.picked.size;
    this.mergeButton.hidden = picked < 2;
    this.addButton.disabled = !picked && !canvas.hasMask(canvas.active);
    this.addButton.lastChild.textContent = picked ? this.texts.add_picked : this.texts.add_object;
    this.scopeSelect.hidden = doc.objects.filter(object => canvas.hasMask(object)).length < 2;
    if (this.scopeSelect.hidden && doc.objects.length < 2) { this.scope = 'active'; this.scopeSelect.value = 'active'; }
    for (const button of this.exportButtons) button.disabled = !any && !picked;
  }

  /** Where masks were picked from a label map they become objects; else the next one is started. */
  addObject() {
    if (this.canvas.picked.size) this.canvas.keepPicked(); else this.canvas.addObject();
  }

  paintCandidates(answer) {
    const T = this.texts, { canvas } = this, { active } = canvas;
    if (!answer) {
      this.candidates.replaceChildren(...[0, 1, 2].map(() => h('div', { class: 'es-candidate es-blank' }, h('span', { class: 'es-pic' }), h('span', { class: 'es-score' }, '–'))));
      return;
    }
    const view = this.view(answer.candidates);
    const focused = this.candidates.contains(document.activeElement);
    this.candidates.replaceChildren(...answer.candidates.map((candidate, i) => {
      const score = candidate.predicted_iou.toFixed(2), on = i === active.choice;
      return h('button', { type: 'button', class: 'es-candidate', role: 'radio', 'aria-checked': String(on), tabindex: on ? '0' : '-1',
        'aria-label': `${T.candidate} ${i + 1}, ${T.score} ${score}`, title: T.score_help,
        onclick: () => canvas.pick(i), onkeydown: event => this.roam(event, i, answer.candidates.length) },
      this.smallPicture(candidate.picture, active.colour, view), h('span', { class: 'es-score' }, score));
    }));
    if (focused) this.candidates.children[active.choice].focus();
  }

  roam(event, i, n) {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    this.canvas.pick((i + step + n) % n);
  }

  /** The part of the stage that holds all candidates, with room around it, in the shape 4:3. */
  view(candidates) {
    const { picture, photo } = this.canvas, scale = picture.naturalWidth / photo.width;
    const boxes = candidates.filter(candidate => candidate.area).map(candidate => candidate.box_xyxy.map(value => value * scale));
    const [x0, y0] = [0, 1].map(i => Math.min(...boxes.map(box => box[i]), Infinity));
    const [x1, y1] = [2, 3].map(i => Math.max(...boxes.map(box => box[i]), -Infinity));
    const { naturalWidth: W, naturalHeight: H } = picture;
    if (!boxes.length) return [0, 0, W, H];
    let w = Math.max((x1 - x0) * 1.25, W * 0.25), hgt = Math.max((y1 - y0) * 1.25, H * 0.25);
    if (w * 3 > hgt * 4) hgt = w * 3 / 4; else w = hgt * 4 / 3;
    const shrink = Math.min(1, Math.max(W / w, H / hgt));  // no room around the photo itself
    w *= shrink; hgt *= shrink;
    const middle = [(x0 + x1) / 2, (y0 + y1) / 2];
    const place = (at, size, full) => (size >= full ? (full - size) / 2 : clamp(at - size / 2, 0, full - size));
    return [place(middle[0], w, W), place(middle[1], hgt, H), w, hgt];
  }

  smallPicture(mask, colour, view) {
    const out = newCanvas(176, 132), g = out.getContext('2d');
    const inked = tint(mask, colour, mask.naturalWidth, mask.naturalHeight);
    g.globalAlpha = 0.6;
    g.drawImage(this.canvas.picture, ...view, 0, 0, 176, 132);
    g.globalAlpha = 0.75;
    g.drawImage(inked, ...view, 0, 0, 176, 132);
    out.className = 'es-pic';
    return out;
  }

  paintObjects(doc) {
    if (this.objects.contains(document.activeElement) && document.activeElement.matches('input')) return;
    this.objects.replaceChildren(...doc.objects.map(object => this.objectRow(object, doc)));
  }

  objectRow(object, doc) {
    const T = this.texts, { canvas } = this, active = object.id === doc.active;
    const name = h('input', { class: 'es-name', value: object.name, maxlength: 60, 'aria-label': T.object_name, spellcheck: 'false',
      onfocus: () => canvas.select(object.id),
      onkeydown: event => { event.stopPropagation(); if (event.key === 'Enter') name.blur(); if (event.key === 'Escape') { name.value = object.name; name.blur(); } },
      onblur: () => { this.drawn = null; if (name.value.trim() && name.value !== object.name) canvas.rename(object.id, name.value); else canvas.render(); } });
    const small = (what, label, act) => h('button', { type: 'button', class: 'es-small', title: label, 'aria-label': `${label}: ${object.name}`, onclick: event => { event.stopPropagation(); act(); } }, icon(what));
    return h('li', { class: 'es-object', 'aria-current': String(active), 'data-hidden': String(object.hidden), onclick: () => canvas.select(object.id) },
      h('i', { class: 'es-swatch', style: `background:${object.colour}`, 'data-empty': String(!canvas.hasMask(object)) }), name,
      small(object.hidden ? 'hidden' : 'eye', object.hidden ? T.show : T.hide, () => canvas.toggle(object.id)),
      small('remove', T.remove, () => canvas.remove(object.id)));
  }

  // ---- export: Python makes the files, in the full size of the photo ----

  exported(object) {
    const { prompt, choice, model, subtract, mask, name, colour } = object;
    const about = { name, colour };
    return mask ? { ...about, png: this.asPng(mask.picture) } : { ...about, prompt, choice, model, subtract };
  }

  asPng(picture) {
    if (picture.toDataURL) return picture.toDataURL('image/png');
    const copy = newCanvas(picture.naturalWidth, picture.naturalHeight);
    copy.getContext('2d').drawImage(picture, 0, 0);
    return copy.toDataURL('image/png');
  }

  async download(kind) {
    const { canvas } = this, { doc } = canvas;
    const wanted = this.scope === 'visible' ? doc.objects.filter(object => !object.hidden) : [canvas.active];
    let objects = wanted.filter(object => canvas.hasMask(object));
    if (!objects.length) objects = doc.objects.filter(object => !object.hidden && canvas.hasMask(object)).slice(-1);
    canvas.say(this.texts.exporting, 'busy');
    // What is selected in the label map is what a person means, kept or not.
    const picked = await canvas.pickedMasks();
    const sent = picked.length ? picked.map(picture => ({ name: this.texts.selection, png: this.asPng(picture) })) : objects.map(object => this.exported(object));
    if (!sent.length) return;
    const payload = { kind, token: canvas.photo.token, objects: sent };
    let reply = await this.fetched(() => this.host.ask('export', payload));
    if (reply.code === 'photo_gone') {
      const photo = await this.reopen();
      if (photo) { canvas.photo.token = photo.token; reply = await this.fetched(() => this.host.ask('export', { ...payload, token: photo.token })); }
    }
    canvas.say(reply.error || '', reply.error ? 'error' : 'hint');
    if (reply.error) return;
    const link = h('a', { href: reply.file, download: reply.name });
    this.root.append(link);
    link.click();
    link.remove();
  }
}

function mountPage(gradio) {
  const { element, props, watch } = gradio;
  const page = new Page(element.querySelector('.es-page'), gradioHost(gradio), props);
  watch('layers', () => page.canvas.setLayers(JSON.parse(JSON.stringify(props.layers || {}))));
  // The one global, for tests: what the page knows, without reading pixels.
  window.esamPage = page;
}
