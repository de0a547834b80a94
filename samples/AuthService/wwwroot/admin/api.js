// Calls the service. What a sign-in gives is a session: all of its calls end with it, and whatever comes late finds it over.
const patience = 15000;
const pauses = [2000, 10000, 60000];
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

export class Away extends Error {}

export class Session {
  // Kept in memory only: a reload asks for the password again, and no other page can read it.
  #accessToken;
  #refreshToken;
  #renewal = null;
  #end = new AbortController();

  static async open(email, password) {
    const answer = await send('POST', '/auth/sign-in', { body: { email, password } });
    if (!answer.ok) throw problem(answer);
    return new Session(answer.reply);
  }

  constructor(tokens) {
    this.#keep(tokens);
  }

  get isOver() {
    return this.#end.signal.aborted;
  }

  may(permission) {
    const claims = JSON.parse(atob(this.#accessToken.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')));
    return [].concat(claims.permissions ?? []).includes(permission);
  }

  // Calls once, with what there is to say.
  onEnd(listener) {
    this.#end.signal.addEventListener('abort', () => listener(this.#end.signal.reason.message));
  }

  // Over here at once. The service, which may be away, is asked a few times; whether it knows by now.
  async signOut(onFailure) {
    this.#over('');
    for (const wait of [...pauses, null]) {
      const answer = await send('POST', '/auth/sign-out', { body: { refreshToken: this.#refreshToken }, keepalive: true }).catch(() => null);
      if (answer?.ok) return true;
      if (wait === null) return false;
      onFailure();
      await pause(wait);
    }
  }

  // The parsed answer, null for one without a body or for 404.
  async call(method, path) {
    const token = this.#accessToken;
    let answer = await this.#send(method, path);
    if (answer.status === 401) {
      await this.#renew(token);
      answer = await this.#send(method, path);
    }
    if (answer.status === 401 || answer.status === 403) throw this.#over('Your session has ended. Sign in again.');
    if (answer.status === 404) return null;
    if (answer.status >= 502 && answer.status <= 504) throw new Away('The database does not answer.');
    if (!answer.ok) throw problem(answer);
    return answer.reply;
  }

  // What /health says, which is an answer too when it is 503.
  async health() {
    return (await this.#send('GET', '/health')).reply;
  }

  // A refresh token is good for one renewal: whoever needs one waits for the same, or has it already.
  #renew(spent) {
    if (this.#accessToken !== spent) return null;
    this.#renewal ??= this.#exchange().finally(() => { this.#renewal = null; });
    return this.#renewal;
  }

  async #exchange() {
    const answer = await this.#send('POST', '/auth/refresh', { refreshToken: this.#refreshToken });
    if (answer.status === 400 || answer.status === 401) throw this.#over('Your session has ended. Sign in again.');
    if (!answer.ok) throw new Away('The service does not answer.');
    this.#keep(answer.reply);
  }

  #send(method, path, body) {
    return send(method, path, { body, token: this.#accessToken, signal: this.#end.signal });
  }

  #keep({ accessToken, refreshToken }) {
    this.#accessToken = accessToken;
    this.#refreshToken = refreshToken;
  }

  #over(message) {
    this.#end.abort(new Error(message));
    return this.#end.signal.reason;
  }
}

// Reads the whole answer: what ends while it is read is no answer.
async function send(method, path, { body, token, signal, keepalive }) {
  const headers = {};
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body) headers['Content-Type'] = 'application/json';
  const ends = [AbortSignal.timeout(patience), ...(signal ? [signal] : [])];
  try {
    const response = await fetch(path, { method, headers, body: body && JSON.stringify(body), cache: 'no-store', keepalive, signal: AbortSignal.any(ends) });
    const text = await response.text();
    const isJson = response.headers.get('Content-Type')?.includes('json');
    return { status: response.status, ok: response.ok, reply: isJson && text ? JSON.parse(text) : null };
  } catch {
    throw new Away('The service does not answer.');
  }
}

function problem({ status, reply }) {
  return new Error(Object.values(reply?.errors ?? {}).flat().join(' ') || reply?.detail || reply?.title || `The service answered ${status}.`);
}
