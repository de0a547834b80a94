// Shows the sign-in or the dashboard.
import { signIn, signOut } from './api.js';
import * as entries from './entries.js';
import * as live from './live.js';

const element = (id) => document.getElementById(id);

function showSignIn(message = '') {
  live.stop();
  element('connection').textContent = element('table').textContent = '';
  element('connection').classList.remove('away');
  element('dashboard').hidden = element('sign-out').hidden = true;
  element('sign-in').hidden = false;
  tell(message);
  element('password').value = '';
  element(element('email').value ? 'password' : 'email').focus();
}

function showDashboard() {
  element('sign-in').hidden = true;
  element('dashboard').hidden = element('sign-out').hidden = false;
  for (const id of ['lookup-result', 'prefix-result', 'cleanup-result']) element(id).textContent = '';
  element('main').focus();
  live.start(showSignIn);
}

function tell(message) {
  const notice = element('sign-in-message');
  notice.textContent = message;
  notice.hidden = message === '';
}

element('sign-in-form').addEventListener('submit', async (event) => {
  event.preventDefault();
  event.submitter.disabled = true;
  tell('');
  try {
    await signIn(element('email').value, element('password').value);
    showDashboard();
  } catch (error) {
    tell(error.message);
    element('password').focus();
  } finally {
    event.submitter.disabled = false;
  }
});

element('sign-out').addEventListener('click', async () => {
  await signOut();
  showSignIn();
});

entries.connect(showSignIn, () => live.refresh(showSignIn));
showSignIn();
