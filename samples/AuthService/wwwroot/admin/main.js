// Shows the sign-in or the dashboard, which every session gets anew: nothing of one is left for the next.
import { Session } from './api.js';
import * as entries from './entries.js';
import * as live from './live.js';

const element = (id) => document.getElementById(id);
const dashboard = element('dashboard').cloneNode(true);
let session = null;

function showSignIn(message = '') {
  element('confirm').close();
  element('dashboard').replaceWith(dashboard.cloneNode(true));
  element('connection').textContent = element('table').textContent = '';
  element('connection').classList.remove('away');
  element('sign-out').hidden = true;
  element('sign-in').hidden = false;
  tell(message);
  element(element('email').value ? 'password' : 'email').focus();
}

function showDashboard() {
  element('password').value = '';
  element('sign-in').hidden = true;
  element('dashboard').hidden = element('sign-out').hidden = false;
  element('main').focus();
  session.onEnd(showSignIn);
  entries.connect(session);
  live.start(session);
}

function tell(message) {
  const notice = element('sign-in-message');
  notice.textContent = message;
  notice.hidden = message === '';
}

// Each session that the service could not end has a line of its own, on the page of the sign-in.
async function end(leaving) {
  const notice = document.createElement('p');
  notice.className = 'notice';
  const isEnded = await leaving.signOut(() => {
    notice.textContent = 'You are signed out here, but the service could not be told yet. Trying again …';
    element('sign-out-messages').append(notice);
  });
  if (isEnded) notice.remove();
  else notice.textContent = 'You were signed out here only: the service could not be told, and keeps the session for up to 14 days. A new password ends it.';
}

element('sign-in-form').addEventListener('submit', async (event) => {
  event.preventDefault();
  if (event.submitter.ariaDisabled) return;
  event.submitter.ariaDisabled = 'true';
  tell('');
  try {
    const opened = await Session.open(element('email').value, element('password').value);
    if (opened.may('system:admin')) {
      session = opened;
      showDashboard();
    } else {
      end(opened);
      throw new Error('This page is for administrators: your account lacks the permission system:admin.');
    }
  } catch (error) {
    tell(error.message);
    element('password').focus();
  } finally {
    event.submitter.ariaDisabled = null;
  }
});

element('sign-out').addEventListener('click', () => end(session));

showSignIn();
