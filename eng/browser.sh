#!/usr/bin/env bash
# Makes sure that there is a browser for the tests of the sample's page: asks apt-get for Chromium, for root, else says what to do.
set -euo pipefail

if [[ -n ${SOLIDCACHE_TEST_BROWSER:-} ]] || command -v chromium chromium-browser google-chrome >/dev/null \
  || [[ -d '/Applications/Google Chrome.app' ]]; then
  exit 0
fi
if (( EUID == 0 )) && command -v apt-get >/dev/null; then
  echo 'browser: asking apt-get for Chromium' >&2
  apt-get update -qq >/dev/null 2>&1 || true
  DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends chromium >/dev/null 2>&1 || true
fi
command -v chromium >/dev/null || echo 'browser: none found; the tests of the page will fail. Install Chromium or Chrome, or set SOLIDCACHE_TEST_BROWSER to its path.' >&2
