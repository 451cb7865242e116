// @ts-check
// Whether the server can be reached. Gradio loads its page again once a request of its own has failed, so here
// the server is looked for before a request is handed to Gradio, and waited for when it is gone.

const FRESH_MS = 1_000;  // how long an answer shows that the server is there
const AGAIN_MS = 1_500;  // how often a lost server is looked for

export class Connection {
  /** @param {() => void} back called when a lost server is back */
  constructor(back) {
    this.back = back;
    this.seen = Date.now();
    this.lost = false;
  }

  /** The server has answered. */
  answered() { this.seen = Date.now(); }

  /** Whether a request would arrive; if not, wait for the server in the background. */
  async reaches() {
    if (!this.lost && navigator.onLine && Date.now() - this.seen < FRESH_MS) return true;
    if (await isAlive()) { this.answered(); return true; }
    this.wait();
    return false;
  }

  async wait() {
    if (this.lost) return;
    this.lost = true;
    while (!await isAlive()) await new Promise(resolve => { setTimeout(resolve, AGAIN_MS); });
    if (!await isSamePage()) { window.location.reload(); return; }
    this.lost = false;
    this.answered();
    this.back();
  }
}

/**
 * Whether the server can be reached; Gradio does not report lost connections to components.
 * A reverse proxy before a server that is gone answers in its place, with a status of 500 and above.
 */
export async function isAlive() {
  const { root, api_prefix } = config();
  try {
    return (await fetch(`${root}${api_prefix}/app_id`, { cache: 'no-store' })).status < 500;
  } catch {
    return false;
  }
}

/** Whether a server that was started again has the same events under the same numbers. */
async function isSamePage() {
  const { root, app_id, dependencies } = config();
  try {
    const now = await (await fetch(`${root}/config`, { cache: 'no-store' })).json();
    return now.app_id === app_id || JSON.stringify(now.dependencies) === JSON.stringify(dependencies);
  } catch {
    return false;
  }
}

const config = () => /** @type {any} */ (window).gradio_config;
