// Calls the service, with the access token of the session, and renews it when it has run out.
const session = { accessToken: null, refreshToken: null };
let underWay = new AbortController();

export class SignedOut extends Error {}
export class Away extends Error {}

export const isSignedIn = () => session.accessToken !== null;

export async function signIn(email, password) {
  const response = await send('POST', '/auth/sign-in', { email, password });
  if (!response.ok) throw new Error(await problem(response));
  const reply = await response.json();
  if (!permissions(reply.accessToken).includes('system:admin')) {
    await send('POST', '/auth/sign-out', { refreshToken: reply.refreshToken });
    throw new Error('This page is for administrators: your account lacks the permission system:admin.');
  }
  keep(reply);
}

export async function signOut() {
  const refreshToken = session.refreshToken;
  keep({ accessToken: null, refreshToken: null });
  underWay.abort();
  underWay = new AbortController();
  if (refreshToken) await send('POST', '/auth/sign-out', { refreshToken }).catch(() => {});
}

// The parsed answer, null for one without a body or for 404. What was under way at the sign-out ends without a word.
export async function call(method, path) {
  if (!isSignedIn()) throw new SignedOut('');
  let response = await send(method, path);
  if (response.status === 401 && await renew()) response = await send(method, path);
  if (response.status === 401 || response.status === 403) {
    keep({ accessToken: null, refreshToken: null });
    throw new SignedOut('Your session has ended. Sign in again.');
  }
  if (response.status === 404 || response.status === 204) return null;
  if (response.status >= 502 && response.status <= 504) throw new Away('The database does not answer.');
  if (!response.ok) throw new Error(await problem(response));
  return response.json();
}

// What /health says, which is an answer too when it is 503.
export const health = async () => (await send('GET', '/health')).json();

async function renew() {
  if (!session.refreshToken) return false;
  const response = await send('POST', '/auth/refresh', { refreshToken: session.refreshToken });
  if (response.ok) keep(await response.json());
  return response.ok;
}

async function send(method, path, body) {
  const headers = {};
  if (session.accessToken) headers.Authorization = `Bearer ${session.accessToken}`;
  if (body) headers['Content-Type'] = 'application/json';
  const signedOut = underWay.signal;
  const signal = AbortSignal.any([signedOut, AbortSignal.timeout(15000)]);
  try {
    return await fetch(path, { method, headers, body: body && JSON.stringify(body), cache: 'no-store', signal });
  } catch {
    throw signedOut.aborted ? new SignedOut('') : new Away('The service does not answer.');
  }
}

// Kept in memory only: a reload asks for the password again, and no other page can read it.
function keep({ accessToken, refreshToken }) {
  Object.assign(session, { accessToken, refreshToken });
}

function permissions(accessToken) {
  const claims = JSON.parse(atob(accessToken.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')));
  return [].concat(claims.permissions ?? []);
}

async function problem(response) {
  const reply = await response.json().catch(() => ({}));
  return Object.values(reply.errors ?? {}).flat().join(' ') || reply.detail || reply.title || `The service answered ${response.status}.`;
}
