// The prompt canvas in Jupyter, appended to canvas.js. Photo and answers travel as messages and not
// as state, so that a notebook saved with its widgets holds the prompt and nothing large.

async function render({ model, el }) {
  const view = Math.random().toString(36).slice(2), waiting = new Map();
  let asked = 0;
  const ask = (kind, payload) => new Promise(resolve => {
    asked += 1;
    waiting.set(`${view}-${asked}`, resolve);
    model.send({ id: `${view}-${asked}`, kind, payload });
  });

  const texts = model.get('_texts');
  const holder = h('div', { class: 'es-widget' });
  holder.style.height = `${model.get('height')}px`;
  el.append(holder);
  const canvas = mount(holder, { texts, ask });
  canvas.root.classList.toggle('es-dark', document.body.dataset.jpThemeLight === 'false');
  // JupyterLab's keys stay out only if the focused element itself says so; its parents do not count.
  for (const node of canvas.root.querySelectorAll('button, input, [tabindex]')) node.setAttribute('data-lm-suppress-shortcuts', 'true');
  canvas.say(texts.opening, 'busy');

  const onMessage = content => {
    if (content.layers) canvas.setLayers(content.layers);
    const answered = waiting.get(content.id);
    if (!answered) return;  // another view's
    waiting.delete(content.id);
    answered(content.reply);
  };
  const onPrompt = () => {
    const wanted = model.get('_prompt');
    if (JSON.stringify(wanted) !== JSON.stringify(canvas.active.prompt)) canvas.prompt(wanted);
  };
  const onMode = () => canvas.setMode({ name: model.get('mode'), prompts: model.get('mode') === 'points', hint: texts.pick_hint });
  const onModel = async () => {
    canvas.say(texts.reading, 'busy');
    const reply = await ask('model_info', {});
    if (reply.error) { canvas.say(reply.error, 'error'); return; }
    canvas.say('');
    canvas.setModel(reply.model_info.name, reply.model_info.understands_background);
  };
  const onPhoto = async () => {
    const reply = await ask('photo', {});
    if (reply.error) { canvas.say(reply.error, 'error'); return; }
    await canvas.setPhoto(reply);
    onMode();
    onPrompt();
    await onModel();
  };

  // What Python reads: the prompt and the picked masks, whenever they have changed.
  canvas.on((what, detail) => {
    if (what === 'pick') { model.set('picked', detail); model.save_changes(); }
    if (what !== 'paint' || !canvas.photo) return;
    const prompt = { ...canvas.active.prompt };
    if (JSON.stringify(prompt) === JSON.stringify(model.get('_prompt'))) return;
    model.set('_prompt', prompt);
    model.save_changes();
  });

  const changes = { 'msg:custom': onMessage, 'change:_prompt': onPrompt, 'change:model': onModel, 'change:mode': onMode, 'change:_photo': onPhoto };
  for (const [name, act] of Object.entries(changes)) model.on(name, act);
  onPhoto();
  return () => {
    for (const [name, act] of Object.entries(changes)) model.off(name, act);
    canvas.destroy();
  };
}

export default { render };
