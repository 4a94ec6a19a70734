// What must never happen while people use the page: an error in the console, an exception, a report
// of the content security policy, a request to anybody else's server.

// Chromium itself writes these, and a page cannot keep it from it. Each walk names those it causes.
export const REFUSED = /Failed to load resource: the server responded with a status of 4\d\d/;
export const NO_SERVER = new RegExp([
  'Failed to load resource: net::ERR_(INTERNET_DISCONNECTED|CONNECTION_REFUSED|CONNECTION_RESET|EMPTY_RESPONSE|SOCKET_NOT_CONNECTED|NETWORK_CHANGED)',
  'WebSocket connection to .* failed',
].join('|'));

// The first lines say what; the stack below them is one of addresses.
const begin = (text) => text.split('\n').filter((line) => line.trim()).slice(0, 2).join('; ');

export class Troubles {
  #seen = [];
  #expected = [];

  constructor(context, origin) {
    const own = new URL(origin);
    context.on('console', (message) => {
      if (message.type() === 'error') this.#seen.push(`console: ${begin(message.text())} (${message.location().url})`);
    });
    context.on('weberror', (error) => this.#seen.push(`exception: ${begin(String(error.error().stack ?? error.error()))}`));
    context.on('request', (request) => {
      const url = new URL(request.url());
      const inside = ['data:', 'blob:', 'about:'].includes(url.protocol);
      if (!inside && url.host !== own.host) this.#seen.push(`foreign request: ${url}`);
    });
    context.on('page', (page) => {
      page.on('websocket', (socket) => {
        if (new URL(socket.url()).host !== own.host) this.#seen.push(`foreign socket: ${socket.url()}`);
      });
      page.on('crash', () => this.#seen.push('the page crashed'));
    });
  }

  /** Before the first page: reports of the policy appear in the console. */
  static async listen(context) {
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        console.error(`policy: ${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
      });
    });
  }

  /** @param {...RegExp} patterns what this walk causes on purpose */
  expect(...patterns) {
    this.#expected.push(...patterns);
  }

  get all() {
    return this.#seen.filter((text) => !this.#expected.some((pattern) => pattern.test(text)));
  }
}
